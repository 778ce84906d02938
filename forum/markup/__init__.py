"""Markdown in, safe HTML and plain words out. Knows no people, no threads and no Django."""
