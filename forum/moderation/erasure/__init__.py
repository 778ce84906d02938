"""Permanent deletion: requested by one person, confirmed by another, and irreversible."""
