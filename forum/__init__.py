"""Plait: a threaded discussion forum. See docs/architecture.md."""
