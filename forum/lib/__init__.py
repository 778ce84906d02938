"""General helpers that know nothing about forums."""
