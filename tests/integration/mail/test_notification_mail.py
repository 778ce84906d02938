"""Notification mail: who is mailed what, when, and in how many mails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from forum.actions.bounces import record_complaint
from forum.actions.ignores import ignore_person
from forum.actions.mail_settings import change_mail_settings
from forum.actions.notifications import fan_out_next, mark_notifications
from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.read_state import mark_thread_read
from forum.actions.subscriptions import subscribe
from forum.actions.threads import start_thread
from forum.jobs.mail import send_due_mail
from forum.models import MailSettings, Notification, NotificationMail, Post, Revision, User
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.actions.thread_removal import remove_thread
from tests.integration.mail.conftest import make_due


def text_of(message) -> str:
    return message.get_body(("plain",)).get_content()


def html_of(message) -> str:
    return message.get_body(("html",)).get_content()


def test_reply_is_mailed_to_the_member_it_replies_to(reply, deliver):
    [message] = deliver()
    assert message["To"] == "alice@example.org"
    assert message["From"] == '"bob via Plait" <forum@localhost>' or message["From"] == (
        "bob via Plait <forum@localhost>"
    )
    assert message["Subject"] == "Re: [Plait] Moss on the north wall"
    assert message["Message-ID"] == f"<p.{reply.pk}@localhost>"
    assert message["In-Reply-To"] == f"<p.{reply.parent_id}@localhost>"
    assert message["References"] == f"<p.{reply.parent_id}@localhost>"
    assert message["X-Plait-Reason"] == "reply"
    assert text_of(message).startswith("Only where the bricks stay wet all winter.\n\n-- \n")
    assert f"http://localhost:8000/p/{reply.pk}/" in text_of(message)
    assert deliver() == []
    assert not NotificationMail.objects.exists()


def test_nothing_is_mailed_within_ten_minutes(reply, mail_server):
    notify_followers()
    assert send_due_mail() == 0
    [row] = NotificationMail.objects.all()
    assert timedelta(minutes=9) < row.due_at - timezone.now() <= timedelta(minutes=10)


def test_text_comes_first_and_the_html_says_the_same(opening, bob, alice, deliver):
    reply_to(opening, author=bob, source="> Does moss harm the bricks?\n\nNot **much**.")
    [message] = deliver()
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert text_of(message).startswith(
        "alice wrote:\n> Does moss harm the bricks?\n\nNot **much**.\n"
    )
    html = html_of(message)
    assert "<p>alice wrote:</p>" in html
    assert "<strong>much</strong>" in html
    for tag in ("<img", "<link", "<script", "<style"):
        assert tag not in html


# -- What cancels a mail --------------------------------------------------------------------------


def see_in_thread(reply: Post, alice: User, carol: User) -> None:
    mark_thread_read(reply.thread, member=alice)


def see_in_inbox(reply: Post, alice: User, carol: User) -> None:
    ids = Notification.objects.values_list("pk", flat=True)
    mark_notifications(list(ids), member=alice, read=True)


def delete(reply: Post, alice: User, carol: User) -> None:
    delete_post(reply, actor=reply.author)


def hide(reply: Post, alice: User, carol: User) -> None:
    hide_post(reply, actor=carol, reason="off topic")


def remove(reply: Post, alice: User, carol: User) -> None:
    remove_thread(reply.thread, actor=carol, reason="off topic")


def suspend(reply: Post, alice: User, carol: User) -> None:
    suspend_person(alice, actor=carol, reason="spam")


def complain(reply: Post, alice: User, carol: User) -> None:
    record_complaint(alice)


def close_account(reply: Post, alice: User, carol: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)


def unconfirm(reply: Post, alice: User, carol: User) -> None:
    alice.emailaddress_set.update(verified=False)


def stop(reply: Post, alice: User, carol: User) -> None:
    change_mail_settings(alice, {"reply": "never"})


def stop_all(reply: Post, alice: User, carol: User) -> None:
    change_mail_settings(alice, {"is_off": True})


def ignore(reply: Post, alice: User, carol: User) -> None:
    ignore_person(reply.author, actor=alice)


CANCELS = [
    *(see_in_thread, see_in_inbox, delete, hide, remove, suspend, complain, close_account),
    *(unconfirm, stop, stop_all, ignore),
]


@pytest.mark.parametrize("cancel", CANCELS, ids=lambda function: function.__name__)
@pytest.mark.parametrize("is_sorted", [False, True], ids=["waiting", "in a mail"])
def test_nothing_is_mailed_that_need_not_or_may_not_be(
    reply, alice, carol, deliver, mail_server, cancel, is_sorted
):
    if is_sorted:  # its sending failed before
        mail_server.handler.data_reply = "451 later"
        assert deliver() == []
        assert NotificationMail.objects.get().mail
        mail_server.handler.data_reply = "250 OK"
    cancel(reply, alice, carol)
    assert deliver() == []
    assert not NotificationMail.objects.exists()


def test_mention_that_is_edited_away_is_not_mailed(opening, bob, carol, deliver):
    post = reply_to(opening, author=bob, source="What does @carol say?")
    edit_post(post, actor=bob, source="What do others say?")
    [message] = deliver()
    assert message["To"] == "alice@example.org"


def test_edited_post_is_mailed_as_it_is_now_and_once(reply, bob, deliver):
    Revision.objects.update(created_at=timezone.now() - timedelta(hours=1))
    edit_post(reply, actor=bob, source="Only in wet winters.")
    [message] = deliver()
    assert text_of(message).startswith("Only in wet winters.")
    edit_post(reply, actor=bob, source="Only in very wet winters.")
    assert deliver() == []


def test_mention_added_by_an_edit_is_mailed(reply, bob, carol, deliver):
    deliver()
    edit_post(reply, actor=bob, source="Only where it is wet, as @carol said.")
    [message] = deliver()
    assert (message["To"], message["X-Plait-Reason"]) == ("carol@example.org", "mention")


def test_words_that_the_reader_may_not_read_are_not_mailed(opening, bob, carol, erin, deliver):
    theirs = reply_to(opening, author=carol, source="The secret is to paint it with yoghurt.")
    reply_to(
        theirs, author=bob, source="> The secret is to paint it with yoghurt.\n\nDoes that help?"
    )
    deliver()
    answer = reply_to(
        opening, author=bob, source=("> The secret is to paint it with yoghurt.\n\nStrange advice.")
    )
    hide_post(theirs, actor=erin, reason="off topic")
    [message] = [each for each in deliver() if each["Message-ID"] == f"<p.{answer.pk}@localhost>"]
    for part in (text_of(message), html_of(message)):
        assert "yoghurt" not in part
        assert "Quoted text hidden with the post." in part
        assert "Strange advice." in part


# -- Bundles and digests --------------------------------------------------------------------------


def test_posts_of_one_thread_are_one_mail_oldest_first(opening, bob, carol, deliver):
    posts = [reply_to(opening, author=each, source=f"By {each}.") for each in (bob, carol, bob)]
    [message] = deliver()
    ids = [post.pk for post in posts]
    assert message["Message-ID"] == f"<b.{opening.author_id}.{ids[0]}.{ids[-1]}@localhost>"
    assert "bob and carol via Plait" in message["From"]
    text = text_of(message)
    places = [text.index(f"/p/{pk}/") for pk in ids]
    assert places == sorted(places)


def test_posts_within_the_window_go_with_the_first(opening, bob, mail_server):
    reply_to(opening, author=bob, source="First.")
    make_due()
    reply_to(opening, author=bob, source="Second.")
    notify_followers()
    send_due_mail()
    [message] = mail_server.handler.messages
    assert "First." in text_of(message)
    assert "Second." in text_of(message)
    assert not NotificationMail.objects.exists()


def test_mail_has_at_most_twenty_posts_and_counts_the_others(opening, bob, deliver):
    for number in range(34):
        reply_to(opening, author=bob, source=f"Post number {number}.")
    [message] = deliver()
    assert "Post number 19." in text_of(message)
    assert "Post number 20." not in text_of(message)
    assert "And 14 more posts:" in text_of(message)
    assert "And 14 more posts" in html_of(message)


def test_posts_of_two_threads_are_two_mails(board, opening, alice, bob, deliver):
    other = start_thread(board, author=alice, title="Ferns", source="Which ferns?")
    for post in (opening, Post.objects.get(thread=other)):
        reply_to(post, author=bob, source="Good question.")
    subjects = {message["Subject"] for message in deliver()}
    assert subjects == {"Re: [Plait] Moss on the north wall", "Re: [Plait] Ferns"}


def test_digest_is_one_mail_grouped_by_thread_and_branch(
    board, opening, alice, bob, carol, deliver
):
    change_mail_settings(alice, {"reply": "daily", "mention": "daily"})
    other = start_thread(board, author=alice, title="Ferns", source="Which ferns?")
    first = reply_to(opening, author=bob, source="First branch.")
    reply_to(Post.objects.get(thread=other), author=carol, source="All ferns.")
    reply_to(opening, author=bob, source="Second branch.")
    reply_to(first, author=carol, source="In the first branch, @alice.")
    # Put off until the hour that alice chose.
    assert "alice@example.org" not in [message["To"] for message in deliver()]
    [message] = deliver()
    assert message["Subject"] == "[Plait] 4 new posts for you"
    assert message["X-Plait-Reason"] == "reply, mention"
    text = text_of(message)
    order = ["Moss on the north wall", "First branch.", "In the first branch", "Second branch."]
    places = [text.index(words) for words in [*order, "Ferns", "All ferns."]]
    assert places == sorted(places)
    assert deliver() == []


def test_digest_without_unread_posts_is_not_sent(reply, alice, deliver):
    change_mail_settings(alice, {"reply": "daily"})
    assert deliver() == []
    mark_thread_read(reply.thread, member=alice)
    assert deliver() == []
    assert not NotificationMail.objects.exists()


def test_weekly_posts_that_are_not_due_stay_out_of_a_daily_digest(opening, alice, bob, mail_server):
    change_mail_settings(alice, {"reply": "daily", "mention": "weekly"})
    mine = reply_to(opening, author=bob, source="To you.")
    theirs = reply_to(mine, author=bob, source="For @alice.")
    make_due()
    send_due_mail()
    NotificationMail.objects.filter(digest="daily").update(due_at=timezone.now())
    send_due_mail()
    [message] = mail_server.handler.messages
    assert "To you." in text_of(message)
    assert NotificationMail.objects.get().post_id == theirs.pk


@pytest.mark.parametrize(
    ("frequency", "zone", "hour", "now", "due"),
    [
        ("daily", "UTC", 8, (2026, 12, 1, 7, 59), (2026, 12, 1, 8, 0)),
        ("daily", "UTC", 8, (2026, 12, 1, 8, 0), (2026, 12, 2, 8, 0)),
        ("daily", "Asia/Tokyo", 8, (2026, 12, 1, 7, 59), (2026, 12, 1, 23, 0)),
        ("weekly", "UTC", 8, (2026, 12, 1, 7, 0), (2026, 12, 7, 8, 0)),
        ("weekly", "UTC", 8, (2026, 12, 7, 7, 0), (2026, 12, 7, 8, 0)),
        ("weekly", "UTC", 8, (2026, 12, 7, 9, 0), (2026, 12, 14, 8, 0)),
        # The clock is set forward at two.
        ("daily", "Europe/Berlin", 8, (2027, 3, 27, 20, 0), (2027, 3, 28, 6, 0)),
        ("daily", "Europe/Berlin", 8, (2027, 3, 27, 4, 0), (2027, 3, 27, 7, 0)),
    ],
)
def test_digest_is_due_at_the_hour_of_the_members_zone(frequency, zone, hour, now, due):
    choices = MailSettings(hour=hour)
    moment = choices.next_digest(frequency, after=datetime(*now, tzinfo=UTC), zone=ZoneInfo(zone))
    assert moment.astimezone(UTC) == datetime(*due, tzinfo=UTC)


def test_posts_put_off_for_a_digest_follow_changed_settings(reply, alice, deliver, mail_server):
    change_mail_settings(alice, {"reply": "weekly"})
    assert deliver() == []
    change_mail_settings(alice, {"reply": "now"})
    send_due_mail()
    [message] = mail_server.handler.messages
    assert message["To"] == "alice@example.org"


# -- Following ------------------------------------------------------------------------------------


def notify_followers() -> None:
    while fan_out_next():
        pass


def follow_and_post(opening: Post, choice: str, carol: User, bob: User) -> list[Post]:
    """Let carol follow a thread, then post two replies that concern her for nothing else."""
    notify_followers()
    subscribe(opening, choice, actor=carol)
    posts = [reply_to(opening, author=bob, source=f"Number {number}.") for number in range(2)]
    notify_followers()
    return posts


def mailed_to(member: User, messages) -> list[str]:
    return [message["Message-ID"] for message in messages if message["To"] == member.email]


def test_posts_in_what_a_member_follows_come_in_a_digest(opening, bob, carol, deliver):
    first, last = follow_and_post(opening, "follow", carol, bob)
    assert mailed_to(carol, deliver()) == []
    assert mailed_to(carol, deliver()) == [f"<d.{carol.pk}.{first.pk}.{last.pk}@localhost>"]


def test_each_post_by_mail_is_a_mail_of_its_own_at_once(opening, bob, carol, deliver):
    posts = follow_and_post(opening, "mail", carol, bob)
    assert mailed_to(carol, deliver()) == [f"<p.{post.pk}@localhost>" for post in posts]


@pytest.mark.parametrize(
    ("choice", "changed", "is_mailed"),
    [
        ("mail", {"own_posts": True}, True),
        ("mail", {"own_posts": False}, False),
        ("mail", {"own_posts": True, "follow": "never"}, False),
        ("mail", {"own_posts": True, "is_off": True}, False),
        ("follow", {"own_posts": True}, False),
    ],
)
def test_own_posts_are_mailed_where_each_post_is_and_if_wanted(
    opening, reply, carol, deliver, choice, changed, is_mailed
):
    notify_followers()
    change_mail_settings(carol, changed)
    subscribe(opening, choice, actor=carol)
    own = reply_to(reply, author=carol, source="My own words.")
    notify_followers()
    mailed = [each for each in deliver() if each["To"] == carol.email]
    assert [each["Message-ID"] for each in mailed] == [f"<p.{own.pk}@localhost>"] * is_mailed
    if is_mailed:
        assert mailed[0]["In-Reply-To"] == f"<p.{reply.pk}@localhost>"
        assert "My own words." in mailed[0].get_body(["plain"]).get_content()


def test_own_post_that_has_been_hidden_is_not_mailed(opening, carol, erin, deliver):
    notify_followers()
    change_mail_settings(carol, {"own_posts": True})
    subscribe(opening, "mail", actor=carol)
    own = reply_to(opening, author=carol, source="My own words.")
    notify_followers()
    hide_post(own, actor=erin, reason="Off topic")
    assert mailed_to(carol, deliver()) == []


@pytest.mark.parametrize("choice", ["follow", "mail"])
def test_stopping_mail_about_what_is_followed_stops_each_post_too(
    opening, bob, carol, deliver, choice
):
    change_mail_settings(carol, {"follow": "never"})
    follow_and_post(opening, choice, carol, bob)
    assert mailed_to(carol, [*deliver(), *deliver()]) == []


def test_reply_that_was_mailed_is_not_mailed_again_to_its_follower(reply, alice, deliver):
    assert mailed_to(alice, deliver()) == [f"<p.{reply.pk}@localhost>"]
    notify_followers()
    assert mailed_to(alice, [*deliver(), *deliver()]) == []


def test_what_was_muted_since_is_not_mailed(reply, alice, deliver):
    subscribe(Post.objects.get(pk=reply.parent_id), "mute", actor=alice)
    assert deliver() == []
    assert not NotificationMail.objects.exists()


@pytest.mark.parametrize("passes", [True, False])
def test_mention_in_what_was_muted_since_is_mailed_to_members_who_chose_so(
    opening, bob, alice, deliver, passes
):
    User.objects.filter(pk=alice.pk).update(mentions_pass_mute=passes)
    start_thread(opening.thread.board, author=bob, title="Ivy", source="Hello @alice.")
    subscribe(opening.thread.board, "mute", actor=alice)
    assert len(deliver()) == passes
