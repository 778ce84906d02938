"""Presenters turn rows of the database into the values and HTML that templates show.

The stable part of a post was rendered when it was written. Whatever depends on the reader, the page
or the day is filled in here by joining strings: rendering a template for each of 200 posts would
take too long.
"""
