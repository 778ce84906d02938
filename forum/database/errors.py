"""What goes wrong with the embedded database, in words that say what to do."""

ANOTHER_PLACE = (
    "Choose another place with DATA_DIR=/some/directory, "
    "or use a PostgreSQL of yours with DATABASE_URL=postgresql://user:password@host/name."
)


class EmbeddedDatabaseError(Exception):
    """The embedded database cannot do what was asked; the message is meant for the operator."""
