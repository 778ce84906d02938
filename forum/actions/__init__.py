"""Every deed that changes data: one function, one transaction."""
