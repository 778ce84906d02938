"""General helpers that know nothing of forums."""
