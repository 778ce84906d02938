"""Mail: stored in the same transaction as its action, and then sent at least once."""

from __future__ import annotations

import email
import os
import runpy
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from email.header import decode_header, make_header
from email.policy import default
from email.utils import getaddresses, parseaddr
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from forum.actions.outbox import WAITS, deliver_next
from forum.jobs.mail import OutboxBackend
from forum.models import OutgoingMail
from tests.concurrency import wait_until
from tests.processes import database_url

pytestmark = pytest.mark.slow

SETTINGS = str(Path(__file__).parents[3] / "forum" / "settings.py")


class MailServer(threading.Thread):
    """A minimal SMTP server that keeps the messages it receives and can reject them.

    `response` is sent at the end of a message: "250 ok", "451 later", or None for nothing.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.response: str | None = "250 ok"
        self.can_respond = threading.Event()
        self.can_respond.set()
        self.received: list[tuple[list[str], bytes]] = []
        self.start()

    def run(self) -> None:
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")

        def send_line(reply: str) -> None:
            connection.sendall(reply.encode() + b"\r\n")

        send_line("220 here")
        recipients: list[str] = []
        for line in lines:
            command = line[:4].upper()
            if command == b"DATA":
                send_line("354 go on")
                body = b"".join(iter(lines.readline, b".\r\n"))
                self.received.append((recipients, body))
                self.can_respond.wait()
                if self.response:
                    send_line(self.response)
            elif command == b"RCPT":
                recipients = [*recipients, line.decode().split("<")[1].split(">")[0]]
                send_line("250 ok")
            elif command == b"QUIT":
                send_line("221 bye")
                break
            else:
                send_line("250 ok")


@pytest.fixture
def server(settings):
    server = MailServer()
    settings.EMAIL_SERVER = django_settings.EMAIL_SERVER | {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": server.port,
    }
    yield server
    server.listener.close()


def queue_mail(subject: str = "Moss", to: str = "alice@example.org") -> None:
    message = EmailMessage(subject, "Grüße.\n.\nA dot alone.", to=[to], bcc=["log@example.org"])
    assert OutboxBackend().send_messages([message]) == 1


def run_worker() -> None:
    call_command("worker", "--once")


def test_message_is_sent_once_and_unchanged(db, server):
    queue_mail()
    assert server.received == []  # not by the request
    run_worker()
    run_worker()
    [(recipients, body)] = server.received
    assert recipients == ["alice@example.org", "log@example.org"]
    unquoted = body.replace(b"\r\n..", b"\r\n.").replace(b"\r\n", b"\n")
    message = email.message_from_bytes(unquoted, policy=default)
    assert message["Subject"] == "Moss"
    assert message["Bcc"] is None
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Message-ID"].endswith("@localhost>")
    assert message.get_content() == "Grüße.\n.\nA dot alone.\n"
    assert OutgoingMail.objects.get().sent_at


NAMES = [
    "Moss, Lime & Co",
    "Moss @ Home",
    "A; B",
    "Debian: the forum",
    '"Moss"',
    "O'Hara's",
    "Moss (the wall)",
    "<moss>",
    "Moss\\",
    "Möße, im Garten: 苔 <🌿>",
    "Dots. And more.",
    ", ".join(["Грибы и мох"] * 20),
]


@pytest.mark.parametrize("name", NAMES)
def test_mail_can_be_sent_with_any_name_of_the_site(db, server, settings, monkeypatch, name):
    monkeypatch.setenv("SITE_NAME", name)
    monkeypatch.delenv("DEFAULT_FROM_EMAIL", raising=False)
    settings.DEFAULT_FROM_EMAIL = runpy.run_path(SETTINGS)["DEFAULT_FROM_EMAIL"]
    queue_mail()
    run_worker()
    [(_recipients, body)] = server.received
    [(encoded, address)] = getaddresses([email.message_from_bytes(body)["From"]])
    assert (str(make_header(decode_header(encoded))), address) == (name, "forum@localhost")
    assert max(map(len, body.splitlines())) < 80


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        ("forum@example.org", ("", "forum@example.org")),
        ("Forum <forum@example.org>", ("Forum", "forum@example.org")),
        ("Moss, Lime: <forum@example.org>", ("Moss, Lime:", "forum@example.org")),
        (r'"Say \"moss\" <>" <forum@example.org>', ('Say "moss" <>', "forum@example.org")),
        ("Möße <forum@bücher.example>", ("Möße", "forum@bücher.example")),
    ],
)
def test_sender_is_taken_from_the_setting(monkeypatch, value, sender):
    monkeypatch.setenv("DEFAULT_FROM_EMAIL", value)
    assert parseaddr(runpy.run_path(SETTINGS)["DEFAULT_FROM_EMAIL"]) == sender


@pytest.mark.parametrize(
    "value",
    [
        "forum",
        "forum@",
        "@example.org",
        "Forum",
        "Forum forum@example.org",
        "Forum <forum@example.org",
        "Forum <>",
        "a@example.org, b@example.org",
        "A <a@example.org>, B <b@example.org>",
        "Forum\r\nBcc: x <forum@example.org>",
    ],
)
def test_invalid_sender_is_rejected_at_startup(monkeypatch, value):
    monkeypatch.setenv("DEFAULT_FROM_EMAIL", value)
    with pytest.raises(ImproperlyConfigured, match="DEFAULT_FROM_EMAIL must be one address"):
        runpy.run_path(SETTINGS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "two"),
        ("TRUSTED_PROXIES", "1.5"),
        ("NEW_MEMBER_HOURLY", "0"),
        ("SITE_NAME", "Moss\nBcc: everybody@example.org"),
    ],
)
def test_invalid_settings_are_rejected_at_startup(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"{name} must be"):
        runpy.run_path(SETTINGS)


def test_mail_of_a_failed_transaction_is_not_sent(db, server):
    @transaction.atomic
    def fail() -> None:
        queue_mail()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    run_worker()
    assert server.received == []


def test_line_break_in_a_subject_is_rejected(db):
    with pytest.raises(ValueError, match="newlines"):
        queue_mail(subject="x\r\nBcc: everybody@example.org")
    assert not OutgoingMail.objects.exists()


def test_rejected_message_is_sent_again_later(db, server):
    queue_mail()
    server.response = "451 later"
    run_worker()
    run_worker()
    assert len(server.received) == 1
    mail = OutgoingMail.objects.get()
    assert mail.sent_at is None
    assert "451" in mail.error
    assert timedelta(seconds=50) < mail.due_at - timezone.now() < timedelta(seconds=70)

    server.response = "250 ok"
    OutgoingMail.objects.update(due_at=timezone.now())
    run_worker()
    (_, first), (_, second) = server.received
    assert first == second
    assert OutgoingMail.objects.get().sent_at


def test_failing_message_does_not_delay_others(db, server):
    queue_mail(to="bad address\x01@")
    queue_mail(subject="Good")
    run_worker()
    assert OutgoingMail.objects.filter(sent_at=None).count() <= 1
    assert b"Subject: Good" in server.received[-1][1]


def test_message_fails_after_the_maximum_of_attempts(db, server):
    server.response = "451 later"
    queue_mail()
    for _ in range(len(WAITS) + 3):
        OutgoingMail.objects.update(due_at=timezone.now())
        run_worker()
    mail = OutgoingMail.objects.get()
    assert mail.attempts == len(WAITS) + 1
    assert mail.failed_at
    assert mail.sent_at is None


def test_message_that_the_server_refuses_for_good_is_not_tried_again(db, server):
    server.response = "554 never"
    queue_mail()
    for _ in range(2):
        OutgoingMail.objects.update(due_at=timezone.now())
        run_worker()
    mail = OutgoingMail.objects.get()
    assert (mail.attempts, mail.sent_at) == (1, None)
    assert mail.failed_at
    assert "554" in mail.error


@pytest.mark.parametrize(
    ("error", "is_final"),
    [
        (smtplib.SMTPRecipientsRefused({"a@example.org": (550, b"no such user")}), True),
        (smtplib.SMTPRecipientsRefused({"a@example.org": (450, b"mailbox busy")}), False),
        (smtplib.SMTPAuthenticationError(535, b"wrong password"), False),
        (smtplib.SMTPServerDisconnected("gone"), False),
        (ConnectionRefusedError(), False),
    ],
)
def test_only_errors_about_the_message_itself_are_final(db, error, is_final):
    queue_mail()

    def send(mail):
        raise error

    deliver_next(send)
    assert bool(OutgoingMail.objects.get().failed_at) is is_final


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_send_the_same_message():
    queue_mail()
    delivered = []

    def deliver(mail: OutgoingMail) -> None:
        delivered.append(mail.pk)
        other_thread = threading.Thread(target=deliver_in_another_thread)
        other_thread.start()
        other_thread.join()

    def deliver_in_another_thread() -> None:
        try:
            assert not deliver_next(deliver)
        finally:
            connection.close()

    assert deliver_next(deliver)
    assert len(delivered) == 1


@pytest.fixture
def start_worker(server):
    """Return a function that starts a worker process on the tests' database and mail server."""
    workers = []
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
    }

    def start_worker(*options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "worker", *options]
        workers.append(subprocess.Popen(command, cwd=django_settings.BASE_DIR, env=environment))
        return workers[-1]

    yield start_worker
    for worker in workers:
        worker.kill()
        worker.wait()


@pytest.mark.django_db(transaction=True)
def test_message_of_a_killed_worker_is_sent_by_the_next_worker(server, start_worker):
    server.response = None  # the first worker waits for a response in vain
    queue_mail()
    first = start_worker()
    wait_until(lambda: server.received)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert OutgoingMail.objects.get().sent_at is None

    server.response = "250 ok"
    second = start_worker()
    wait_until(lambda: OutgoingMail.objects.filter(sent_at__isnull=False).exists())
    before, after = (email.message_from_bytes(body) for _, body in server.received)
    assert before["Message-ID"] == after["Message-ID"]
    second.send_signal(signal.SIGTERM)
    assert second.wait(10) == 0


@pytest.mark.django_db(transaction=True)
def test_heartbeat_shows_that_the_worker_works(start_worker, server, tmp_path):
    heartbeat = tmp_path / "heartbeat"
    start_worker("--heartbeat", str(heartbeat))
    wait_until(heartbeat.exists)
    first = heartbeat.stat().st_mtime_ns
    wait_until(lambda: heartbeat.stat().st_mtime_ns > first)
    server.response = None  # the worker waits for the mail server
    queue_mail()
    wait_until(lambda: server.received)
    stuck = heartbeat.stat().st_mtime_ns
    time.sleep(4)
    assert heartbeat.stat().st_mtime_ns == stuck


@pytest.mark.django_db(transaction=True)
def test_terminated_worker_finishes_its_message_and_leaves_the_rest(server, start_worker):
    queue_mail()
    queue_mail()
    server.can_respond.clear()
    worker = start_worker()
    wait_until(lambda: server.received)
    worker.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(0.2)
    server.can_respond.set()
    assert worker.wait(10) == 0
    first, second = OutgoingMail.objects.order_by("pk")
    assert first.sent_at
    assert (second.sent_at, second.attempts) == (None, 0)


def test_mail_is_printed_without_a_mail_server(db, capsys):
    queue_mail(subject="Read me")
    run_worker()
    printed = capsys.readouterr().out
    assert "Subject: Read me" in printed
    assert "To: alice@example.org" in printed


def test_old_mail_and_limits_and_ended_sessions_are_deleted(db):
    from django.contrib.sessions.models import Session

    from forum.actions.limits import POSTS, spend
    from forum.models import RateLimit

    for subject in ("old", "new", "waiting"):
        queue_mail(subject=subject)
    old, new, _waiting = OutgoingMail.objects.order_by("pk")
    OutgoingMail.objects.filter(pk=old.pk).update(sent_at=timezone.now() - timedelta(days=8))
    OutgoingMail.objects.filter(pk=new.pk).update(sent_at=timezone.now())
    for name in ("1", "2"):
        spend(name, POSTS)
    RateLimit.objects.filter(key="posts:1").update(updated_at=timezone.now() - timedelta(days=2))
    for key, days in (("ended", -1), ("going", 1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days)
        )
    run_worker()
    assert not OutgoingMail.objects.filter(pk=old.pk).exists()
    assert OutgoingMail.objects.count() == 2
    assert [bucket.key for bucket in RateLimit.objects.all()] == ["posts:2"]
    assert [session.session_key for session in Session.objects.all()] == ["going"]
