"""Sending notification mail: one connection, faults of the server, and workers that are killed."""

from __future__ import annotations

import os
import signal
import smtplib
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone

from forum.actions.notification_mail import deliver_next_notification
from forum.actions.notifications import queue_notification_mail
from forum.actions.outbox import WAITS
from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.jobs.mail import OutboxBackend, send_due_mail
from forum.models import NotificationMail, Post, User
from tests.concurrency import wait_until
from tests.integration.mail.conftest import make_due
from tests.processes import database_url

pytestmark = pytest.mark.slow


def waiting() -> list[tuple[int, timedelta]]:
    """Return the attempts and the time until the next one of all that is not sent."""
    now = timezone.now()
    rows = NotificationMail.objects.order_by("post")
    return [(row.attempts, row.due_at - now) for row in rows]


def test_all_mail_goes_through_one_connection(
    board, opening, alice, bob, carol, deliver, mail_server
):
    for member in (bob, carol):
        reply_to(opening, author=member, source="For @bob and @carol.")
    OutboxBackend().send_messages([EmailMessage("Account", "A link.", to=["erin@example.org"])])
    messages = deliver()
    assert len(messages) == 4
    assert messages[0]["Subject"] == "Account"
    assert mail_server.handler.connections == 1


def test_server_that_closes_between_messages_delays_none(opening, bob, carol, deliver, mail_server):
    mail_server.handler.closes_after_each = True
    for member in (bob, carol):
        reply_to(opening, author=member, source="For @bob and @carol.")
    assert len(deliver()) == 3
    assert not NotificationMail.objects.exists()


def test_server_that_is_down_is_tried_once_a_round(opening, bob, carol, deliver, mail_server):
    reply_to(opening, author=bob, source="For @carol.")
    mail_server.stop()
    assert deliver() == []
    attempts = sorted(attempts for attempts, _wait in waiting())
    assert attempts == [0, 1]
    mail_server.start()
    assert len(deliver()) == 2


@pytest.mark.parametrize("reply", ["451 later", "421 busy"])
@pytest.mark.parametrize("at", ["RCPT", "DATA"])
def test_mail_refused_for_now_is_tried_again_later_and_later(
    opening, bob, alice, deliver, mail_server, reply, at
):
    post = reply_to(opening, author=bob, source="Tried again.")
    if at == "RCPT":
        mail_server.handler.rcpt_replies[alice.email] = reply
    else:
        mail_server.handler.data_reply = reply
    for number, wait in enumerate(WAITS, 1):
        assert deliver() == []
        [(attempts, remaining)] = waiting()
        assert attempts == number
        assert timedelta(0) <= wait - remaining < timedelta(minutes=1)
    assert WAITS[:4] == [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120)]
    assert timedelta(days=3) < sum(WAITS, timedelta()) < timedelta(days=3, hours=1)
    mail_server.handler.rcpt_replies.clear()
    mail_server.handler.data_reply = "250 OK"
    [message] = deliver()
    assert message["Message-ID"] == f"<p.{post.pk}@localhost>"


def test_mail_is_given_up_after_the_last_attempt(reply, deliver, mail_server):
    mail_server.handler.data_reply = "451 later"
    for _ in WAITS:
        assert deliver() == []
        assert waiting()
    assert deliver() == []
    assert not waiting()


def test_address_that_is_refused_for_good_is_a_bounce(opening, alice, bob, deliver, mail_server):
    mail_server.handler.rcpt_replies[alice.email] = "550 no such user"
    for number in range(3):
        reply_to(opening, author=bob, source=f"Number {number}.")
        assert deliver() == []
        assert not NotificationMail.objects.exists()
    assert User.objects.get(pk=alice.pk).mail_stop_reason == "bounces"
    mail_server.handler.rcpt_replies.clear()
    reply_to(opening, author=bob, source="Not mailed any more.")
    assert deliver() == []


def test_content_that_is_refused_for_good_is_no_bounce(reply, alice, deliver, mail_server):
    mail_server.handler.data_reply = "554 no"
    for _ in range(2):
        assert deliver() == []
    assert not NotificationMail.objects.exists()
    assert not alice.bounces.exists()


def test_slow_server_is_given_up_in_time(reply, deliver, mail_server, settings):
    settings.EMAIL_TIMEOUT = 1
    mail_server.handler.seconds = 3
    deliver()
    [(attempts, _wait)] = waiting()
    assert attempts == 1


def test_mail_whose_acceptance_was_not_heard_is_sent_again_under_the_same_id(
    opening, bob, deliver, mail_server
):
    for number in range(2):
        reply_to(opening, author=bob, source=f"Number {number}.")
    mail_server.handler.closes_after_data = True
    [first] = deliver()
    mail_server.handler.closes_after_data = False
    reply_to(opening, author=bob, source="Posted meanwhile.")
    again, rest = sorted(deliver(), key=lambda message: message["Message-ID"])
    assert again["Message-ID"] == first["Message-ID"]
    assert again.as_bytes().count(b"Posted meanwhile.") == 0
    assert rest.as_bytes().count(b"Posted meanwhile.") == 2


def test_mail_that_cannot_be_made_delays_no_other(opening, bob, carol, deliver):
    reply_to(opening, author=bob, source="For @carol.")

    def fail(due):
        raise ZeroDivisionError

    make_due()
    steps = 0
    while deliver_next_notification(fail):
        steps += 1
        assert steps < 10
    assert [attempts for attempts, _wait in waiting()] == [1, 1]


# -- Workers that are killed ----------------------------------------------------------------------


class Killed(BaseException):
    """The end of a worker: nothing catches it, and the database undoes what was not committed."""


class KillAt:
    """Ends the worker at its nth step: before a statement, or before or after a line of SMTP."""

    def __init__(self, step: int | None, monkeypatch) -> None:
        self.left = step
        self.steps = 0
        self.is_after_data = False
        for name in ("putcmd", "getreply", "send"):
            original = getattr(smtplib.SMTP, name)
            monkeypatch.setattr(smtplib.SMTP, name, self.counted(original))

    def counted(self, original):
        def method(smtp, *args, **options):
            try:
                self.count()
            except Killed:
                smtp.sock.close()
                raise
            result = original(smtp, *args, **options)
            if self.steps == self.left:
                smtp.sock.close()
            return result

        return method

    def count(self) -> None:
        self.steps += 1
        if self.steps == self.left:
            self.left = -1
            raise Killed

    def statement(self, execute, sql, params, many, context):
        self.count()
        return execute(sql, params, many, context)


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_worker_killed_at_any_step_loses_nothing_and_repeats_one_mail_at_most(
    board, alice, bob, carol, mail_server, monkeypatch, settings
):
    """Two mails of two posts each, one to each member."""
    settings.EMAIL_TIMEOUT = 1  # of a connection that is left in the middle of a message
    thread = start_thread(board, author=alice, title="Moss", source="What now?")
    opening = Post.objects.get(thread=thread)
    posts = [reply_to(opening, author=bob, source=f"For @carol, {n}.") for n in range(2)]
    members = (alice, carol)
    step, is_done = 0, False
    while not is_done:
        step += 1
        for post in posts:
            queue_notification_mail(post, [member.pk for member in members])
        make_due()
        before = len(mail_server.handler.envelopes)
        with monkeypatch.context() as patched:
            killer = KillAt(step, patched)
            try:
                with connection.execute_wrapper(killer.statement):
                    send_due_mail()
                is_done = killer.left == step  # that many steps there are not
            except Killed:
                pass
        make_due()
        send_due_mail()
        received = mail_server.handler.messages[before:]
        ids = Counter(message["Message-ID"] for message in received)
        first, last = posts[0].pk, posts[-1].pk
        assert set(ids) == {
            f"<b.{member.pk}.{first}.{last}@localhost>" for member in (alice, carol)
        }
        assert sum(ids.values()) <= 3, f"step {step}"
        assert not NotificationMail.objects.exists()
    assert step > 40


@pytest.fixture
def start_worker(mail_server):
    """Return a function that starts a worker process on the tests' database and mail server."""
    workers = []
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
    }

    def start_worker() -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "worker"]
        workers.append(subprocess.Popen(command, cwd=django_settings.BASE_DIR, env=environment))
        return workers[-1]

    yield start_worker
    for worker in workers:
        worker.kill()
        worker.wait()


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_next_worker_sends_what_a_killed_process_did_not_finish(reply, mail_server, start_worker):
    mail_server.handler.seconds = 60
    make_due()
    first = start_worker()
    wait_until(lambda: mail_server.handler.envelopes)
    first.send_signal(signal.SIGKILL)
    first.wait()
    mail_server.handler.seconds = 0
    start_worker()
    wait_until(lambda: not NotificationMail.objects.exists())
    before, after = mail_server.handler.messages
    assert before["Message-ID"] == after["Message-ID"] == f"<p.{reply.pk}@localhost>"


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
def test_workers_share_the_members_and_mail_nobody_twice(
    board, alice, bob, carol, mail_server, start_worker
):
    for number in range(20):
        thread = start_thread(board, author=alice, title=f"Thread {number}", source="What now?")
        reply_to(Post.objects.get(thread=thread), author=bob, source="For @carol.")
    make_due()
    mail_server.handler.seconds = 0.05
    for _ in range(2):
        start_worker()
    wait_until(lambda: not NotificationMail.objects.exists(), seconds=60)
    received = Counter(
        (message["To"], message["Message-ID"]) for message in mail_server.handler.messages
    )
    assert len(received) == 40
    assert set(received.values()) == {1}
