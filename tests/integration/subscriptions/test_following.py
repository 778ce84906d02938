"""Following and muting boards, tags, threads and branches."""

from __future__ import annotations

from django.test import Client

from forum.actions.posts import reply_to
from forum.actions.subscriptions import subscribe
from forum.actions.threads import start_thread
from forum.jobs.notifications import fan_out
from forum.models import (
    Board,
    FanOut,
    ModerationAction,
    Notification,
    Post,
    Subscription,
    Tag,
    Thread,
    User,
)
from forum.moderation.actions.branch_moves import merge_thread
from forum.moderation.undo import undo
from tests.html import Page, press
from tests.integration.inbox.conftest import unread_inbox

HTMX = {"hx-request": "true"}


def choices(member: User) -> dict[str, str]:
    """Return what a member follows and mutes, by target."""
    return {each.target_key: each.choice for each in Subscription.objects.filter(member=member)}


def test_followers_of_a_branch_are_notified_by_the_worker(
    opening: Post, reply: Post, alice: User, bob: User, carol: User
) -> None:
    fan_out()
    subscribe(reply, "follow", actor=carol)
    below = reply_to(reply, author=alice, source="And in summer?")
    beside = reply_to(opening, author=bob, source="It depends.")
    assert unread_inbox(carol) == {}
    fan_out()
    assert not FanOut.objects.exists()
    assert unread_inbox(carol) == {below.pk: "follow"}
    assert not Notification.objects.filter(post=beside, member=carol).exists()


def test_menu_of_a_post_follows_and_stops(reply: Post, as_alice: Client, alice: User) -> None:
    menu = f"/p/{reply.pk}/menu/"
    Subscription.objects.all().delete()
    page = Page(press(as_alice, menu, "Follow this branch", follow=True))
    assert page.messages == ["Following. Undo"]
    assert choices(alice) == {f"p{reply.pk}": "follow"}
    press(as_alice, menu, "Mute this branch")
    assert choices(alice) == {f"p{reply.pk}": "mute"}
    press(as_alice, menu, "Unmute")
    assert choices(alice) == {}


def test_thread_board_and_tag_pages_have_the_buttons(
    thread: Thread, opening: Post, board: Board, as_bob: Client, bob: User
) -> None:
    tag = Tag.objects.create(name="Walls", slug="walls")
    press(as_bob, thread.get_absolute_url(), "Follow this thread")
    press(as_bob, board.get_absolute_url(), "Mute this board")
    press(as_bob, tag.get_absolute_url(), "Follow this tag")
    assert choices(bob) == {
        f"p{opening.pk}": "follow",
        f"b{board.pk}": "mute",
        f"g{tag.pk}": "follow",
    }
    page = Page(as_bob.get(thread.get_absolute_url()))
    assert (
        page.find("form.subscription").text
        == "You follow this thread. Stop following Mute this thread"
    )


def test_merged_thread_keeps_its_followers_and_undo_gives_them_back(
    board: Board, opening: Post, alice: User, bob: User, carol: User
) -> None:
    other = start_thread(board, author=bob, title="Lichen", source="What about lichen?")
    head = Post.objects.get(thread=other)
    fan_out()
    Subscription.objects.all().delete()
    subscribe(head, "follow", actor=carol)
    merge_thread(other, into=opening.thread, actor=carol, reason="same")
    own = Subscription.objects.get()
    assert (own.branch_id, own.thread_id) == (head.pk, opening.thread_id)
    below = reply_to(Post.objects.get(pk=head.pk), author=alice, source="It is fine.")
    reply_to(opening, author=alice, source="It is fine, too.")
    fan_out()
    assert set(Notification.objects.filter(member=carol).values_list("post", flat=True)) == {
        below.pk
    }
    undo(ModerationAction.objects.all()[0], actor=carol, reason="not the same")
    own = Subscription.objects.get(member=carol)
    assert (own.branch_id, own.thread_id) == (head.pk, other.pk)
