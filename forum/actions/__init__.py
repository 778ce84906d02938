"""Actions: every change of data is one function and one transaction."""
