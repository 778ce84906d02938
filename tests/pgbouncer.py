"""PgBouncer in transaction mode with two connections, as tests need it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.concurrency import wait_until

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")

CONFIGURATION = """
[databases]
* = host={server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
ignore_startup_parameters = {ignored}
logfile = {place}/log
pidfile = {place}/pid
"""


@contextmanager
def pgbouncer_before(server: Path, *, database: str, ignored: str = "") -> Iterator[int]:
    """Run PgBouncer before the server whose socket is in this directory; yield its port.

    Connections may set no parameters but those that are to be `ignored`.
    """
    assert PGBOUNCER
    owner = server.stat()
    with tempfile.TemporaryDirectory(prefix="plait-", ignore_cleanup_errors=True) as name:
        place, port = Path(name), _free_port()
        os.chown(place, owner.st_uid, owner.st_gid)
        configuration = place / "pgbouncer.ini"
        configuration.write_text(
            CONFIGURATION.format(server=server, port=port, ignored=ignored, place=place)
        )
        configuration.chmod(0o644)
        process = subprocess.Popen(
            [PGBOUNCER, "-q", configuration],
            user=owner.st_uid,
            group=owner.st_gid,
            extra_groups=[] if os.geteuid() == 0 else None,
            stderr=subprocess.DEVNULL,
        )
        address = f"postgresql://postgres@127.0.0.1:{port}/{database}"
        try:
            wait_until(lambda: _accepts_connections(address), 10, said="no PgBouncer")
            yield port
        finally:
            process.terminate()
            process.wait(15)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _accepts_connections(address: str) -> bool:
    try:
        with psycopg.connect(address, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False
