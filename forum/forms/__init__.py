"""Forms: the input that is accepted, and every message about input that is not."""
