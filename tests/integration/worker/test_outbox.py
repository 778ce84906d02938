"""Mail: written down once with its deed, sent at least once from there."""

from __future__ import annotations

import email
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from email.header import decode_header, make_header
from email.policy import default
from email.utils import getaddresses, parseaddr
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from forum.actions.outbox import MAX_ATTEMPTS, deliver_next
from forum.jobs.mail import OutboxBackend
from forum.models import OutgoingMail
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

SETTINGS = str(Path(__file__).parents[3] / "forum" / "settings.py")


class MailServer(threading.Thread):
    """Speaks just enough SMTP; keeps what it got, refuses what it is told to.

    `answer` is what it says at the end of a message: "250 ok", "451 later", or None for nothing.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.answer: str | None = "250 ok"
        self.can_answer = threading.Event()
        self.can_answer.set()
        self.got: list[tuple[list[str], bytes]] = []
        self.start()

    def run(self) -> None:
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.talk, args=[connection], daemon=True).start()

    def talk(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb")

        def say(words: str) -> None:
            connection.sendall(words.encode() + b"\r\n")

        say("220 here")
        recipients: list[str] = []
        for line in lines:
            command = line[:4].upper()
            if command == b"DATA":
                say("354 go on")
                body = b"".join(iter(lines.readline, b".\r\n"))
                self.got.append((recipients, body))
                self.can_answer.wait()
                if self.answer:
                    say(self.answer)
            elif command == b"RCPT":
                recipients = [*recipients, line.decode().split("<")[1].split(">")[0]]
                say("250 ok")
            elif command == b"QUIT":
                say("221 bye")
                break
            else:
                say("250 ok")


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


def write(subject: str = "Moss", to: str = "alice@example.org") -> None:
    message = EmailMessage(subject, "Grüße.\n.\nA dot alone.", to=[to], bcc=["log@example.org"])
    assert OutboxBackend().send_messages([message]) == 1


def worker() -> None:
    call_command("worker", "--once")


def test_message_is_sent_once_and_arrives_as_written(db, server):
    write()
    assert server.got == []  # not by the page
    worker()
    worker()
    [(recipients, body)] = server.got
    assert recipients == ["alice@example.org", "log@example.org"]
    unquoted = body.replace(b"\r\n..", b"\r\n.").replace(b"\r\n", b"\n")
    message = email.message_from_bytes(unquoted, policy=default)
    assert message["Subject"] == "Moss"
    assert message["Bcc"] is None
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
def test_mail_leaves_whatever_the_site_is_called(db, server, settings, monkeypatch, name):
    monkeypatch.setenv("SITE_NAME", name)
    monkeypatch.delenv("DEFAULT_FROM_EMAIL", raising=False)
    settings.DEFAULT_FROM_EMAIL = runpy.run_path(SETTINGS)["DEFAULT_FROM_EMAIL"]
    write()
    worker()
    [(_recipients, body)] = server.got
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
def test_sender_is_what_the_setting_names(monkeypatch, value, sender):
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
def test_sender_that_is_none_is_refused_at_the_start(monkeypatch, value):
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
def test_settings_that_make_no_sense_are_refused_at_the_start(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"{name} must be"):
        runpy.run_path(SETTINGS)


def test_mail_of_a_deed_that_failed_is_never_sent(db, server):
    @transaction.atomic
    def fail() -> None:
        write()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    worker()
    assert server.got == []


def test_line_break_in_a_subject_is_refused_when_it_is_written(db):
    with pytest.raises(ValueError, match="newlines"):
        write(subject="x\r\nBcc: everybody@example.org")
    assert not OutgoingMail.objects.exists()


def test_refusing_server_is_asked_again_later_with_the_same_message(db, server):
    write()
    server.answer = "451 later"
    worker()
    worker()
    assert len(server.got) == 1
    mail = OutgoingMail.objects.get()
    assert mail.sent_at is None
    assert "451" in mail.error
    assert timedelta(seconds=50) < mail.due_at - timezone.now() < timedelta(seconds=70)

    server.answer = "250 ok"
    OutgoingMail.objects.update(due_at=timezone.now())
    worker()
    (_, first), (_, second) = server.got
    assert first == second
    assert OutgoingMail.objects.get().sent_at


def test_failing_message_does_not_hold_up_others(db, server):
    write(to="bad address\x01@")
    write(subject="Good")
    worker()
    assert OutgoingMail.objects.filter(sent_at=None).count() <= 1
    assert b"Subject: Good" in server.got[-1][1]


def test_message_is_given_up_after_so_many_tries(db, server):
    server.answer = "554 never"
    write()
    for _ in range(MAX_ATTEMPTS + 2):
        OutgoingMail.objects.update(due_at=timezone.now())
        worker()
    mail = OutgoingMail.objects.get()
    assert mail.attempts == MAX_ATTEMPTS
    assert mail.failed_at
    assert mail.sent_at is None


@pytest.mark.django_db(transaction=True)
def test_two_workers_do_not_send_the_same_message():
    write()
    seen = []

    def send(mail: OutgoingMail) -> None:
        seen.append(mail.pk)
        other = threading.Thread(target=look)
        other.start()
        other.join()

    def look() -> None:
        try:
            assert not deliver_next(send)
        finally:
            connection.close()

    assert deliver_next(send)
    assert len(seen) == 1


@pytest.fixture
def start_worker(server):
    """Starts workers of their own process, on the tests' database and mail server."""
    workers = []
    database = connection.settings_dict
    user = database["USER"] + (f":{database['PASSWORD']}" if database["PASSWORD"] else "")
    host, port = database["HOST"], database["PORT"] or 5432
    where = f":{port}/{quote(host)}" if host.startswith("/") else f"{host}:{port}"
    environment = os.environ | {
        "DATABASE_URL": f"postgres://{user}@{where}/{database['NAME']}",
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
    }

    def start_worker() -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "worker"]
        workers.append(subprocess.Popen(command, cwd=django_settings.BASE_DIR, env=environment))
        return workers[-1]

    yield start_worker
    for worker in workers:
        worker.kill()
        worker.wait()


@pytest.mark.django_db(transaction=True)
def test_killed_worker_leaves_its_message_to_the_next_which_ends_when_asked(server, start_worker):
    server.answer = None  # the killed one waits for an answer that never comes
    write()
    first = start_worker()
    wait_until(lambda: server.got)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert OutgoingMail.objects.get().sent_at is None

    server.answer = "250 ok"
    second = start_worker()
    wait_until(lambda: OutgoingMail.objects.filter(sent_at__isnull=False).exists())
    before, after = (email.message_from_bytes(body) for _, body in server.got)
    assert before["Message-ID"] == after["Message-ID"]
    second.send_signal(signal.SIGTERM)
    assert second.wait(10) == 0


@pytest.mark.django_db(transaction=True)
def test_worker_asked_to_end_finishes_the_message_in_hand_and_leaves_the_rest(server, start_worker):
    write()
    write()
    server.can_answer.clear()
    worker = start_worker()
    wait_until(lambda: server.got)
    worker.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(0.2)
    server.can_answer.set()
    assert worker.wait(10) == 0
    first, second = OutgoingMail.objects.order_by("pk")
    assert first.sent_at
    assert (second.sent_at, second.attempts) == (None, 0)


def test_without_a_server_mail_is_printed(db, capsys):
    write(subject="Read me")
    worker()
    printed = capsys.readouterr().out
    assert "Subject: Read me" in printed
    assert "To: alice@example.org" in printed


def test_old_mail_old_limits_and_ended_sessions_are_swept_up(db):
    from django.contrib.sessions.models import Session

    from forum.actions.limits import spend
    from forum.models import RateLimit
    from forum.models.limits import POSTS

    for subject in ("old", "new", "waiting"):
        write(subject=subject)
    old, new, _waiting = OutgoingMail.objects.order_by("pk")
    OutgoingMail.objects.filter(pk=old.pk).update(sent_at=timezone.now() - timedelta(days=8))
    OutgoingMail.objects.filter(pk=new.pk).update(sent_at=timezone.now())
    for who in ("1", "2"):
        spend(who, POSTS)
    RateLimit.objects.filter(key="posts:1").update(updated_at=timezone.now() - timedelta(days=2))
    for key, days in (("ended", -1), ("going", 1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=timezone.now() + timedelta(days=days)
        )
    worker()
    assert not OutgoingMail.objects.filter(pk=old.pk).exists()
    assert OutgoingMail.objects.count() == 2
    assert [bucket.key for bucket in RateLimit.objects.all()] == ["posts:2"]
    assert [session.session_key for session in Session.objects.all()] == ["going"]
