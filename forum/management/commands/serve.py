"""`manage.py serve`: the whole forum in one foreground process tree, as `make run` starts it."""

import hashlib
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from forum import database
from forum.database.application_role import APPLICATION_ROLE
from forum.management.processes import ProcessTree, StopRequested, die_with_parent
from forum.models import Thread

WEB_SERVER_START_SECONDS = 60
DATABASE_CHECK_SECONDS = 1
RESTART_PAUSES = (0, 1, 2, 4)  # seconds before each start of a database that died again
STEADY_SECONDS = 60  # a database that ran this long starts again with the first pause
ALIVE_STATES = (database.ServerState.RUNNING, database.ServerState.STARTING)
PORT_SECONDS = 3  # that the server of a killed run may take to end


class Command(BaseCommand):
    help = "Set up the forum if needed, then run the server and the worker until Ctrl-C."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--end-with-parent",
            action="store_true",
            help="stop when the parent process is killed (for `make run`)",
        )

    def handle(self, *args: Any, end_with_parent: bool, **options: Any) -> None:
        if end_with_parent:
            die_with_parent()
        wait_for_port()
        processes = ProcessTree()
        try:
            self.serve(processes)
        except StopRequested:
            self.stdout.write("\nStopping ...")
        finally:
            processes.stop()
            self.stop_database()

    def serve(self, processes: ProcessTree) -> None:
        self.collect_static_files()
        call_command("setup", stdout=self.stdout)
        connections.close_all()
        if address := application_address():
            os.environ["DATABASE_URL"] = address  # of the children

        gunicorn = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
        # SIGQUIT: at once, without waiting for browsers that keep a connection open.
        processes.start("web server", [*gunicorn, "forum.wsgi"], signal.SIGQUIT)
        if processes.wait(until=is_responding, seconds=WEB_SERVER_START_SECONDS):
            self.print_addresses()
            processes.start("worker", [sys.executable, "manage.py", "worker"])
            self.watch(processes)
        ended = processes.ended() or "web server, which did not answer,"
        raise CommandError(f"The {ended} exited; see its output above. Everything was stopped.")

    def watch(self, processes: ProcessTree) -> None:
        """Wait until a child ends; restart the embedded database whenever it dies."""
        pauses: Iterator[int] = iter(RESTART_PAUSES)
        lasts_since = time.monotonic()
        while not processes.ended():
            processes.wait(seconds=DATABASE_CHECK_SECONDS)
            if not settings.EMBEDDED_DATABASE or database.status(settings.DATA_DIR) in ALIVE_STATES:
                continue
            if time.monotonic() - lasts_since > STEADY_SECONDS:
                pauses = iter(RESTART_PAUSES)
            self.restart_database(pauses)
            lasts_since = time.monotonic()

    def restart_database(self, pauses: Iterator[int]) -> None:
        """Start the database after the next pause; give up when none is left."""
        pause = next(pauses, None)
        if pause is None or database.status(settings.DATA_DIR) is database.ServerState.ABSENT:
            raise CommandError(
                f"The database in {settings.DATA_DIR} keeps stopping. Everything was stopped."
            )
        self.stdout.write("The database stopped; restarting it ...")
        self.stdout.flush()
        time.sleep(pause)
        try:
            database.ensure(settings.DATA_DIR)
        except database.EmbeddedDatabaseError as error:
            raise CommandError(f"{error}\nEverything was stopped.") from error
        self.stdout.write("The database is running.")
        self.stdout.flush()

    def collect_static_files(self) -> None:
        """Hash and compress the static files again if one has changed."""
        if settings.DEBUG:
            return  # served as they are
        stamp = settings.DATA_DIR / "static.stamp"
        wanted = fingerprint_of_static_files()
        if stamp.exists() and stamp.read_text() == wanted and settings.STATIC_ROOT.exists():
            return
        self.stdout.write("Preparing static files ...")
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(wanted)

    def print_addresses(self) -> None:
        address = f"http://localhost:{settings.PORT}"
        first = Thread.objects.visible_to(AnonymousUser()).order_by("pk").first()
        connections.close_all()
        self.stdout.write(f"\n{settings.SITE_NAME} is running at {address}/\n")
        if first:
            self.stdout.write(f"  {first.title}: {address}{first.get_absolute_url()}\n")
        self.stdout.write(f"  moderation admin: {address}/admin/\n  Ctrl-C stops it.\n\n")
        self.stdout.flush()

    def stop_database(self) -> None:
        connections.close_all()
        if settings.EMBEDDED_DATABASE and not database.stop_if_idle(settings.DATA_DIR):
            self.stdout.write("The database keeps running: another process is using it.")


def application_address() -> str:
    """Return the address of the database for the children, which do not own the tables."""
    if settings.EMBEDDED_DATABASE and not settings.APPLICATION_DATABASE_URL:
        return database.url(settings.DATA_DIR, APPLICATION_ROLE)
    return str(settings.APPLICATION_DATABASE_URL)


def wait_for_port() -> None:
    """Wait until the server of a killed run has ended; raise if another program has the port."""
    give_up_at = time.monotonic() + PORT_SECONDS
    while not port_is_free():
        if time.monotonic() > give_up_at:
            raise CommandError(
                f"Port {settings.PORT} is in use by another program (another forum?). "
                f"Stop that one, or choose another port: PORT={settings.PORT + 1} make run"
            )
        time.sleep(0.2)


def port_is_free() -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", settings.PORT))
        except OSError:
            return False
    return True


def is_responding() -> bool:
    """Return whether the web server responds, with whatever status."""
    connection = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=5)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        connection.getresponse()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def fingerprint_of_static_files() -> str:
    """Return a hash that changes when a static file is added, removed or written."""
    seen = sorted(
        (path, found.st_mtime_ns, found.st_size)
        for finder in get_finders()
        for path, storage in finder.list([])
        for found in [Path(storage.path(path)).stat()]
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()
