"""Start, reuse, query and stop the PostgreSQL server of a data directory.

In `DATA_DIR`: `pg/` (PostgreSQL's own directory, mode 0700, with the socket in it), `pg.lock` (one
process at a time starts or stops) and `pg.new-*` during a first start. The server listens on a Unix
socket in a private directory and never on the network, so whoever can reach the socket is trusted.
It keeps running when the process that started it ends.
"""

import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import psycopg
from psycopg import pq

from .errors import ANOTHER_PLACE, EmbeddedDatabaseError
from .programs import CommandLine, SystemAccount, account_for, account_of, major_version, program

DATABASE = "forum"
USER = "postgres"
SOCKET_PORT = "5432"  # only a part of the socket's name
SERVER_START_SECONDS = 60
RETRY_SECONDS = 15
SOCKET_PATH_MAX = 103  # bytes, the kernel's limit for a Unix socket's path
# Characters that PostgreSQL's list of socket directories or libpq's list of hosts would misread.
UNSAFE_IN_SOCKET_PATH = frozenset("',\"\\\n\r")

LEAVE_SECONDS = 2  # how long the server may take to notice that a client is gone

OTHER_CLIENTS = """
SELECT count(*) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""

COPY_BYTES = 64 * 1024
# The same statements as in deploy/restore.sh.
EMPTY_THE_DATABASE = b"""\
SET client_min_messages = warning;
BEGIN;
DROP SCHEMA IF EXISTS public CASCADE;
CREATE SCHEMA public AUTHORIZATION pg_database_owner;
GRANT USAGE ON SCHEMA public TO PUBLIC;
"""
DUMP_END = b"-- PostgreSQL database dump complete"
DUMP_END_ROOM = 200  # bytes that pg_dump writes after it

CONFIGURATION = """\
# Written at each start of the embedded server; settings of yours go into postgresql.conf below
# the line that includes this file.
listen_addresses = ''
unix_socket_directories = '{socket}'
unix_socket_permissions = 0700
port = {port}
max_connections = 60
shared_buffers = 128MB
jit = off
log_checkpoints = off
fsync = {durable}
synchronous_commit = {durable}
full_page_writes = {durable}
"""


class ServerState(Enum):
    """The state of the server of a data directory."""

    ABSENT = "absent"
    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"


def ensure(data_dir: Path, *, durable: bool = True) -> dict[str, str]:
    """Make sure that the server runs, and return Django's connection keys for it.

    The first call creates the database (2 to 3 seconds), a later one starts the server (under a
    second), and all others find it running (milliseconds). `durable=False` starts a server that may
    lose data in a crash, for tests. Raises `EmbeddedDatabaseError`.
    """
    cluster = _cluster(data_dir)
    if _state(cluster) is not ServerState.RUNNING:
        with _locked(data_dir):
            if not cluster.exists():
                _create(cluster, durable=durable)
            if _state(cluster) is not ServerState.RUNNING:
                _start(cluster, durable=durable)
    return _keys(cluster)


def status(data_dir: Path) -> ServerState:
    """Return the state of the server, without starting it."""
    return _state(_cluster(data_dir))


def url(data_dir: Path, user: str = USER) -> str:
    """Return the running server's URL, for psql and other programs."""
    return f"postgresql://{user}@/{DATABASE}?host={quote(_running(data_dir)['HOST'], safe='')}"


def stop(data_dir: Path) -> bool:
    """Stop the server, ending its connections; return whether it was running."""
    cluster = _cluster(data_dir)
    if _state(cluster) in (ServerState.ABSENT, ServerState.STOPPED):
        return False
    with _locked(data_dir):
        account_of(cluster).run([program("pg_ctl"), "-D", cluster, "-w", "-m", "fast", "stop"])
    if _state(cluster) is not ServerState.STOPPED:
        raise EmbeddedDatabaseError(f"The database in {cluster} doesn't stop.{_log_end(cluster)}")
    return True


def stop_if_idle(data_dir: Path) -> bool:
    """Stop the server unless somebody else is connected; return whether it is stopped now."""
    if status(data_dir) is not ServerState.RUNNING:
        return True
    with psycopg.connect(url(data_dir), autocommit=True) as connection:
        give_up_at = time.monotonic() + LEAVE_SECONDS
        while connection.execute(OTHER_CLIENTS).fetchone() != (0,):
            if time.monotonic() > give_up_at:
                return False
            time.sleep(0.1)
    return stop(data_dir)


def dump(data_dir: Path, out: BinaryIO) -> None:
    """Write the whole database as SQL to `out`, an open file."""
    command: CommandLine = [program("pg_dump"), "--no-owner", "--no-privileges"]
    command += ["--dbname", url(data_dir)]
    if subprocess.run(command, stdout=out, check=False).returncode:
        raise EmbeddedDatabaseError("pg_dump failed; see its output above.")


def restore(data_dir: Path, source: BinaryIO) -> None:
    """Replace the whole database with the SQL in `dump`; all or nothing."""
    command: CommandLine = [
        *(program("psql"), "--no-psqlrc", "--quiet"),
        *("--set=ON_ERROR_STOP=1", "--output=/dev/null", "--dbname", url(data_dir)),
    ]
    end = b""
    # The pipe breaks when psql meets an error; its exit status says so.
    with suppress(BrokenPipeError), subprocess.Popen(command, stdin=subprocess.PIPE) as psql:
        assert psql.stdin
        psql.stdin.write(EMPTY_THE_DATABASE)
        while chunk := source.read(COPY_BYTES):
            psql.stdin.write(chunk)
            end = (end + chunk)[-len(DUMP_END) - DUMP_END_ROOM :]
        # Without a COMMIT everything is rolled back when psql ends.
        if DUMP_END in end:
            psql.stdin.write(b"\nCOMMIT;\n")
    if psql.returncode:
        raise EmbeddedDatabaseError("psql failed and changed nothing; see its output above.")
    if DUMP_END not in end:
        raise EmbeddedDatabaseError("The dump is incomplete. Nothing was changed.")


def _cluster(data_dir: Path) -> Path:
    return data_dir.expanduser().resolve() / "pg"


def _keys(cluster: Path) -> dict[str, str]:
    socket = _socket_directory(cluster)
    if socket is None:
        raise EmbeddedDatabaseError(f"The database in {cluster} was just stopped. Try again.")
    return {
        "NAME": DATABASE,
        "USER": USER,
        "PASSWORD": "",
        "HOST": str(socket),
        "PORT": SOCKET_PORT,
    }


def _running(data_dir: Path) -> dict[str, str]:
    """Return the connection keys; raises `EmbeddedDatabaseError` if the server is not running."""
    if status(data_dir) is not ServerState.RUNNING:
        raise EmbeddedDatabaseError(
            f"The database in {_cluster(data_dir)} isn't running. Start it: manage.py db start."
        )
    return _keys(_cluster(data_dir))


def _socket_directory(cluster: Path) -> Path | None:
    """Return the directory of the socket, from the fifth line of the pid file."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    except PermissionError as error:
        account_of(cluster)  # says whose it is
        raise EmbeddedDatabaseError(f"{error}. {ANOTHER_PLACE}") from error
    return Path(lines[4]) if len(lines) > 4 and lines[4] else None


def _state(cluster: Path) -> ServerState:
    """Return the state by asking the server: its pid may belong to another process by now."""
    socket = _socket_directory(cluster)
    if socket is None:
        return ServerState.STOPPED if cluster.exists() else ServerState.ABSENT
    answer = pq.PGconn.ping(f"host='{socket}' port={SOCKET_PORT} connect_timeout=5".encode())
    if answer == pq.Ping.OK:
        return ServerState.RUNNING
    return ServerState.STARTING if answer == pq.Ping.REJECT else ServerState.STOPPED


@contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """Hold the lock for starting and stopping; the kernel frees that of a killed process."""
    directory = _cluster(data_dir).parent
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / "pg.lock").open("w")
    except OSError as error:
        raise EmbeddedDatabaseError(
            f"The database needs a place: {error}. {ANOTHER_PLACE}"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _create(cluster: Path, *, durable: bool) -> None:
    """Create a data directory under another name, then rename it, so that it is never half made."""
    account = account_for(cluster.parent)
    for left_over in cluster.parent.glob("pg.new-*"):
        shutil.rmtree(left_over)
    new = Path(tempfile.mkdtemp(prefix="pg.new-", dir=cluster.parent))
    account.own(new)
    initdb: CommandLine = [program("initdb"), "--pgdata", new, "--username", USER]
    initdb += ["--auth=trust", "--encoding=UTF8", "--no-instructions"]
    initdb += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    if not durable:
        initdb += ["--no-sync"]
    alone: CommandLine = [program("postgres"), "--single", "-D", new, "postgres"]
    with tempfile.TemporaryFile() as log:
        if account.run(initdb, output=log) or account.run(
            alone, stdin=f"CREATE DATABASE {DATABASE}\n", output=log
        ):
            log.seek(0)
            said = log.read().decode(errors="replace")[-2000:]
            raise EmbeddedDatabaseError(
                f"No database could be made in {cluster.parent}. {ANOTHER_PLACE} "
                f"PostgreSQL said:\n{said}"
            )
    with (new / "postgresql.conf").open("a") as configuration:
        configuration.write("\ninclude_if_exists = 'plait.conf'\n")
    new.rename(cluster)


def _start(cluster: Path, *, durable: bool) -> None:
    _check_version(cluster)
    account = account_of(cluster)
    _configure(cluster, account, durable=durable)
    command: CommandLine = [program("pg_ctl"), "-D", cluster, "-w", "-t", str(SERVER_START_SECONDS)]
    command += ["-l", cluster / "server.log", "start"]
    # Retried: remains of a killed server can be in the way for a moment, and a server that another
    # process began to start has to be waited for.
    begun = time.monotonic()
    while account.run(command) != 0 and (state := _state(cluster)) is not ServerState.RUNNING:
        patience = SERVER_START_SECONDS if state is ServerState.STARTING else RETRY_SECONDS
        if time.monotonic() - begun > patience or not (cluster / "postmaster.pid").exists():
            raise EmbeddedDatabaseError(
                f"The database in {cluster} does not start. Nothing in it was changed."
                f"{_log_end(cluster)}"
            )
        time.sleep(0.3)


def _check_version(cluster: Path) -> None:
    made_by, ours = (cluster / "PG_VERSION").read_text().strip(), major_version()
    if made_by != ours:
        raise EmbeddedDatabaseError(
            f"The database in {cluster} was made by PostgreSQL {made_by}, but this is "
            f"PostgreSQL {ours}, which cannot read it. Nothing was changed. To take it over:\n"
            "1. with the version of this program that made it: manage.py db dump > forum.sql\n"
            f"2. stop it and move {cluster} out of the way\n"
            "3. with this version: manage.py db start, then manage.py db restore < forum.sql"
        )


def _configure(cluster: Path, account: SystemAccount, *, durable: bool) -> None:
    path = cluster / "plait.conf"
    path.write_text(
        CONFIGURATION.format(
            socket=_choose_socket_directory(cluster, account),
            port=SOCKET_PORT,
            durable="on" if durable else "off",
        )
    )
    path.chmod(0o600)
    account.own(path)


def _choose_socket_directory(cluster: Path, account: SystemAccount) -> Path:
    """Return the data directory, or a private one under /tmp where its path is unsuitable."""
    path = str(cluster)
    length = len(os.fsencode(cluster / f".s.PGSQL.{SOCKET_PORT}"))
    if length <= SOCKET_PATH_MAX and UNSAFE_IN_SOCKET_PATH.isdisjoint(path):
        return cluster
    owner = os.geteuid() if account.uid is None else account.uid
    # Not TMPDIR: the server's account may not be allowed to enter it.
    directory = Path("/tmp") / f"plait-{owner}-{hashlib.sha256(path.encode()).hexdigest()[:16]}"
    try:
        directory.mkdir(mode=0o700)
        account.own(directory)
    except FileExistsError:
        pass
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise EmbeddedDatabaseError(
            f"{directory} is not a private directory of this account. Remove it."
        )
    return directory


def _log_end(cluster: Path) -> str:
    try:
        log = (cluster / "server.log").read_text(errors="replace")
    except OSError:
        return ""
    return f" The log {cluster / 'server.log'} ends:\n{log[-1500:]}"
