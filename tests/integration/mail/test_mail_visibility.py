"""The contents of mail: never a word that its reader could not read at the moment of sending."""

from __future__ import annotations

import pytest

from forum.actions.mail_settings import change_mail_settings
from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.threads import change_title
from forum.models import Post, User
from forum.moderation.actions.branch_hiding import remove_branch
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.actions.spammers import remove_spammer
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.actions.thread_removal import remove_thread
from tests.mail_server import MailServer

TOKEN = "quixotry"
SENTENCE = f"The word is {TOKEN}, said nobody before."


def hide(post: Post, carol: User) -> None:
    hide_post(post, actor=carol, reason="secret")


def hide_whole_branch(post: Post, carol: User) -> None:
    remove_branch(post, actor=carol, reason="secret")


def delete(post: Post, carol: User) -> None:
    delete_post(post, actor=post.author)


def edit_out(post: Post, carol: User) -> None:
    edit_post(post, actor=post.author, source="Something else entirely.")


def remove(post: Post, carol: User) -> None:
    remove_thread(post.thread, actor=carol, reason="secret")


def remove_with_spammer(post: Post, carol: User) -> None:
    remove_spammer(post.author, actor=carol, reason="spam")


STATES = [hide, hide_whole_branch, delete, edit_out, remove, remove_with_spammer]


@pytest.mark.parametrize("frequency", ["now", "daily"])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("is_sorted", [False, True], ids=["waiting", "in a mail"])
def test_text_is_not_mailed_in_any_state_but_readable(
    opening, alice, bob, carol, deliver, mail_server: MailServer, frequency, state, is_sorted
):
    change_mail_settings(alice, {"reply": frequency})
    post = reply_to(opening, author=bob, source=SENTENCE)
    if is_sorted:
        mail_server.handler.data_reply = "451 later"
        deliver()
        deliver()
        mail_server.handler.data_reply = "250 OK"
    state(post, carol)
    if frequency == "daily":
        deliver()
    deliver()
    assert all(TOKEN.encode() not in each.content for each in mail_server.handler.envelopes)


@pytest.mark.parametrize("frequency", ["now", "daily"])
def test_same_text_is_mailed_while_everybody_may_read_it(
    opening, alice, bob, carol, deliver, mail_server, frequency
):
    change_mail_settings(alice, {"reply": frequency})
    post = reply_to(opening, author=bob, source=SENTENCE)
    hide(post, carol)
    unhide_post(post, actor=carol, reason="all right")
    [message] = deliver() or deliver()
    assert TOKEN in message.get_body(("plain",)).get_content()
    assert TOKEN in message.get_body(("html",)).get_content()


@pytest.mark.parametrize("state", [hide, delete], ids=lambda state: state.__name__)
def test_words_of_an_unreadable_post_are_not_mailed_in_quotes_or_digests(
    opening, alice, bob, carol, erin, deliver, mail_server, state
):
    head = reply_to(opening, author=carol, source=SENTENCE)
    quoting = reply_to(head, author=bob, source=f"> {SENTENCE}\n\nIs it, @alice?")
    reply_to(quoting, author=carol, source=f"> > {SENTENCE}\n> \n> Is it, @alice?\n\nYes, @alice.")
    state(head, erin)
    change_mail_settings(alice, {"mention": "daily"})
    assert "alice@example.org" not in [each["To"] for each in deliver()]
    [digest] = [each for each in deliver() if each["To"] == "alice@example.org"]
    assert "2 new posts" in digest["Subject"]
    mailed = [each for each in mail_server.handler.messages if each["To"] == "alice@example.org"]
    assert all(TOKEN not in part.get_content() for each in mailed for part in each.iter_parts())


def test_suspended_member_is_mailed_nothing(opening, alice, bob, carol, deliver):
    reply_to(opening, author=bob, source=SENTENCE)
    suspend_person(alice, actor=carol, reason="spam")
    assert deliver() == []


def test_moderator_is_mailed_what_only_moderators_may_read_no_more_than_others(
    opening, bob, carol, deliver
):
    post = reply_to(opening, author=bob, source=f"@carol: {SENTENCE}")
    delete_post(post, actor=bob)
    assert deliver() == []


def test_title_is_mailed_as_it_is_at_the_moment_of_the_first_mail(
    opening, thread, alice, bob, deliver
):
    reply_to(opening, author=bob, source="First.")
    change_title(thread, "Moss", actor=alice, before=thread.title)
    [message] = deliver()
    assert message["Subject"] == "Re: [Plait] Moss"
