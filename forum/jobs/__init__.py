"""What the worker does; plain functions, safe to run twice."""
