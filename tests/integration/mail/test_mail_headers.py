"""Headers of notification mail: the same on every mail, whatever is in names and titles."""

from __future__ import annotations

import re
from email.utils import getaddresses

import pytest

from forum.actions.mail_settings import change_mail_settings
from forum.actions.posts import reply_to
from forum.actions.threads import change_title, start_thread
from forum.models import Board, MailSubject, Post, Thread
from forum.moderation.actions.branch_moves import merge_thread
from forum.moderation.actions.titles import retitle_thread

NASTY = [
    "x\r\nBcc: everybody@example.org",
    "x\n\nA body",
    'Moss, "lime" <root@example.org>; (co) @here: \\',
    "苔と煉瓦の話をしよう、長い題名" * 6,
    "Грибы и мох на северной стене",
    "🌿" * 40,
    "=?utf-8?q?Moss?=",
    "a" * 900,
    "\u202eright to left",
]


@pytest.fixture(params=["one post", "bundle", "digest"])
def mail(request, opening, alice, bob, deliver):
    """Return a function that sends a mail of that kind about the opening post."""

    def send():
        if request.param == "digest":
            change_mail_settings(alice, {"reply": "daily"})
        for number in range(2 if request.param == "bundle" else 1):
            reply_to(opening, author=bob, source=f"Number {number}.")
        return (deliver() or deliver())[0]

    return send


def test_every_mail_has_the_headers_of_list_mail(mail, alice):
    message = mail()
    assert [address for _name, address in getaddresses([message["To"]])] == [alice.email]
    assert message["Cc"] is None
    assert re.fullmatch(r"<[pbd]\.[0-9.]+@localhost>", message["Message-ID"])
    assert re.fullmatch(r".+ <(board\.gardens|digest)\.localhost>", message["List-Id"])
    assert re.fullmatch(r"<http://localhost:8000/.*>", message["List-Archive"])
    assert re.fullmatch(
        r"<http://localhost:8000/mail/stop/\S+/>", message["List-Unsubscribe"].strip()
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Plait-Reason"] == "reply"
    assert message["Date"]
    assert getaddresses([message["From"]])[0][1] == "forum@localhost"
    if "digest" not in message["List-Id"]:
        opening = Post.objects.get(parent=None)
        assert message["In-Reply-To"] == f"<p.{opening.pk}@localhost>"
        assert message["References"] == f"<p.{opening.pk}@localhost>"


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_in_a_title_or_a_name_becomes_a_header(mail, thread, settings, mail_server, nasty):
    Thread.objects.filter(pk=thread.pk).update(title=nasty)
    Board.objects.update(name=nasty[:60])
    settings.SITE_NAME = " ".join(nasty.split())[:60]
    message = mail()
    assert message["Bcc"] is None
    assert message.get_body(("plain",)).get_content().count("-- \n") == 1
    assert [address for _name, address in getaddresses([message["To"]])] == ["alice@example.org"]
    assert getaddresses([message["From"]])[0][1] == "forum@localhost"
    assert message["List-Id"].endswith(".localhost>")
    if message["Message-ID"].startswith("<p") and "=?" not in nasty:
        assert " ".join(nasty.split()) in message["Subject"]
    [envelope] = mail_server.handler.envelopes
    head = envelope.content.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) < 998
    assert head.isascii()


def test_replies_go_to_the_signed_address_and_bounces_to_another(mail, settings, mail_server):
    settings.INCOMING_MAIL_HOST = "reply.example.org"
    message = mail()
    [envelope] = mail_server.handler.envelopes
    assert envelope.mail_from.startswith("bounce+")
    assert message["From"].endswith("<forum@localhost>")
    assert re.search(r", *\s*<mailto:stop\+[\w.]+@reply.example.org>$", message["List-Unsubscribe"])
    if message["Message-ID"].startswith("<d"):
        assert message["Reply-To"] is None
    else:
        assert message["Reply-To"].startswith("reply+")
        assert (
            "Reply to this mail to post a reply to bob."
            in message.get_body(("plain",)).get_content()
        )


def test_references_are_the_root_and_the_nearest_twenty_ancestors(opening, bob, alice, deliver):
    post, path = opening, [opening]
    for _ in range(30):
        post = reply_to(post, author=bob, source="Deeper.")
        path.append(post)
    deliver()
    reply_to(post, author=bob, source="The deepest, @alice.")
    [message] = [each for each in deliver() if each["References"]]
    expected = [path[0], *path[-20:]]
    assert message["References"].split() == [f"<p.{each.pk}@localhost>" for each in expected]
    assert message["In-Reply-To"] == f"<p.{post.pk}@localhost>"


def test_opening_post_has_no_references_and_no_re(board, bob, alice, deliver):
    start_thread(board, author=bob, title="Ferns", source="Which ferns, @alice?")
    [message] = deliver()
    assert message["Subject"] == "[Plait] Ferns"
    assert message["References"] is None
    assert message["In-Reply-To"] is None


# -- Subjects -------------------------------------------------------------------------------------


def test_subject_stays_when_the_author_changes_the_title(opening, thread, alice, bob, deliver):
    reply_to(opening, author=bob, source="First.")
    [first] = deliver()
    change_title(thread, "Moss everywhere", actor=alice, before=thread.title)
    reply_to(opening, author=bob, source="Second.")
    [second] = deliver()
    assert first["Subject"] == second["Subject"] == "Re: [Plait] Moss on the north wall"


def test_subject_stays_when_the_thread_is_merged_into_another(
    board, opening, thread, alice, bob, carol, deliver
):
    reply = reply_to(opening, author=bob, source="First.")
    deliver()
    other = start_thread(board, author=alice, title="All about moss", source="Everything.")
    target = Post.objects.get(thread=other)
    reply_to(target, author=bob, source="In the other thread.")
    [message] = deliver()
    assert message["Subject"] == "Re: [Plait] All about moss"
    merge_thread(thread, actor=carol, reason="the same", into=other)
    reply_to(Post.objects.get(pk=reply.pk), author=bob, source="Go on, @alice.")
    reply_to(Post.objects.get(pk=target.pk), author=bob, source="Go on, @alice.")
    subjects = {message["Subject"] for message in deliver()}
    assert "Re: [Plait] Moss on the north wall" in subjects


def test_title_that_a_moderator_changed_is_not_mailed_again(opening, thread, bob, carol, deliver):
    reply_to(opening, author=bob, source="First.")
    deliver()
    retitle_thread(thread, actor=carol, reason="abuse", title="Moss")
    reply_to(opening, author=bob, source="Second.")
    [message] = deliver()
    assert message["Subject"] == "Re: [Plait] Moss"
    assert not MailSubject.objects.filter(title__contains="north").exists()
