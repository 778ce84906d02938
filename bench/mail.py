"""`make bench-mail`: the time and the memory of one worker that mails 10,000 notifications.

The mail server is a real one on this machine, in a process of its own, which keeps nothing. Each
mail is to another member or about another thread, so none are put together. The goal is 5 minutes
and 120 MB.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import time
from datetime import timedelta

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from common import ROOT, bench_database, database_url, finish, say, table
from django.apps import apps
from django.utils import timezone
from load import World

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.models import Notification, NotificationMail, Post, User

NOTIFICATIONS = 10_000
MAILS_PER_MEMBER = 10
MEMBERS_PER_THREAD = 100
GOAL_SECONDS, GOAL_MB = 300, 120


class CountingHandler:
    """A mailbox that counts what it receives, and throws it away."""

    def __init__(self, received: multiprocessing.sharedctypes.Synchronized[int]) -> None:
        self.received = received

    async def handle_DATA(  # noqa: N802 (aiosmtpd calls it so)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        with self.received.get_lock():
            self.received.value += 1
        return "250 OK"


def main() -> None:
    options = arguments()
    received = multiprocessing.Value("i", 0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = multiprocessing.Process(target=serve, args=[port, received], daemon=True)
    server.start()
    with bench_database():
        say(f"Loading {options.notifications:,} notifications ...")
        load(options.notifications)
        say("Sending ...")
        environment = os.environ | {
            "DATABASE_URL": database_url(),
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
            "LOG_LEVEL": "WARNING",
        }
        started = time.perf_counter()
        command = [sys.executable, "manage.py", "worker", "--once"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        seconds = time.perf_counter() - started
        left = NotificationMail.objects.count()
    # Of all child processes, the largest: the mail server is smaller.
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    server.terminate()
    rows = [
        ["mails received", received.value, options.notifications],
        ["not sent", left, 0],
        ["seconds", seconds, GOAL_SECONDS],
        ["milliseconds a mail", seconds * 1000 / max(received.value, 1), ""],
        ["memory of the worker, MB", megabytes, GOAL_MB],
    ]
    table("One worker, one local mail server", ["", "measured", "goal"], rows)
    finish(
        {
            "mail": {
                "sent": received.value,
                "left": left,
                "seconds": seconds,
                "memory_mb": megabytes,
            }
        }
    )


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What mailing notifications takes.")
    parser.add_argument("--notifications", type=int, default=NOTIFICATIONS)
    return parser.parse_args()


def serve(port: int, received: multiprocessing.sharedctypes.Synchronized[int]) -> None:
    """Run the mail server until the process is terminated."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    Controller(CountingHandler(received), hostname="127.0.0.1", port=port).start()
    while True:
        time.sleep(60)


def load(notifications: int) -> None:
    """Create threads whose last posts are due to be mailed to many members each."""
    world = World()
    members = User.objects.bulk_create(
        User(username=f"reader{number}", email=f"reader{number}@example.org")
        for number in range(notifications // MAILS_PER_MEMBER)
    )
    address = apps.get_model("account", "EmailAddress")
    address.objects.bulk_create(
        address(user=member, email=member.email, verified=True, primary=True) for member in members
    )
    now = timezone.now()
    for number in range(notifications // MEMBERS_PER_THREAD):
        said = [world.text() for _ in range(3)]
        said[2] = f"> {said[1].splitlines()[-1]}\n\n{said[2]}"
        posts = [
            ImportedPost(key, key - 1 if key else None, world.people[key], text, now)
            for key, text in enumerate(said)
        ]
        thread = import_thread(world.board, title=f"Thread {number}", posts=posts)
        post = Post.objects.filter(thread=thread).latest("pk")
        first = number * MEMBERS_PER_THREAD
        readers = [members[place % len(members)] for place in range(first, first + 100)]
        Notification.objects.bulk_create(
            Notification(member=reader, post=post, cause="reply") for reader in readers
        )
        NotificationMail.objects.bulk_create(
            NotificationMail(member=reader, post=post, due_at=now - timedelta(minutes=1))
            for reader in readers
        )


if __name__ == "__main__":
    main()
