"""Markdown to safe HTML and plain text. Knows no members, no threads and no Django."""
