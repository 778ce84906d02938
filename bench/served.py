"""The forum behind its real server, in a process whose CPU time can be read."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from common import ROOT, database_url
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command

from forum.models import User

START_SECONDS = 60


@dataclass
class Server:
    """A running server."""

    port: int
    worker: int  # the process that answers

    def get(self, path: str, cookie: str = "") -> bytes:
        """Return the body of a page; raise for any status but 200."""
        return self.respond(path, {"Cookie": cookie} if cookie else {})

    def respond(self, path: str, headers: dict[str, str], status: int = 200) -> bytes:
        """Return the body of a response; raise for any other status."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=60)
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status != status:
            raise RuntimeError(f"{path}: {response.status}")
        return body

    def cpu(self) -> float:
        """Return the CPU time of the responding process so far, all threads, in milliseconds."""
        clock = (~self.worker << 3) | 2  # how Linux numbers the CPU clocks of processes
        return time.clock_gettime(clock) * 1000

    def cpu_of(self, path: str, cookie: str, requests: int) -> float:
        """Return the CPU time of one of these requests, in milliseconds."""
        before = self.cpu()
        for _request in range(requests):
            self.get(path, cookie)
        return (self.cpu() - before) / requests


@contextmanager
def served(page_cache_mb: int = 0) -> Iterator[Server]:
    """Run gunicorn as in production, with one worker, over the benchmark's database.

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
            "WEB_CONCURRENCY": "1",
            "PAGE_CACHE_MB": str(page_cache_mb),
            "COSTLY_PER_NETWORK": "0",
        }
        command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
        process = subprocess.Popen([*command, "forum.wsgi"], cwd=ROOT, env=environment)
        try:
            _wait_for(port, process)
            yield Server(port, _child_of(process.pid))
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
            Server(port, 0).get("/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server does not start; what it said is above.")


def _child_of(parent: int) -> int:
    """Return the process id of gunicorn's only worker."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if int(fields[1]) == parent:
            return int(stat.parent.name)
    raise RuntimeError("gunicorn has no worker.")
