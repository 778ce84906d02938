"""`manage.py worker`: send mail and clean up until it is stopped."""

import logging
import signal
import threading
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, close_old_connections

from forum.jobs.housekeeping import sweep
from forum.jobs.mail import send_due_mail
from forum.jobs.notifications import fan_out

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.5
SWEEP_SECONDS = 60 * 60


class Command(BaseCommand):
    help = (
        "Notify followers, send the mail that is due, and clean up once an hour. After SIGTERM it"
        " finishes the current message. Any number of workers may run at once."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then end")
        parser.add_argument(
            "--heartbeat", type=Path, metavar="FILE", help="touch this file while the worker works"
        )

    def handle(self, *args: Any, once: bool, heartbeat: Path | None, **options: Any) -> None:
        self.stopped = threading.Event()
        self.heartbeat = heartbeat
        if once:
            self.work(sweep_too=True)
            return
        signal.signal(signal.SIGTERM, lambda *_: self.stopped.set())
        signal.signal(signal.SIGINT, lambda *_: self.stopped.set())
        self.run_until_stopped()

    def run_until_stopped(self) -> None:
        sweep_at = time.monotonic()
        while not self.is_stopped():
            is_time = time.monotonic() >= sweep_at
            close_old_connections()
            try:
                self.work(sweep_too=is_time)
            except Error as error:
                # The database may be restarting; the worker tries again.
                logger.warning("Cannot connect to the database: %s", error)
            else:
                sweep_at = time.monotonic() + SWEEP_SECONDS if is_time else sweep_at
            self.stopped.wait(POLL_SECONDS)

    def is_stopped(self) -> bool:
        """Return whether to stop; asked between any two pieces of work, it shows that these end."""
        if self.heartbeat:
            self.heartbeat.touch()
        return self.stopped.is_set()

    def work(self, *, sweep_too: bool) -> None:
        fan_out(stop=self.is_stopped)
        send_due_mail(stop=self.is_stopped)
        if sweep_too:
            sweep()
