"""Read state: recording what members have read, counting unread posts, and marking by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from forum.actions.posts import delete_post, edit_post
from forum.actions.read_state import mark_branch_read, mark_revisions_read, mark_unread_from
from forum.actions.threads import start_thread
from forum.models import ModerationAction, Post, ReadState, Revision, Thread, User
from forum.models.read_state import VISIT_LENGTH
from forum.moderation.actions.branch_moves import merge_thread, move_branch
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.branch_transfer import undo_move
from tests.html import Page
from tests.integration.threads.conftest import mark_all_read, open_page, unread_ids, write_reply
from tests.moderation_actions import split_off

HTMX = {"hx-request": "true"}


def tracked(page: Page) -> dict[int, int]:
    """Return the posts that become read once they are on the screen, with their numbers."""
    return {
        int(post.id[1:]): int(post["data-n"]) for post in page.posts if "data-n" in post.attributes
    }


# -- What is recorded -----------------------------------------------------------------------------


def test_first_visit_shows_no_unread_marks(as_alice: Client, reply: Post) -> None:
    page = open_page(as_alice, reply.thread)
    assert not any(post.is_unread for post in page.posts)
    assert not page.has(".unread-summary, [data-js-to-new]")
    assert tracked(page) == {reply.pk: reply.latest_number}  # not the member's own opening post


def test_after_reading_ten_of_fifty_posts_forty_are_unread_on_another_device(
    opening: Post, alice: User, as_alice: Client, bob: User
) -> None:
    posts = [write_reply(opening, bob, f"Number {n}.") for n in range(50)]
    open_page(as_alice, opening.thread)
    numbers = ",".join(str(post.number) for post in posts[:10])
    response = as_alice.post(f"/t/{opening.thread_id}/seen/", {"numbers": numbers})
    assert response.status_code == 200
    elsewhere = Client()
    elsewhere.force_login(alice)
    page = open_page(elsewhere, opening.thread)
    assert "40 unread" in page
    assert sum(post.is_unread for post in page.posts) == 40
    assert unread_ids(opening.thread, alice) == [post.pk for post in posts[10:]]


def test_own_posts_are_never_unread(opening: Post, alice: User, bob: User) -> None:
    mark_all_read(opening.thread, alice)
    own = write_reply(opening, alice)
    edit_post(own, actor=alice, source="Other words of my own.")
    other = write_reply(own, bob)
    assert unread_ids(opening.thread, alice) == [other.pk]


def test_hidden_post_is_unread_only_once_it_is_readable(
    opening: Post, reply: Post, alice: User, bob: User, carol: User
) -> None:
    mark_all_read(opening.thread, alice)
    hidden, deleted, visible = (write_reply(opening, bob, f"Number {n}.") for n in range(3))
    hide_post(hidden, actor=carol, reason="spam")
    delete_post(deleted, actor=bob)
    assert unread_ids(opening.thread, alice) == [visible.pk]
    unhide_post(hidden, actor=carol, reason="not spam")
    assert unread_ids(opening.thread, alice) == [hidden.pk, visible.pk]


def test_numbers_not_assigned_yet_are_not_recorded_as_read(
    opening: Post, alice: User, bob: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[-1, 0, 1, 5, 2**40])
    later = [write_reply(opening, bob, f"Number {n}.") for n in range(6)]
    assert unread_ids(opening.thread, alice) == [post.pk for post in later]


@pytest.mark.parametrize("typed", ["", "1,,x", "²", "9" * 400, "1;2", "-3", "1e3", ","])
def test_invalid_numbers_are_ignored(as_alice: Client, thread: Thread, typed: str) -> None:
    response = as_alice.post(f"/t/{thread.pk}/seen/", {"numbers": typed})
    assert response.status_code == 200


def test_visitors_have_no_read_state(visitor: Client, reply: Post) -> None:
    page = open_page(visitor, reply.thread)
    assert not tracked(page)
    assert "/served/" not in page.html
    assert visitor.post(f"/t/{reply.thread_id}/seen/", {"numbers": "1"}).status_code == 401
    assert visitor.get(f"/t/{reply.thread_id}/next/").status_code == 302


# -- Unread marks after a reload ------------------------------------------------------------------


def test_unread_mark_of_a_read_post_stays_during_the_visit_without_being_counted(
    opening: Post, alice: User, as_alice: Client, bob: User
) -> None:
    mark_all_read(opening.thread, alice)
    ReadState.objects.update(visited_at=timezone.now() - 2 * VISIT_LENGTH)
    first, second = (write_reply(opening, bob, f"Number {n}.") for n in range(2))
    assert "2 unread" in open_page(as_alice, opening.thread)
    mark_revisions_read(opening.thread, member=alice, numbers=[first.number])
    page = open_page(as_alice, opening.thread)
    assert "1 unread" in page
    assert sum(post.is_unread for post in page.posts) == 2
    assert len(tracked(page)) == 1
    ReadState.objects.update(visited_at=timezone.now() - 2 * VISIT_LENGTH)
    assert sum(post.is_unread for post in open_page(as_alice, opening.thread).posts) == 1
    assert unread_ids(opening.thread, alice) == [second.pk]


def test_thread_without_unread_posts_says_so(as_alice: Client, reply: Post, alice: User) -> None:
    mark_all_read(reply.thread, alice)
    ReadState.objects.update(visited_at="2026-03-02T12:00Z")
    assert "No unread posts" in open_page(as_alice, reply.thread)


# -- Edits ----------------------------------------------------------------------------------------


def end_grace_period(post: Post) -> None:
    """Make the last revision older than the time in which an edit replaces it."""
    Revision.objects.filter(post=post).update(created_at=timezone.now() - timedelta(hours=1))


def test_edit_of_a_read_post_makes_it_unread_and_shows_the_changes(
    opening: Post, reply: Post, alice: User, as_alice: Client, bob: User
) -> None:
    mark_all_read(opening.thread, alice)
    end_grace_period(reply)
    edit_post(reply, actor=bob, source="Only where the bricks stay dry all winter.")
    assert unread_ids(opening.thread, alice) == [reply.pk]
    page = open_page(as_alice, opening.thread)
    assert "edited since you read it" in page
    assert page.post(reply.pk).find("a.unread-mark").text.startswith("Changed")
    address = f"/p/{reply.pk}/history/?since={reply.number}"
    assert page.link("edited since you read it")["href"] == address
    assert page.link("edited since you read it")["hx-get"] == address
    difference = Page(as_alice.get(address, headers=HTMX))
    assert difference.is_fragment
    assert difference.texts("del") == ["removed: wet"]
    assert difference.texts("ins") == ["added: dry"]
    assert "Changes since you read it" in Page(as_alice.get(address))


def test_edit_in_the_grace_period_does_not_make_a_post_unread(
    opening: Post, reply: Post, alice: User, as_alice: Client, bob: User
) -> None:
    mark_all_read(opening.thread, alice)
    edit_post(reply, actor=bob, source="Only where the bricks stay dry all winter.")
    assert unread_ids(opening.thread, alice) == []


def test_post_edited_before_it_was_read_is_shown_as_unread_and_not_as_edited(
    opening: Post, reply: Post, alice: User, as_alice: Client, bob: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[opening.number])
    end_grace_period(reply)
    edit_post(reply, actor=bob, source="Only where the bricks stay dry all winter.")
    page = open_page(as_alice, opening.thread)
    assert "edited since you read it" not in page.html
    assert page.post(reply.pk).find("a.unread-mark").text.startswith("Unread")


# -- Marking by hand ------------------------------------------------------------------------------


def test_branch_can_be_marked_read_and_posts_from_one_onwards_unread(
    opening: Post, alice: User, as_alice: Client, bob: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[])
    first = write_reply(opening, bob, "One.")
    below = write_reply(first, bob, "Below one.")
    second = write_reply(opening, bob, "Two.")
    response = as_alice.post(f"/p/{first.pk}/read/")
    assert response.headers["Location"].endswith(f"#p{first.pk}")
    assert unread_ids(opening.thread, alice) == [second.pk]
    mark_all_read(opening.thread, alice)
    response = as_alice.post(f"/p/{below.pk}/unread/")
    assert response.headers["Location"] == opening.thread.board.get_absolute_url()
    assert unread_ids(opening.thread, alice) == [below.pk, second.pk]
    assert len(tracked(open_page(as_alice, opening.thread))) == 2
    response_page = as_alice.post(f"/p/{first.pk}/unread/", headers=HTMX)
    assert "Marked as unread" in Page(response_page)


def test_first_visit_can_mark_a_post_unread(opening: Post, reply: Post, alice: User) -> None:
    mark_unread_from(reply, member=alice)
    assert unread_ids(opening.thread, alice) == [reply.pk]


def test_thread_is_marked_read_by_a_form(
    opening: Post, reply: Post, alice: User, as_alice: Client
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[])
    response = as_alice.post(f"/t/{opening.thread_id}/seen/", {"all": "1"}, follow=True)
    assert "Marked as read." in Page(response)
    assert unread_ids(opening.thread, alice) == []


# -- Without scripts ------------------------------------------------------------------------------


def read_marker_url(page: Page) -> str:
    return page.find("noscript img")["src"]


def test_image_without_scripts_marks_the_served_posts_read(
    opening: Post, reply: Post, alice: User, as_alice: Client, bob: User
) -> None:
    address = read_marker_url(open_page(as_alice, opening.thread))
    later = write_reply(reply, bob, "Written after the page was served.")
    response = as_alice.get(address)
    assert response.headers["Content-Type"] == "image/gif"
    assert response.headers["Cache-Control"] == "no-store"
    assert unread_ids(opening.thread, alice) == [later.pk]
    assert not open_page(Client(), opening.thread).has("noscript img")


def test_image_of_another_member_or_thread_records_nothing(
    opening: Post, reply: Post, alice: User, bob: User, as_alice: Client, visitor: Client
) -> None:
    address = read_marker_url(open_page(as_alice, opening.thread))
    other = start_thread(opening.thread.board, author=bob, title="Another", source="Words.")
    as_bob = Client()
    as_bob.force_login(bob)
    for client, path in (
        (as_bob, address),
        (visitor, address),
        (as_alice, address.replace(f"/t/{opening.thread_id}/", f"/t/{other.pk}/")),
        (as_alice, f"{address}x"),
        (as_alice, address.partition("?")[0]),
    ):
        assert client.get(path).status_code == 404
    assert not ReadState.objects.exists()


# -- Moves ----------------------------------------------------------------------------------------


def test_read_posts_stay_read_when_a_branch_is_moved_and_moved_back(
    opening: Post, alice: User, bob: User, carol: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[])
    head = write_reply(opening, bob, "The head of a branch.")
    read_post, unread_post = write_reply(head, bob, "Seen."), write_reply(head, bob, "New.")
    mark_revisions_read(opening.thread, member=alice, numbers=[head.number, read_post.number])
    other = start_thread(opening.thread.board, author=bob, title="Another", source="Words.")
    target = Post.objects.get(thread=other)
    mark_revisions_read(other, member=alice, numbers=[target.number])
    action = move_branch(head, to=target, actor=carol, reason="belongs there")
    assert unread_ids(other, alice) == [unread_post.pk]
    undo_move(action, actor=carol, reason="no, here")
    assert unread_ids(opening.thread, alice) == [unread_post.pk]
    assert unread_ids(other, alice) == []
    split_thread = split_off(head, title="A thread of its own", actor=carol, reason="grew")
    assert unread_ids(split_thread, alice) == [unread_post.pk]
    merge_thread(split_thread, into=other, actor=carol, reason="the same")
    assert unread_ids(other, alice) == [unread_post.pk]
    assert ModerationAction.objects.count() == 4


def test_replies_after_marking_a_branch_read_are_unread(
    opening: Post, reply: Post, alice: User, bob: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[])
    mark_branch_read(reply, member=alice)
    later = write_reply(reply, bob, "Later.")
    assert unread_ids(opening.thread, alice) == [later.pk]
