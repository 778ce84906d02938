"""What people may send, and every message about bad input."""
