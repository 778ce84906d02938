"""The forum behind its real server, whose processor time can be read, and PostgreSQL's."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from common import ROOT, connection, database_url
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command

from forum.models import User
from forum.models.sessions import SessionStore

START_SECONDS = 60


@dataclass
class Server:
    """A running server."""

    port: int
    workers: Sequence[int]  # the processes that answer

    @property
    def worker(self) -> int:
        """The process that answers, when there is one."""
        return self.workers[0]

    def get(self, path: str, cookie: str = "") -> bytes:
        """Return the body of a page; raise for any status but 200."""
        return self.respond(path, {"Cookie": cookie} if cookie else {})

    def respond(self, path: str, headers: dict[str, str], status: int = 200) -> bytes:
        """Return the body of a response; raise for any other status."""
        response, body = self.ask("GET", path, headers)
        if response.status != status:
            raise RuntimeError(f"{path}: {response.status}")
        return body

    def post(self, path: str, cookie: str, form: Mapping[str, str]) -> str:
        """Send a form as a browser does; return where it leads; raise if it is not accepted."""
        token = "a" * 32  # as good as any, when cookie and form have the same
        fields = urlencode({**form, "csrfmiddlewaretoken": token})
        cookie = f"{cookie}; {settings.CSRF_COOKIE_NAME}={token}"
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        response, body = self.ask("POST", path, headers, fields)
        if response.status != 302:
            raise RuntimeError(f"{path}: {response.status} {body[:500]!r}")
        return str(response.headers["Location"])

    def ask(
        self, method: str, path: str, headers: dict[str, str], fields: str | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Send a request over a new connection; return the response and its body."""
        client = http.client.HTTPConnection("localhost", self.port, timeout=60)
        client.request(method, path, fields, headers)
        response = client.getresponse()
        body = response.read()
        client.close()
        return response, body

    def cpu(self) -> float:
        """Return the CPU time of the responding processes so far, all threads, in milliseconds."""
        # How Linux numbers the CPU clocks of processes.
        return sum(time.clock_gettime((~worker << 3) | 2) for worker in self.workers) * 1000

    def cpu_with_database(self) -> tuple[float, float]:
        """Return the CPU time of the responding processes and of PostgreSQL so far."""
        return self.cpu(), database_cpu()

    def cpu_of(self, path: str, cookie: str, requests: int) -> tuple[float, float]:
        """Return the CPU time of one of these requests, in the server and in PostgreSQL."""
        before = self.cpu_with_database()
        for _request in range(requests):
            self.get(path, cookie)
        web, database = self.cpu_with_database()
        return (web - before[0]) / requests, (database - before[1]) / requests


def database_cpu() -> float:
    """Return the CPU time of all processes of PostgreSQL so far, in milliseconds.

    Processes that have ended are not in it: connections are kept while a benchmark runs. The server
    has to run on this machine.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        here = cursor.fetchone()[0]
    postmaster = _parent_of(here)
    on_cpu = [
        int(Path(f"/proc/{process}/schedstat").read_text().split()[0])
        for process in [postmaster, *_children_of(postmaster)]
        if process != here
    ]
    return sum(on_cpu) / 1_000_000


@contextmanager
def served(workers: int = 1, page_cache_mb: int = 0) -> Iterator[Server]:
    """Run gunicorn as in production, with so many workers, over the benchmark's database.

    By default every page is made anew, and no network is told to wait.
    """
    with tempfile.TemporaryDirectory() as directory:
        settings.STATIC_ROOT = Path(directory)
        call_command("collectstatic", interactive=False, verbosity=0)
        port = _free_port()
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "STATIC_ROOT": directory,
            "SECRET_KEY": settings.SECRET_KEY,
            "PORT": str(port),
            "WEB_CONCURRENCY": str(workers),
            "PAGE_CACHE_MB": str(page_cache_mb),
            "COSTLY_PER_NETWORK": "0",
            "REQUESTS_PER_NETWORK": "0",
        }
        command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
        process = subprocess.Popen([*command, "forum.wsgi"], cwd=ROOT, env=environment)
        try:
            _wait_for(port, process)
            yield Server(port, _children_of(process.pid))
        finally:
            process.terminate()
            process.wait()


def logged_in(person: User) -> str:
    """Return the cookie of a logged-in member."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            Server(port, []).get("/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server does not start; what it said is above.")


def _children_of(parent: int) -> list[int]:
    """Return the ids of the processes that this one has started, except those that have ended."""
    pids = [int(stat.parent.name) for stat in Path("/proc").glob("[0-9]*/stat")]
    return [pid for pid in pids if _parent_of(pid) == parent]


def _parent_of(process: int) -> int:
    """Return the process that started this one; 0 when it has ended."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])
