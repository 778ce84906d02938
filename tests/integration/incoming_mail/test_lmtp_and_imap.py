"""Replies by mail over LMTP, with the server that operators run, and from a mailbox."""

from __future__ import annotations

import contextlib
import imaplib
import smtplib
import socket
import threading
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from forum.management.commands.receive_mail import take_in
from forum.management.imap import poll_mailbox
from forum.management.lmtp import LmtpServer
from forum.models import Post
from tests.incoming_mail import HOST, compose

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@contextlib.contextmanager
def lmtp_server(take=take_in) -> Iterator[smtplib.LMTP]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def take_and_close(*args):
        try:
            return take(*args)
        finally:
            connections.close_all()

    server = LmtpServer(take_and_close, hostname="127.0.0.1", port=port)
    server.start()
    try:
        with smtplib.LMTP("127.0.0.1", port) as client:
            yield client
    finally:
        server.stop()


def test_mail_over_lmtp_is_posted(bob, to_opening):
    with lmtp_server() as client:
        assert (
            client.sendmail("bob@example.org", [to_opening], compose(To=to_opening).as_bytes())
            == {}
        )
    assert Post.objects.get(author=bob).source == "Ours stays dry."


def test_each_recipient_gets_an_answer_of_its_own(bob, to_opening):
    mail = compose(To=to_opening).as_bytes()
    with lmtp_server() as client:
        refused = client.sendmail(
            "bob@example.org", [to_opening, "nobody@elsewhere.example", f"x@{HOST}"], mail
        )
        assert list(refused) == ["nobody@elsewhere.example"]
        assert client.getreply()[0] == 250  # of the second recipient; smtplib reads only one
        assert client.sendmail("bob@example.org", [to_opening], mail) == {}
    assert Post.objects.filter(author=bob).count() == 1


def test_bounce_over_lmtp_with_an_empty_sender_is_never_posted(bob, to_opening):
    with lmtp_server() as client:
        client.sendmail("", [to_opening], compose(To=to_opening).as_bytes())
    assert not Post.objects.filter(author=bob).exists()


def test_mail_that_fails_over_lmtp_is_to_be_sent_again(bob, to_opening):
    def fail(*args):
        raise RuntimeError

    with lmtp_server(fail) as client, pytest.raises(smtplib.SMTPDataError) as error:
        client.sendmail("bob@example.org", [to_opening], compose(To=to_opening).as_bytes())
    assert error.value.smtp_code == 451


def test_long_lines_over_lmtp_are_taken_in(bob, to_opening):
    mail = compose(To=to_opening).as_bytes().replace(b"Ours stays dry.", b"dry " * 3000)
    with lmtp_server() as client:
        assert client.sendmail("bob@example.org", [to_opening], mail) == {}
    assert Post.objects.filter(author=bob).exists()


# -- IMAP -----------------------------------------------------------------------------------------


class Mailbox(threading.Thread):
    """A server that speaks as much IMAP as polling a mailbox needs."""

    def __init__(self, *messages: bytes) -> None:
        super().__init__(daemon=True)
        self.messages = dict(enumerate(messages, 1))
        self.seen: set[int] = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"imap://bob:a%40b@127.0.0.1:{self.listener.getsockname()[1]}/INBOX"
        self.start()

    def run(self) -> None:
        while True:
            connection, _address = self.listener.accept()
            with connection, connection.makefile("rwb") as stream:
                stream.write(b"* OK ready\r\n")
                stream.flush()
                for line in stream:
                    for answer in self.answers(*line.decode().split()):
                        stream.write(answer + b"\r\n")
                    stream.flush()

    def answers(self, tag: str, command: str, *rest: str) -> Iterator[bytes]:
        uid = rest[0] if command == "UID" else command
        if command == "LOGIN" and rest != ("bob", '"a@b"'):
            yield f"{tag} NO wrong password".encode()
            return
        if command == "CAPABILITY":
            yield b"* CAPABILITY IMAP4rev1"
        elif command == "SELECT":
            yield f"* {len(self.messages)} EXISTS".encode()
        elif uid == "SEARCH":
            unseen = [str(each) for each in self.messages if each not in self.seen]
            yield f"* SEARCH {' '.join(unseen)}".encode()
        elif uid == "FETCH":
            content = self.messages[int(rest[1])]
            head = f"* 1 FETCH (UID {rest[1]} BODY[]<0> {{{len(content)}}}".encode()
            yield head + b"\r\n" + content + b")"
        elif uid == "STORE":
            self.seen.add(int(rest[1]))
        elif command == "LOGOUT":
            yield b"* BYE"
        yield f"{tag} OK done".encode()


def test_unread_mail_of_a_mailbox_is_posted_and_marked(bob, to_opening):
    mailbox = Mailbox(compose(To=f"lina <{to_opening}>").as_bytes())
    for _each in range(2):
        call_command("receive_mail", imap=mailbox.url, once=True)
    assert Post.objects.filter(author=bob).count() == 1
    assert mailbox.seen == {1}


def test_mail_that_fails_stays_unread_and_does_not_stop_the_next(bob, to_opening):
    mailbox = Mailbox(b"bad", b"good")
    taken = []

    def take(content):
        if content == b"bad":
            raise RuntimeError
        taken.append(content)

    assert poll_mailbox(mailbox.url, take, lambda: False) == 1
    assert taken == [b"good"]
    assert mailbox.seen == {2}


def test_mailbox_that_cannot_be_reached_is_tried_again(caplog):
    call_command("receive_mail", imap="imap://bob:wrong@127.0.0.1:1/", once=True)
    assert "could not be polled" in caplog.text


def test_wrong_password_of_a_mailbox_is_logged(caplog):
    mailbox = Mailbox()
    call_command("receive_mail", imap=mailbox.url.replace("a%40b", "wrong"), once=True)
    assert "could not be polled" in caplog.text


def test_address_that_is_no_mailbox_is_refused():
    for url in ("https://example.org", "", "imaps://"):
        with pytest.raises(CommandError, match="like imaps://"):
            call_command("receive_mail", imap=url, once=True)


def test_imap_ports_are_those_of_the_library():
    from forum.management.imap import SERVERS

    assert SERVERS == {"imaps": (imaplib.IMAP4_SSL, 993), "imap": (imaplib.IMAP4, 143)}
