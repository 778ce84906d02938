"""Plait: a threaded discussion forum. See README.md for the map of this package."""
