"""`make run` for the first time: in a directory with a space, killed, and started again."""

import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from forum import database
from forum.database import ServerState
from tests.concurrency import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.fault]

ROOT = Path(__file__).parents[3]
COPIED = ("Makefile", "manage.py", "requirements", "deploy", "forum", "static", "templates")


class Run:
    """One `make run` with its output."""

    def __init__(self, project: Path, env: dict[str, str]) -> None:
        self.started_at = time.monotonic()
        self.make = subprocess.Popen(
            ["make", "run"],
            cwd=project,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.text = ""
        self.lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.make.stdout
        for line in self.make.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, text: str, seconds: float = 90) -> str:
        """Read lines until one contains the text; return the output up to it."""
        give_up_at = time.monotonic() + seconds
        while text not in self.text:
            line = self.lines.get(timeout=max(0.1, give_up_at - time.monotonic()))
            assert line is not None, f"`make run` ended:\n{self.text}"
            self.text += line
        return self.text

    def kill_everything(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.make.pid, signal.SIGKILL)
        self.make.wait()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def fetch(port: int, path: str = "/") -> str:
    with urlopen(f"http://localhost:{port}{path}", timeout=20) as response:
        return response.read().decode()


def query(data: Path, sql: str) -> object:
    with psycopg.connect(database.url(data), autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone()[0] if cursor.description else None


def kill_database(data: Path) -> None:
    """Kill the database server, as the kernel does when memory is short."""
    os.kill(int((data / "pg" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


def shows_thread(port: int, path: str) -> bool:
    try:
        return "lispi314" in fetch(port, path)
    except OSError:  # includes HTTPError
        return False


CONNECTED_ROLES = """
    SELECT string_agg(DISTINCT usename, ' ') FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the project in a directory with a space, with this project's .venv."""
    copy = tmp_path_factory.mktemp("make-run") / "the project's copy"
    copy.mkdir()
    for part in COPIED:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part)  # with its compiled files, to start sooner
        else:
            shutil.copy2(source, copy / part)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    return copy


@pytest.fixture(scope="module")
def data(project: Path) -> Iterator[Path]:
    """Return the data directory of all runs; the last test breaks the database in it."""
    place = project.parent / "its data"
    yield place
    database.stop(place)


def test_make_run_starts_with_the_seed_survives_kill_and_stops(project, data):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    env |= {"PORT": str(port), "DATA_DIR": str(data)}

    first = Run(project, env)
    try:
        output = first.wait_for("Ctrl-C")
        assert f"http://localhost:{port}/" in output
        assert re.search(r"name +admin\n +password +\S{12,}", output)
        thread = re.search(rf"http://localhost:{port}(/t/\d+/\S+/)", output)
        assert thread, output
        assert "lispi314" in fetch(port, thread[1])
        # The web server and the worker do not own the tables.
        assert query(data, CONNECTED_ROLES) == "plait"
        assert query(data, "SELECT rolsuper FROM pg_roles WHERE rolname = 'plait'") is False
        with psycopg.connect(database.url(data, "plait")) as connection:
            assert connection.execute("SHOW statement_timeout").fetchone() == ("30s",)

        # A second one on the same port fails with a message and leaves the first alone.
        busy = subprocess.run(
            ["make", "run"], cwd=project, env=env, capture_output=True, text=True, check=False
        )
        assert busy.returncode != 0
        assert f"Port {port} is in use" in busy.stderr
        assert "Traceback" not in busy.stderr
        assert "lispi314" in fetch(port, thread[1])

        query(data, "INSERT INTO forum_category (name, position) VALUES ('Kept', 9)")
    finally:
        first.kill_everything()
        kill_database(data)

    second = Run(project, env)
    try:
        output = second.wait_for("Ctrl-C")
        assert time.monotonic() - second.started_at < 20  # 5 on an idle machine
        assert "password" not in output
        assert query(data, "SELECT position FROM forum_category WHERE name = 'Kept'") == 9
        assert "lispi314" in fetch(port, thread[1])

        kill_database(data)
        wait_until(lambda: shows_thread(port, thread[1]), seconds=15)
        second.wait_for("The database is running.", seconds=15)

        os.killpg(second.make.pid, signal.SIGINT)
        second.make.wait(20)
        wait_until(lambda: not is_listening(port))
        wait_until(lambda: database.status(data) is ServerState.STOPPED)
    finally:
        second.kill_everything()


def test_make_run_fails_when_its_database_cannot_be_restarted(project, data):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    env |= {"PORT": str(port), "DATA_DIR": str(data), "DEBUG": "True"}  # no static files to collect
    run = Run(project, env)
    try:
        run.wait_for("Ctrl-C")
        (data / "pg" / "global" / "pg_control").rename(data / "pg_control")
        kill_database(data)
        assert run.make.wait(40) != 0
        while (line := run.lines.get(timeout=5)) is not None:
            run.text += line
        assert "does not start" in run.text
        assert "Traceback" not in run.text
        wait_until(lambda: not is_listening(port))
    finally:
        run.kill_everything()
