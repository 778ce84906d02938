"""The moderation actions, one file for each or for a pair of inverses.

Every module here is imported when Django starts, and registers its actions.
"""
