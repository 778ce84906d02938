"""Plait, a threaded discussion forum. See README.md for a map of this package."""
