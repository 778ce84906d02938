"""Queries across tables, beyond the QuerySet of one model: pages, counts, read state."""
