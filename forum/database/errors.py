"""Errors of the embedded database, with messages that say what to do."""

ANOTHER_PLACE = (
    "Choose another place with DATA_DIR=/some/directory, "
    "or use your own PostgreSQL with DATABASE_URL=postgresql://user:password@host/name."
)


class EmbeddedDatabaseError(Exception):
    """A failure of the embedded database; the message is for the operator."""
