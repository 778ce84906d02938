"""Replies by mail: posted like those of a form, or answered once with the reason and the text."""

from __future__ import annotations

import email
import io
import os
import re
import resource
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from email.policy import default

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from forum.actions.incoming_mail import MailOutcome, receive
from forum.actions.limits import MAIL_ANSWERS
from forum.actions.mail_addresses import board_address, bounce_address, reply_address, stop_address
from forum.actions.outbox import deliver_next
from forum.actions.posts import delete_post, reply_to
from forum.actions.threads import start_thread
from forum.jobs.housekeeping import sweep
from forum.lib.html_mail import CannotConvert, markdown_from_html
from forum.lib.mail_reader import read_text
from forum.models import (
    Board,
    Bounce,
    Erasure,
    MailSettings,
    OutgoingMail,
    PendingPost,
    Post,
    Quote,
    RateLimit,
    ReceivedMail,
    ReviewRule,
    Thread,
    User,
)
from forum.moderation.actions.branch_moves import move_branch
from forum.moderation.actions.erasure_requests import ask_to_anonymise, ask_to_erase
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.silencing import silence_person
from forum.moderation.actions.slow_mode import enable_thread_slow_mode
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.configuration import set_up
from forum.moderation.erasure.requests import confirm_erasure
from tests.concurrency import run_in_parallel
from tests.incoming_mail import AUTHENTIC, CORPORA, HOST, compose, confirm, filled_lines, messages
from tests.processes import database_url

pytestmark = pytest.mark.django_db

KEPT = re.MULTILINE | re.IGNORECASE
ATTRIBUTION = "On 1 Dec 2026 at 11:00, alice <n@x.example> wrote:"


def name_of(value: object) -> str:
    return getattr(value, "__name__", "")


def answers() -> list[EmailMessage]:
    """Return the mail that the forum has sent, parsed."""
    stored = OutgoingMail.objects.order_by("pk").values_list("message", flat=True)
    return [email.message_from_bytes(bytes(each), policy=default) for each in stored]


def only_answer() -> str:
    """Return the text of the only mail that the forum has sent."""
    [answer] = answers()
    return answer.get_content()


# -- Posting --------------------------------------------------------------------------------------


def test_mail_to_a_reply_address_is_posted_below_its_post(deliver, bob, opening, to_opening):
    assert deliver(compose("Ours stays dry.\n"), to_opening) == "posted"
    post = Post.objects.get(author=bob)
    assert (post.parent, post.source) == (opening, "Ours stays dry.")
    assert answers() == []


def test_recipient_is_found_in_the_headers_when_the_command_is_given_none(deliver, bob, to_opening):
    assert deliver(compose(To=f"lina via Plait <{to_opening}>")) == "posted"
    assert Post.objects.filter(author=bob).exists()


def test_reply_is_there_within_a_second_of_its_delivery(deliver, bob, to_opening):
    started = time.perf_counter()
    assert deliver(compose(), to_opening) == "posted"
    assert time.perf_counter() - started < 1


@pytest.mark.django_db(transaction=True)
def test_command_of_a_mail_server_posts_with_a_second_of_processor_time(bob, to_opening):
    """Starting Python and Django is part of it; other processes of the machine are not."""
    command = [sys.executable, "manage.py", "receive_mail", to_opening]
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "INCOMING_MAIL_HOST": HOST,
        "AUTHSERV_ID": HOST,
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        input=compose(To=to_opening).as_bytes(),
        cwd=django_settings.BASE_DIR,
        env=environment,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert Post.objects.filter(author=bob).exists()
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def test_quoted_lines_become_evidence_like_typed_ones(deliver, bob, opening, to_opening):
    text = f"{ATTRIBUTION}\n\n> Does moss harm the bricks?\n\nNo."
    assert deliver(compose(text), to_opening) == "posted"
    quote = Quote.objects.get(post__author=bob)
    assert quote.source_post == opening
    assert Post.objects.get(author=bob).source == "> Does moss harm the bricks?\n\nNo."


def test_what_was_cut_is_kept_for_the_author(deliver, bob, to_opening):
    text = f"No.\n\n{ATTRIBUTION}\n\n> Does moss\n> harm bricks?"
    assert deliver(compose(text), to_opening) == "posted"
    received = ReceivedMail.objects.get(member=bob)
    assert received.left_out == text.partition("\n\n")[2]
    assert received.lines_left_out == 4


def test_html_mail_is_posted_as_markdown(deliver, bob, to_opening):
    message = compose()
    message.set_content("<p>Ours is <b>dry</b>.</p><blockquote>Old</blockquote>", subtype="html")
    assert deliver(message, to_opening) == "posted"
    assert Post.objects.get(author=bob).source == "Ours is **dry**."


def test_broken_characters_are_repaired_and_the_author_reads_so(deliver, bob, to_opening, as_bob):
    content = compose().as_bytes().replace(b"Ours stays dry.", b"Ours stays d\xfcrr.")
    assert deliver(content.replace(b"7bit", b"8bit"), to_opening) == "posted"
    post = Post.objects.get(author=bob)
    assert post.source == "Ours stays dürr."
    assert (
        "Some characters in your mail were broken"
        in as_bob.get(post.thread.get_absolute_url()).content.decode()
    )


def test_attachment_is_left_out_and_the_author_reads_so(deliver, bob, to_opening):
    message = compose()
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="wall.png")
    assert deliver(message, to_opening) == "posted"
    assert ReceivedMail.objects.get().note == "1 attachment was left out."


def test_reply_to_a_post_that_was_moved_goes_where_the_post_is_now(
    deliver, bob, carol, reply, board
):
    address = reply_address(bob, reply)
    other = start_thread(board, author=carol, title="Elsewhere", source="Here.")
    target = Post.objects.get(thread=other)
    move_branch(reply, to=target, actor=carol, reason="There")
    assert deliver(compose("Still dry."), address) == "posted"
    assert Post.objects.get(source="Still dry.").thread == other


# -- Who sent it ----------------------------------------------------------------------------------

SIGNED_BY_OTHERS = [
    None,
    f"{HOST}; dkim=fail header.d=example.org; spf=softfail smtp.mailfrom=example.org",
    f"{HOST}; dkim=pass header.d=evil.example; spf=pass smtp.mailfrom=eve@evil.example",
    f"{HOST}; dkim=pass header.d=org",
    f"{HOST}; dkim=none (dkim=pass header.d=example.org)",
    f"{HOST}; spf=pass smtp.helo=example.org",
    "mx.evil.example; dkim=pass header.d=example.org",
    f"{HOST}; {'(' * 5000}",
    "; ;;",
]


@pytest.mark.parametrize("results", SIGNED_BY_OTHERS, ids=range(len(SIGNED_BY_OTHERS)))
def test_mail_that_our_server_does_not_vouch_for_is_not_posted(deliver, bob, to_opening, results):
    assert deliver(compose("Forged words.", results=results), to_opening) == (
        "refused with an answer"
    )
    assert not Post.objects.filter(author=bob).exists()
    assert answers()[0]["To"] == "bob@example.org"
    assert "Forged words" not in only_answer()


def test_result_that_a_sender_wrote_below_that_of_our_server_does_not_count(
    deliver, bob, to_opening
):
    content = compose(results=f"{HOST}; dkim=none; spf=fail smtp.mailfrom=example.org").as_bytes()
    forged = f"Authentication-Results: {AUTHENTIC}\n".encode()
    head, _blank, body = content.partition(b"\n\n")
    assert deliver(head + b"\n" + forged + b"\n" + body, to_opening) == "refused with an answer"
    assert not Post.objects.filter(author=bob).exists()


@pytest.mark.parametrize(
    "results",
    [
        f"{HOST}; dkim=pass header.i=@example.org",
        f"{HOST}; spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=bob@EXAMPLE.org",
        f"{HOST.upper()}; dkim=fail header.d=x.example; dkim=pass header.d=example.org",
    ],
)
def test_one_pass_for_the_domain_of_the_sender_is_enough(deliver, to_opening, results):
    assert deliver(compose(results=results), to_opening) == "posted"


def test_stranger_with_a_forwarded_notification_cannot_post(deliver, bob, to_opening):
    results = f"{HOST}; dkim=pass header.d=evil.example"
    eve = compose("Let me in.", sender="Eve <eve@evil.example>", results=results)
    assert deliver(eve, to_opening) == "refused with an answer"
    assert not Post.objects.filter(author=bob).exists()
    assert answers()[0]["To"] == "eve@evil.example"
    assert "Let me in." in only_answer()


def test_other_member_cannot_post_with_the_address_of_somebody_else(
    deliver, alice, bob, to_opening
):
    confirm(alice)
    assert deliver(compose(sender="alice@example.org"), to_opening) == "refused with an answer"
    assert Post.objects.filter(parent__isnull=False).count() == 0


@pytest.mark.parametrize(
    "sender",
    [
        "bob@example.org, eve@evil.example",
        "bob@example.org <eve@evil.example>",
        '"bob@example.org" <eve@evil.example>',
        "<>",
        "bob",
        "",
    ],
)
def test_mail_whose_sender_is_not_one_address_of_the_member_is_not_posted(
    deliver, bob, to_opening, sender
):
    content = compose(sender="SENDER@example.org").as_bytes()
    deliver(content.replace(b"SENDER@example.org", sender.encode()), to_opening)
    assert not Post.objects.filter(author=bob).exists()


def test_mail_with_two_senders_is_not_posted(deliver, bob, to_opening):
    content = b"From: bob@example.org\n" + compose(sender="eve@evil.example").as_bytes()
    deliver(content, to_opening)
    assert not Post.objects.filter(author=bob).exists()


@pytest.mark.parametrize(
    "headers",
    [
        "To: eve@evil.example",
        "To: eve@evil.example\nCc: ADDRESS",
        "To: ADDRESS\nTo: eve@evil.example",
        "To: eve@evil.example\nTo: ADDRESS",
        "Subject: none",
    ],
)
def test_signed_mail_to_somebody_else_cannot_be_sent_on_and_posted(bob, to_opening, headers):
    content = compose("A secret for Eve.").as_bytes()
    head = headers.replace("ADDRESS", to_opening).encode() + b"\n"
    assert receive(head + content, recipient=to_opening) == MailOutcome.ANSWERED
    assert not Post.objects.filter(author=bob).exists()
    assert answers()[0]["To"] == "bob@example.org"


def test_address_that_is_not_confirmed_is_not_enough(deliver, bob, to_opening):
    EmailAddress.objects.update(verified=False)
    assert deliver(compose(), to_opening) == "refused with an answer"
    assert not Post.objects.filter(author=bob).exists()


def test_unsigned_mail_of_strangers_is_not_answered(deliver, to_opening):
    assert deliver(compose(sender="eve@evil.example"), to_opening) == "dropped"
    assert answers() == []


@pytest.mark.parametrize(
    "local_part", ["reply+7.1a.aaaaaaaaaaaaaaaaaaaaaaaa", "reply+", "postmaster"]
)
def test_forged_address_is_answered_like_one_of_somebody_else(
    deliver, bob, opening, to_opening, local_part
):
    assert deliver(compose(), f"{local_part}@{HOST}") == "refused with an answer"
    assert "is for another account" in only_answer()


def test_address_of_an_erased_member_posts_nothing(deliver, bob, opening, to_opening):
    EmailAddress.objects.all().delete()
    User.objects.filter(pk=bob.pk).update(is_active=False, erased_at=timezone.now(), email="")
    assert deliver(compose(), to_opening) == "refused with an answer"
    assert not Post.objects.filter(author=bob).exists()


# -- Refused like a form --------------------------------------------------------------------------


def lock(opening, bob, carol):
    lock_thread(opening.thread, actor=carol, reason="Settled")


def hide(opening, bob, carol):
    hide_post(opening, actor=carol, reason="Rude")


def delete(opening, bob, carol):
    delete_post(opening, actor=opening.author)


def remove(opening, bob, carol):
    remove_thread(opening.thread, actor=carol, reason="Spam")


def suspend(opening, bob, carol):
    suspend_person(bob, actor=carol, reason="Shouting")


def silence(opening, bob, carol):
    silence_person(bob, board=opening.thread.board, actor=carol, reason="Muttering")


def slow_down(opening, bob, carol):
    reply_to(opening, author=bob, source="A first word.")
    enable_thread_slow_mode(opening.thread, actor=carol, reason="Calm", minutes=5)


def close(opening, bob, carol):
    Board.objects.update(closed_at=timezone.now())


ERRORS = [
    (lock, "This thread is locked: Settled"),
    (hide, "no longer exists"),
    (delete, "no longer exists"),
    (remove, "no longer exists"),
    (suspend, "Shouting"),
    (silence, "Muttering"),
    (slow_down, "Slow mode: one post every 5 minutes"),
    (close, "closed to new posts"),
]


@pytest.mark.parametrize(
    ("change", "reason"), ERRORS, ids=lambda each: getattr(each, "__name__", "")
)
def test_refused_mail_is_answered_with_the_reason_and_the_whole_text(
    deliver, bob, carol, opening, to_opening, change, reason
):
    change(opening, bob, carol)
    text = f"Ours stays dry.\n\n{ATTRIBUTION}\n\n> Does moss?"
    assert deliver(compose(text), to_opening) == "refused with an answer"
    assert not Post.objects.filter(source="Ours stays dry.").exists()
    assert reason in only_answer()
    assert text in only_answer()


def test_moderator_may_reply_in_a_locked_thread_by_mail_too(deliver, carol, opening):
    confirm(carol)
    lock_thread(opening.thread, actor=carol, reason="Settled")
    mail = compose("A last word.", sender="carol@example.org")
    assert deliver(mail, reply_address(carol, opening)) == "posted"


def test_mail_that_a_rule_holds_is_pending(deliver, bob, erin, to_opening):
    set_up(ReviewRule(kind=ReviewRule.Kind.WORDS, terms="casino"), actor=erin)
    assert deliver(compose("A casino on the wall."), to_opening) == "held for review"
    assert PendingPost.objects.get().source == "A casino on the wall."
    assert not Post.objects.filter(author=bob).exists()
    assert answers() == []


def test_rate_limit_of_posts_holds_for_mail_too(deliver, bob, to_opening):
    outcomes = [deliver(compose(f"Word {number}."), to_opening) for number in range(11)]
    assert outcomes == ["posted"] * 10 + ["refused with an answer"]
    assert "too often" in only_answer()


def test_new_members_have_their_limits_by_mail_too(deliver, bob, to_opening, settings):
    settings.NEW_MEMBER_POSTS = 5
    text = "https://a.example https://b.example https://c.example"
    assert deliver(compose(text), to_opening) == "refused with an answer"
    assert "New members can post 2 links" in only_answer()


def test_answer_says_that_it_is_automatic_and_belongs_to_its_mail(
    deliver, bob, opening, to_opening
):
    mail = compose(Subject="Re: Moss on the wall")
    Board.objects.update(closed_at=timezone.now())
    deliver(mail, to_opening)
    [answer] = answers()
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["In-Reply-To"] == mail["Message-ID"]
    assert answer["Subject"] == "Not posted: Re: Moss on the wall"
    assert deliver(answer, to_opening) == "dropped"


def test_nobody_gets_more_than_a_few_answers_a_day(deliver, bob, to_opening):
    Board.objects.update(closed_at=timezone.now())
    for _each in range(MAIL_ANSWERS.burst + 3):
        deliver(compose(), to_opening)
    assert len(answers()) == MAIL_ANSWERS.burst


# -- New threads ----------------------------------------------------------------------------------


def test_mail_to_a_board_starts_a_thread(deliver, bob, board):
    board.takes_mail = True
    board.save()
    mail = compose("How high?", Subject="=?utf-8?q?A_w=C3=A4ll?=")
    assert deliver(mail, board_address(board)) == "posted"
    thread = Thread.objects.get()
    assert (thread.title, thread.author, thread.board) == ("A wäll", bob, board)


@pytest.mark.parametrize(
    ("slug", "reason"), [("gardens", "can’t be started by mail"), ("nowhere", "no board")]
)
def test_board_that_takes_no_mail_gets_none(deliver, bob, board, slug, reason):
    assert board_address(board) is None
    assert deliver(compose(), f"board+{slug}@{HOST}") == "refused with an answer"
    assert reason in only_answer()
    assert not Thread.objects.exists()


def test_thread_needs_a_subject(deliver, bob, board):
    Board.objects.update(takes_mail=True)
    assert deliver(compose(Subject=""), f"board+gardens@{HOST}") == "refused with an answer"
    assert "no subject" in only_answer()


def test_stranger_cannot_start_a_thread(deliver, board):
    Board.objects.update(takes_mail=True)
    results = f"{HOST}; dkim=pass header.d=evil.example"
    mail = compose(sender="eve@evil.example", results=results)
    assert deliver(mail, f"board+gardens@{HOST}") == "refused with an answer"
    assert not Thread.objects.exists()


def test_administrator_lets_a_board_take_mail(as_erin, board):
    page = as_erin.get(f"/admin/forum/board/{board.pk}/change/").content.decode()
    assert 'name="takes_mail"' in page


# -- Bad mail -------------------------------------------------------------------------------------

AUTOMATIC = [
    {"Auto-Submitted": "auto-replied (vacation)"},
    {"X-Loop": "bob@example.org"},
    {"Precedence": "bulk"},
    {"List-Id": "<garden.lists.example.org>"},
    {"Return-Path": "<>"},
    {"X-Autoreply": "yes"},
    {"X-Plait-Reason": "reply"},
]


@pytest.mark.parametrize("headers", AUTOMATIC, ids=lambda headers: next(iter(headers)))
def test_automatic_mail_is_dropped_without_an_answer(deliver, bob, to_opening, headers):
    assert deliver(compose(**{k.replace("-", "_"): v for k, v in headers.items()}), to_opening) == (
        "dropped"
    )
    assert not Post.objects.filter(author=bob).exists()
    assert answers() == []


def test_mail_with_an_empty_envelope_sender_is_dropped(deliver, bob, to_opening):
    assert deliver(compose(), to_opening, sender="") == "dropped"
    assert deliver(compose(Auto_Submitted="no"), to_opening, sender="bob@example.org") == "posted"


def attachment_only() -> EmailMessage:
    message = compose("")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    return message


def calendar() -> EmailMessage:
    message = compose("Accepted")
    message.add_alternative("BEGIN:VCALENDAR", subtype="calendar", params={"method": "REPLY"})
    return message


def encrypted() -> EmailMessage:
    message = compose()
    message.set_content("-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----")
    return message


def winmail() -> EmailMessage:
    message = compose("")
    message.add_attachment(b"x", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    return message


def nested() -> bytes:
    """Return a mail with parts in parts, fifty deep."""
    head, _blank, _text = compose().as_bytes().partition(b"\nContent-Type")
    parts = b"".join(
        b'Content-Type: multipart/mixed; boundary="n%d"\n\n--n%d\n' % (level, level)
        for level in range(50)
    )
    return head + b"\n" + parts + b"Content-Type: text/plain\n\nDeep down.\n"


def large() -> EmailMessage:
    message = compose("A picture.")
    message.add_attachment(b"x" * 1024 * 1024, maintype="image", subtype="png", filename="wall.png")
    return message


def only_quote() -> EmailMessage:
    return compose(f"{ATTRIBUTION}\n\n> Does moss harm?\n")


BAD = [
    (attachment_only, "attachments but no text"),
    (calendar, "calendar"),
    (encrypted, "encrypted"),
    (winmail, "format of Outlook"),
    (nested, "too many parts"),
    (large, "larger than 1 MB"),
    (only_quote, "no text of your own"),
    (lambda: compose(""), "has no text"),
]


@pytest.mark.parametrize(("make", "reason"), BAD, ids=name_of)
def test_mail_that_cannot_be_posted_is_answered(deliver, bob, to_opening, make, reason):
    assert deliver(make(), to_opening) == "refused with an answer"
    assert reason in only_answer()
    assert not Post.objects.filter(author=bob).exists()


def test_answer_to_a_large_mail_has_its_text(deliver, bob, to_opening):
    deliver(large(), to_opening)
    assert "A picture." in only_answer()


def test_html_that_costs_too_much_is_given_up_and_answered(deliver, bob, to_opening, monkeypatch):
    monkeypatch.setattr("forum.lib.html_mail.SECONDS", 0.001)
    message = compose()
    message.set_content("<p>Ours stays <b>dry</b>.</p>", subtype="html")
    assert deliver(message, to_opening) == "refused with an answer"
    assert "<b>dry</b>" in only_answer()


@pytest.mark.parametrize(
    "html",
    ["<div>" * 100_000, "<table>" * 20_000, "<ul><li>" * 20_000, "<a " * 100_000, "&" * 500_000],
    ids=lambda html: html[:8],
)
def test_html_made_to_cost_much_ends_in_time(html):
    started = time.monotonic()
    with suppress(CannotConvert):
        markdown_from_html(html)
    assert time.monotonic() - started < 25


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\xff\xfe\x00",
        b"From: bob@example.org",
        b"Subject: =?unknown-charset?q?x?=\nFrom: =?utf-8?b?!!!?= <bob@example.org>\n\nx",
        b"From: bob@example.org\r\nContent-Type: multipart/mixed\r\n\r\n--\r\n",
        b"From: bob@example.org\nContent-Type: text/plain; charset=punycode\n\n" + b"a-" * 9999,
        b"From: bob@example.org\nContent-Transfer-Encoding: base64\n\n!!!!",
        b"From: bob@example.org\nMessage-ID: <a\r\n b>\n\nx",
    ],
    ids=range(9),
)
def test_broken_mail_ends_without_an_error(deliver, bob, to_opening, content):
    results = f"Authentication-Results: {AUTHENTIC}\n".encode()
    for mail in (content, results + content):
        assert deliver(mail, to_opening) in set(map(str, MailOutcome))


def test_line_breaks_in_headers_reach_no_header_of_the_answer(deliver, bob, to_opening):
    Board.objects.update(closed_at=timezone.now())
    content = compose(Subject="SUBJECT").as_bytes()
    forged = b"=?utf-8?q?Moss=0D=0ABcc:_eve=40evil.example?="
    assert deliver(content.replace(b"SUBJECT", forged), to_opening) == "refused with an answer"
    [answer] = answers()
    assert answer["Bcc"] is None
    assert OutgoingMail.objects.get().recipients == ["bob@example.org"]


# -- Once -----------------------------------------------------------------------------------------


def test_same_mail_is_posted_once_however_often_it_is_delivered(deliver, bob, to_opening):
    mail = compose()
    outcomes = [deliver(mail, to_opening) for _each in range(3)]
    assert outcomes == ["posted", "received before", "received before"]
    assert Post.objects.filter(author=bob).count() == 1


def test_mail_without_an_id_is_posted_once_too(deliver, bob, to_opening):
    mail = compose()
    del mail["Message-ID"]
    assert [deliver(mail, to_opening) for _each in range(2)] == ["posted", "received before"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_get_the_same_mail_at_once_post_it_once(bob, to_opening):
    content = compose(To=to_opening).as_bytes()
    outcomes = run_in_parallel(*[lambda: receive(content, recipient=to_opening)] * 4)
    assert sorted(map(str, outcomes)) == ["posted", *["received before"] * 3]
    assert Post.objects.filter(author=bob).count() == 1


@pytest.mark.django_db(transaction=True)
def test_refused_mail_that_two_workers_get_at_once_is_answered_once(bob, to_opening):
    Board.objects.update(closed_at=timezone.now())
    content = compose(To=to_opening).as_bytes()
    run_in_parallel(*[lambda: receive(content, recipient=to_opening)] * 4)
    assert len(answers()) == 1


def test_outage_asks_the_mail_server_to_try_again(deliver, bob, to_opening, monkeypatch):
    mail = compose()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE forum_receivedmail RENAME TO away")
    assert deliver(mail, to_opening) == "exit 75 of 75"


# -- What was left out ----------------------------------------------------------------------------

TOP_POSTED = f"No.\n\n{ATTRIBUTION}\n\n> Does moss\n> harm it?"


@pytest.fixture
def cut_post(deliver, bob, to_opening) -> Post:
    """Post a mail whose quote was left out."""
    deliver(compose(TOP_POSTED), to_opening)
    return Post.objects.get(author=bob)


def test_author_is_shown_how_much_was_left_out_and_nobody_else(as_bob, as_alice, cut_post):
    address = cut_post.thread.get_absolute_url()
    assert "4 lines of your mail were left out." in as_bob.get(address).content.decode()
    assert "left out" not in as_alice.get(address).content.decode()


def test_what_was_left_out_is_shown_to_its_author_alone(as_bob, as_alice, visitor, cut_post):
    address = f"/p/{cut_post.pk}/left-out/"
    assert "harm it?" in as_bob.get(address).content.decode()
    assert as_alice.get(address).status_code == 404
    assert as_alice.post(address).status_code == 404
    assert visitor.get(address).status_code == 302


def test_what_was_left_out_can_be_put_back_as_an_edit(as_bob, cut_post):
    address = f"/p/{cut_post.pk}/left-out/"
    assert as_bob.post(address).status_code == 302
    cut_post.refresh_from_db()
    assert cut_post.source == TOP_POSTED
    assert as_bob.get(address).status_code == 404
    assert "left out" not in as_bob.get(cut_post.thread.get_absolute_url()).content.decode()


def test_putting_back_is_refused_like_an_edit_and_loses_nothing(as_bob, carol, cut_post):
    lock_thread(cut_post.thread, actor=carol, reason="Settled")
    address = f"/p/{cut_post.pk}/left-out/"
    assert as_bob.post(address).status_code == 423
    assert "harm it?" in as_bob.get(address).content.decode()


def test_what_a_rule_would_hold_is_pending_when_it_is_put_back(as_bob, erin, cut_post):
    set_up(ReviewRule(kind=ReviewRule.Kind.WORDS, terms="wrote"), actor=erin)
    assert as_bob.post(f"/p/{cut_post.pk}/left-out/").status_code == 202
    assert PendingPost.objects.get().edits == cut_post


def test_what_was_left_out_is_deleted_after_thirty_days(as_bob, cut_post):
    ReceivedMail.objects.update(created_at=timezone.now() - timedelta(days=30, minutes=1))
    assert as_bob.get(f"/p/{cut_post.pk}/left-out/").status_code == 404
    sweep()
    assert not ReceivedMail.objects.exists()


def test_permanent_deletion_of_a_post_deletes_it_from_what_was_left_out(
    cut_post, opening, erin, carol
):
    ask_to_erase(opening, actor=erin, reason="His address")
    confirm_erasure(Erasure.objects.open().get(), actor=carol)
    assert ReceivedMail.objects.get().left_out == ""


def test_permanent_deletion_of_an_account_deletes_what_was_left_out(cut_post, bob, erin, carol):
    ask_to_anonymise(bob, actor=erin, reason="By letter")
    confirm_erasure(Erasure.objects.open().get(), actor=carol)
    assert not ReceivedMail.objects.exists()


def test_name_of_an_erased_member_is_deleted_from_what_others_left_out(
    cut_post, alice, erin, carol
):
    ask_to_anonymise(alice, actor=erin, reason="By letter")
    confirm_erasure(Erasure.objects.open().get(), actor=carol)
    assert ReceivedMail.objects.get().left_out == ""


def test_answer_is_deleted_once_it_was_sent(deliver, bob, to_opening):
    Board.objects.update(closed_at=timezone.now())
    deliver(compose(), to_opening)
    deliver_next(lambda _mail: None)
    assert not OutgoingMail.objects.exists()


# -- Mail of others -------------------------------------------------------------------------------


def as_reply(message: bytes, address: str, number: int) -> bytes:
    """Return a mail of the corpora as if bob had sent it to an address of ours."""
    head, _blank, body = message.replace(b"\r\n", b"\n").partition(b"\n\n")
    kept = re.findall(rb"^(?:content|mime|subject)[^\n]*\n(?:[ \t][^\n]*\n)*", head + b"\n", KEPT)
    own = compose(To=address).as_bytes().partition(b"\nSubject")[0]
    return (
        own
        + b"\nMessage-ID: <%d@x>\nTo: %s\n" % (number, address.encode())
        + b"".join(kept)
        + b"\n"
        + body
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", CORPORA)
def test_mail_of_the_corpora_is_posted_or_answered(bob, to_opening, name, settings):
    for number, message in enumerate(messages(name)):
        RateLimit.objects.all().delete()
        OutgoingMail.objects.all().delete()
        mail = as_reply(message, to_opening, number)
        started = time.monotonic()
        outcome = receive(mail, recipient=to_opening)
        assert time.monotonic() - started < 10
        if outcome == MailOutcome.POSTED:
            received = ReceivedMail.objects.latest("pk")
            found = f"{received.post.source}\n{received.left_out}"
            assert filled_lines(found) == filled_lines(read_text(mail).text)
        else:
            assert outcome == MailOutcome.ANSWERED, message[:200]
            assert OutgoingMail.objects.count() == 1


# -- Bounces --------------------------------------------------------------------------------------


def delivery_report(status: str, action: str = "failed") -> bytes:
    return f"""From: MAILER-DAEMON@mx.example.org
Subject: Undelivered
Message-ID: <{status}.{action}@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; bob@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user

--b--
""".encode()


COMPLAINT = b"""From: feedback@provider.example
Subject: Complaint
Message-ID: <complaint@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

A complaint.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: provider/1.0
Version: 1

--b--
"""


def test_permanent_bounce_is_recorded_once(deliver, bob):
    outcomes = [
        deliver(delivery_report("5.1.1"), bounce_address(bob), sender="") for _each in range(2)
    ]
    assert outcomes == ["a report on delivery", "received before"]
    assert Bounce.objects.get().member == bob


@pytest.mark.parametrize(("status", "action"), [("4.2.2", "failed"), ("4.4.1", "delayed")])
def test_temporary_bounce_counts_for_nothing(deliver, bob, status, action):
    deliver(delivery_report(status, action), bounce_address(bob), sender="")
    assert not Bounce.objects.exists()


def test_complaint_stops_mail_at_once(deliver, bob):
    assert deliver(COMPLAINT, bounce_address(bob)) == "a report on delivery"
    bob.refresh_from_db()
    assert bob.stopped_email == "bob@example.org"


def test_report_to_a_forged_address_is_dropped(deliver, bob):
    forged = f"bounce+{bob.pk}.{'a' * 24}@{HOST}"
    assert deliver(delivery_report("5.1.1"), forged, sender="") == "dropped"
    assert not Bounce.objects.exists()


def test_ordinary_mail_to_a_bounce_address_is_dropped(deliver, bob):
    assert deliver(compose(), bounce_address(bob)) == "dropped"


def test_mail_to_the_address_that_stops_mail_stops_it(deliver, bob):
    address = stop_address(bob, ["reply"])
    assert (
        deliver(compose(results=None, Auto_Submitted="auto-generated"), address) == "stopped mail"
    )
    choices = MailSettings.objects.for_member(bob)
    assert (choices.reply, choices.mention) == ("never", "now")
    forged = address.replace("stop+", "stop+1")
    assert deliver(compose(results=None), forged) == "dropped"


# -- Set-up ---------------------------------------------------------------------------------------


def test_command_needs_a_host_for_incoming_mail(deliver, settings):
    settings.INCOMING_MAIL_HOST = ""
    assert deliver(compose()) == "exit 78 of 75"


def test_mail_to_nobody_here_is_left_alone(deliver, bob):
    assert deliver(compose(To="somebody@example.org")) == ""


def test_closed_pipe_after_a_large_mail_is_no_error(monkeypatch, bob, to_opening):
    content = large().as_bytes() + b"x" * 3 * 1024 * 1024
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    call_command("receive_mail", to_opening, stderr=io.StringIO())
    assert sys.stdin.buffer.read() == b""
