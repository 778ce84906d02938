"""The embedded PostgreSQL, with real servers in temporary directories."""

import io
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from forum import database
from forum.database import EmbeddedDatabaseError, ServerState

pytestmark = pytest.mark.slow

AS_ROOT = os.geteuid() == 0


@contextmanager
def accessible_directory() -> Iterator[Path]:
    """Yield a directory that any account can access, unlike pytest's own."""
    directory = Path(tempfile.mkdtemp(prefix="plait test's "))
    directory.chmod(0o755)
    yield directory
    for cluster in directory.rglob("pg"):
        if cluster.is_dir():
            database.stop(cluster.parent)
    shutil.rmtree(directory)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    with accessible_directory() as directory:
        yield directory


@pytest.fixture(scope="module")
def initialised_data() -> Iterator[Path]:
    """Return the data directory after a first start, which takes seconds; copying it is quick."""
    with accessible_directory() as directory:
        ensure(directory)
        database.stop(directory)
        yield directory / "pg"


def copy_data(initialised_data: Path, place: Path) -> Path:
    """Return a copy of the data directory, with the server stopped."""
    place.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", initialised_data, place], check=True)
    return place


@pytest.fixture
def stopped_server(data_dir: Path, initialised_data: Path) -> Path:
    return copy_data(initialised_data, data_dir)


def ensure(data_dir: Path) -> dict[str, str]:
    """Start a server that does not wait for the disk, for tests that are not about that."""
    return database.ensure(data_dir, durable=False)


def query(data_dir: Path, sql: str) -> object:
    with psycopg.connect(database.url(data_dir), autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def postmaster_pid(data_dir: Path) -> int:
    return int((data_dir / "pg" / "postmaster.pid").read_text().split()[0])


def test_server_is_created_reused_and_stopped_in_a_directory_with_special_characters(data_dir):
    assert database.status(data_dir) is ServerState.ABSENT
    keys = ensure(data_dir)
    assert database.status(data_dir) is ServerState.RUNNING
    assert query(data_dir, "SELECT version()").startswith("PostgreSQL 18")
    assert query(data_dir, "SELECT datcollate FROM pg_database WHERE datname = 'forum'")
    first = postmaster_pid(data_dir)

    start = time.perf_counter()
    assert ensure(data_dir) == keys
    assert time.perf_counter() - start < 0.1
    assert postmaster_pid(data_dir) == first

    assert database.stop(data_dir)
    assert database.status(data_dir) is ServerState.STOPPED
    assert not database.stop(data_dir)


def test_server_does_not_listen_on_the_network_and_its_socket_is_private(stopped_server):
    keys = ensure(stopped_server)
    assert query(stopped_server, "SHOW listen_addresses") == ""
    for private_path in (stopped_server / "pg", Path(keys["HOST"])):
        assert stat.S_IMODE(private_path.stat().st_mode) == 0o700


def test_committed_rows_survive_kill_9_of_every_process(stopped_server):
    database.ensure(stopped_server)
    query(stopped_server, "CREATE TABLE kept AS SELECT 42 AS answer")
    server = postmaster_pid(stopped_server)
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(server)], capture_output=True, text=True, check=True
    ).stdout.split()
    for pid in (server, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    ensure(stopped_server)
    assert query(stopped_server, "SELECT answer FROM kept") == 42


def test_processes_that_start_at_the_same_time_share_one_server(data_dir):
    code = (
        "import sys; from pathlib import Path; from forum import database;"
        "print(database.ensure(Path(sys.argv[1])))"
    )
    starters = [
        subprocess.Popen([sys.executable, "-c", code, str(data_dir)], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    outputs = {starter.communicate(timeout=60)[0] for starter in starters}
    assert len(outputs) == 1
    assert all(starter.returncode == 0 for starter in starters)
    assert not list(data_dir.glob("pg.new-*"))


def test_remains_of_a_killed_first_start_are_removed(data_dir):
    incomplete = data_dir / "pg.new-killed"
    incomplete.mkdir()
    (incomplete / "PG_VERSION").write_text("18\n")
    ensure(data_dir)
    assert query(data_dir, "SELECT 1") == 1
    assert not incomplete.exists()


def test_data_of_another_version_is_rejected_with_advice_and_left_unchanged(stopped_server):
    (stopped_server / "pg" / "PG_VERSION").write_text("17\n")
    before = sorted(path.name for path in (stopped_server / "pg").iterdir())
    with pytest.raises(EmbeddedDatabaseError, match=r"(?s)PostgreSQL 17.*db dump.*db restore"):
        ensure(stopped_server)
    assert sorted(path.name for path in (stopped_server / "pg").iterdir()) == before


def test_error_of_a_server_that_cannot_start_contains_its_log(stopped_server):
    with (stopped_server / "pg" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedDatabaseError, match="no_such_setting"):
        ensure(stopped_server)


def test_error_of_an_unwritable_directory_names_the_settings():
    with pytest.raises(EmbeddedDatabaseError, match=r"(?s)DATA_DIR.*DATABASE_URL"):
        database.ensure(Path("/proc/nowhere"))


def test_restore_replaces_all_data_or_nothing(data_dir, initialised_data):
    old_dir, new_dir = data_dir / "old", data_dir / "new"
    ensure(copy_data(initialised_data, old_dir))
    query(old_dir, "CREATE TABLE words AS SELECT 'grün' AS word")
    sql = data_dir / "dump.sql"
    with sql.open("wb") as out:
        database.dump(old_dir, out)

    ensure(copy_data(initialised_data, new_dir))
    query(new_dir, "CREATE TABLE words AS SELECT 'later' AS word")
    query(new_dir, "CREATE TABLE planted (id int)")
    dump = sql.read_bytes()
    cut_short = dump[: dump.index(b"-- PostgreSQL database dump complete")]
    for damaged in (
        cut_short,
        dump[:-1000],
        dump.replace(b"COPY public.words", b"COPY public.no"),
    ):
        with pytest.raises(EmbeddedDatabaseError, match=r"(?i)nothing"):
            database.restore(new_dir, io.BytesIO(damaged))
        assert query(new_dir, "SELECT word FROM words") == "later"

    with sql.open("rb") as source:
        database.restore(new_dir, source)
    assert query(new_dir, "SELECT word FROM words") == "grün"
    assert query(new_dir, "SELECT to_regclass('planted')") is None


def test_error_of_a_stopped_server_says_how_to_start_it(data_dir):
    with pytest.raises(EmbeddedDatabaseError, match="db start"):
        database.url(data_dir)
    with pytest.raises(EmbeddedDatabaseError, match="db start"):
        database.dump(data_dir, io.BytesIO())


def test_server_in_use_is_not_stopped_as_idle(stopped_server):
    ensure(stopped_server)
    with psycopg.connect(database.url(stopped_server)):
        assert not database.stop_if_idle(stopped_server)
    assert database.stop_if_idle(stopped_server)
    assert database.status(stopped_server) is ServerState.STOPPED


def test_only_temporary_servers_do_not_wait_for_the_disk(stopped_server):
    database.ensure(stopped_server, durable=False)
    assert query(stopped_server, "SHOW fsync") == "off"
    database.stop(stopped_server)
    database.ensure(stopped_server)
    assert query(stopped_server, "SHOW fsync") == "on"


@pytest.mark.skipif(not AS_ROOT, reason="what root does differently")
class TestRoot:
    def test_server_runs_as_another_account(self, data_dir):
        ensure(data_dir)
        owner = pwd.getpwuid((data_dir / "pg").stat().st_uid).pw_name
        assert owner in {"postgres", "nobody"}
        assert (
            Path(f"/proc/{postmaster_pid(data_dir)}").stat().st_uid
            == (data_dir / "pg").stat().st_uid
        )

    def test_server_runs_in_a_directory_that_only_root_can_enter(self, data_dir):
        data_dir.chmod(0o700)
        ensure(data_dir)
        assert query(data_dir, "SELECT 1") == 1
        assert (data_dir / "pg").stat().st_uid == 0
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700

    def test_missing_account_error_names_the_settings(self, data_dir, monkeypatch):
        data_dir.chmod(0o700)
        monkeypatch.setenv("PATH", "/nonexistent")  # no unshare
        with pytest.raises(EmbeddedDatabaseError, match=r"(?s)root.*DATA_DIR.*DATABASE_URL"):
            ensure(data_dir)
