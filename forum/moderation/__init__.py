"""Moderation actions: one class each, carried out, logged, offered and undone in one way."""
