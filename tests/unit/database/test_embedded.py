"""The embedded PostgreSQL, with real servers in throwaway directories."""

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
def reachable() -> Iterator[Path]:
    """A directory that any account can reach, unlike pytest's own."""
    directory = Path(tempfile.mkdtemp(prefix="plait test's "))
    directory.chmod(0o755)
    yield directory
    for cluster in directory.rglob("pg"):
        if cluster.is_dir():
            database.stop(cluster.parent)
    shutil.rmtree(directory)


@pytest.fixture
def home() -> Iterator[Path]:
    with reachable() as directory:
        yield directory


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """What a first start leaves on the disk; it takes seconds, and a copy of it none."""
    with reachable() as directory:
        ensure(directory)
        database.stop(directory)
        yield directory / "pg"


def lay(made: Path, place: Path) -> Path:
    """A data directory whose server was started before, and is stopped."""
    place.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", made, place], check=True)
    return place


@pytest.fixture
def stopped(home: Path, made: Path) -> Path:
    return lay(made, home)


def ensure(data_dir: Path) -> dict[str, str]:
    """A server that does not wait for the disk, where the test is not about that."""
    return database.ensure(data_dir, durable=False)


def ask(data_dir: Path, sql: str) -> object:
    with psycopg.connect(database.url(data_dir), autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "pg" / "postmaster.pid").read_text().split()[0])


def test_directory_with_space_and_quote_gets_a_server_that_is_reused_and_stopped(home):
    assert database.status(home) is ServerState.ABSENT
    keys = ensure(home)
    assert database.status(home) is ServerState.RUNNING
    assert ask(home, "SELECT version()").startswith("PostgreSQL 18")
    assert ask(home, "SELECT datcollate FROM pg_database WHERE datname = 'forum'")
    first = postmaster(home)

    begun = time.perf_counter()
    assert ensure(home) == keys
    assert time.perf_counter() - begun < 0.1
    assert postmaster(home) == first

    assert database.stop(home)
    assert database.status(home) is ServerState.STOPPED
    assert not database.stop(home)


def test_nothing_listens_on_the_network_and_nobody_else_can_reach_the_socket(stopped):
    keys = ensure(stopped)
    assert ask(stopped, "SHOW listen_addresses") == ""
    for private in (stopped / "pg", Path(keys["HOST"])):
        assert stat.S_IMODE(private.stat().st_mode) == 0o700


def test_committed_rows_survive_kill_9_of_every_process(stopped):
    database.ensure(stopped)
    ask(stopped, "CREATE TABLE kept AS SELECT 42 AS answer")
    server = postmaster(stopped)
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(server)], capture_output=True, text=True, check=True
    ).stdout.split()
    for pid in (server, *map(int, children)):
        os.kill(pid, signal.SIGKILL)
    ensure(stopped)
    assert ask(stopped, "SELECT answer FROM kept") == 42


def test_processes_that_start_at_once_share_one_server(home):
    code = (
        "import sys; from pathlib import Path; from forum import database;"
        "print(database.ensure(Path(sys.argv[1])))"
    )
    starters = [
        subprocess.Popen([sys.executable, "-c", code, str(home)], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    answers = {starter.communicate(timeout=60)[0] for starter in starters}
    assert len(answers) == 1
    assert all(starter.returncode == 0 for starter in starters)
    assert not list(home.glob("pg.new-*"))


def test_first_start_that_was_killed_leaves_nothing_in_the_way(home):
    half = home / "pg.new-killed"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    ensure(home)
    assert ask(home, "SELECT 1") == 1
    assert not half.exists()


def test_data_of_another_version_is_refused_with_the_way_out_and_left_alone(stopped):
    (stopped / "pg" / "PG_VERSION").write_text("17\n")
    before = sorted(path.name for path in (stopped / "pg").iterdir())
    with pytest.raises(EmbeddedDatabaseError, match=r"(?s)PostgreSQL 17.*db dump.*db restore"):
        ensure(stopped)
    assert sorted(path.name for path in (stopped / "pg").iterdir()) == before


def test_server_that_cannot_start_says_what_its_log_says(stopped):
    with (stopped / "pg" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(EmbeddedDatabaseError, match="no_such_setting"):
        ensure(stopped)


def test_place_that_cannot_be_written_names_the_settings_that_help():
    with pytest.raises(EmbeddedDatabaseError, match=r"(?s)DATA_DIR.*DATABASE_URL"):
        database.ensure(Path("/proc/nowhere"))


def test_restore_replaces_everything_or_nothing(home, made):
    old, new = home / "old", home / "new"
    ensure(lay(made, old))
    ask(old, "CREATE TABLE words AS SELECT 'grün' AS word")
    sql = home / "dump.sql"
    with sql.open("wb") as out:
        database.dump(old, out)

    ensure(lay(made, new))
    ask(new, "CREATE TABLE words AS SELECT 'later' AS word")
    ask(new, "CREATE TABLE planted (id int)")
    whole = sql.read_bytes()
    cut_short = whole[: whole.index(b"-- PostgreSQL database dump complete")]
    for damaged in (
        cut_short,
        whole[:-1000],
        whole.replace(b"COPY public.words", b"COPY public.no"),
    ):
        with pytest.raises(EmbeddedDatabaseError, match=r"(?i)nothing"):
            database.restore(new, io.BytesIO(damaged))
        assert ask(new, "SELECT word FROM words") == "later"

    with sql.open("rb") as source:
        database.restore(new, source)
    assert ask(new, "SELECT word FROM words") == "grün"
    assert ask(new, "SELECT to_regclass('planted')") is None


def test_asking_a_stopped_server_says_how_to_start_it(home):
    with pytest.raises(EmbeddedDatabaseError, match="db start"):
        database.url(home)
    with pytest.raises(EmbeddedDatabaseError, match="db start"):
        database.dump(home, io.BytesIO())


def test_server_in_use_is_not_stopped_in_passing(stopped):
    ensure(stopped)
    with psycopg.connect(database.url(stopped)):
        assert not database.stop_if_idle(stopped)
    assert database.stop_if_idle(stopped)
    assert database.status(stopped) is ServerState.STOPPED


def test_throwaway_server_does_not_wait_for_the_disk_and_a_usual_one_does(stopped):
    database.ensure(stopped, durable=False)
    assert ask(stopped, "SHOW fsync") == "off"
    database.stop(stopped)
    database.ensure(stopped)
    assert ask(stopped, "SHOW fsync") == "on"


@pytest.mark.skipif(not AS_ROOT, reason="what root does differently")
class TestRoot:
    def test_server_runs_as_another_account(self, home):
        ensure(home)
        owner = pwd.getpwuid((home / "pg").stat().st_uid).pw_name
        assert owner in {"postgres", "nobody"}
        assert Path(f"/proc/{postmaster(home)}").stat().st_uid == (home / "pg").stat().st_uid

    def test_in_a_directory_that_only_root_can_enter_it_runs_all_the_same(self, home):
        home.chmod(0o700)
        ensure(home)
        assert ask(home, "SELECT 1") == 1
        assert (home / "pg").stat().st_uid == 0
        assert stat.S_IMODE(home.stat().st_mode) == 0o700

    def test_missing_account_error_names_the_settings(self, home, monkeypatch):
        home.chmod(0o700)
        monkeypatch.setenv("PATH", "/nonexistent")  # no unshare
        with pytest.raises(EmbeddedDatabaseError, match=r"(?s)root.*DATA_DIR.*DATABASE_URL"):
            ensure(home)
