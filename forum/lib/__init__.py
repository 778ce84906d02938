"""Machinery that knows nothing of forums."""
