"""Jobs of the worker: plain functions, safe to run twice."""
