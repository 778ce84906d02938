"""Queries that are more than one table's QuerySet: pages, counts, read state."""
