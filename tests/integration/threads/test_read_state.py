"""What is new in a thread: kept per member and post, counted on every handle, walked one by one."""

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
from tests.integration.threads.conftest import open_page, say, see_all, unread
from tests.moderation_actions import split_off

HTMX = {"hx-request": "true"}


def tracked(page: Page) -> dict[int, int]:
    """The posts that become read once they are on the screen, with the numbers that say so."""
    return {
        int(post.id[1:]): int(post["data-n"]) for post in page.posts if "data-n" in post.attributes
    }


# -- What is kept ---------------------------------------------------------------------------------


def test_on_the_first_visit_nothing_is_marked_and_everything_is_noted(
    as_alice: Client, reply: Post
) -> None:
    page = open_page(as_alice, reply.thread)
    assert not any(post.is_unread for post in page.posts)
    assert not page.has(".news, [data-js-to-new]")
    assert tracked(page) == {reply.pk: reply.latest_number}  # not one's own opening post


def test_ten_of_fifty_read_leaves_forty_new_on_another_device(
    opening: Post, alice: User, as_alice: Client, bob: User
) -> None:
    posts = [say(opening, bob, f"Number {n}.") for n in range(50)]
    open_page(as_alice, opening.thread)
    numbers = ",".join(str(post.number) for post in posts[:10])
    answer = as_alice.post(f"/t/{opening.thread_id}/seen/", {"numbers": numbers})
    assert answer.status_code == 200
    elsewhere = Client()
    elsewhere.force_login(alice)
    page = open_page(elsewhere, opening.thread)
    assert "40 unread" in page
    assert sum(post.is_unread for post in page.posts) == 40
    assert unread(opening.thread, alice) == [post.pk for post in posts[10:]]


def test_own_posts_are_never_new(opening: Post, alice: User, bob: User) -> None:
    see_all(opening.thread, alice)
    mine = say(opening, alice)
    edit_post(mine, actor=alice, source="Other words of my own.")
    theirs = say(mine, bob)
    assert unread(opening.thread, alice) == [theirs.pk]


def test_hidden_post_is_unread_only_once_it_is_readable(
    opening: Post, reply: Post, alice: User, bob: User, carol: User
) -> None:
    see_all(opening.thread, alice)
    hidden, gone, left = (say(opening, bob, f"Number {n}.") for n in range(3))
    hide_post(hidden, actor=carol, reason="spam")
    delete_post(gone, actor=bob)
    assert unread(opening.thread, alice) == [left.pk]
    unhide_post(hidden, actor=carol, reason="not spam")
    assert unread(opening.thread, alice) == [hidden.pk, left.pk]


def test_numbers_that_were_not_given_yet_are_not_seen(
    opening: Post, alice: User, bob: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[-1, 0, 1, 5, 2**40])
    later = [say(opening, bob, f"Number {n}.") for n in range(6)]
    assert unread(opening.thread, alice) == [post.pk for post in later]


@pytest.mark.parametrize("typed", ["", "1,,x", "²", "9" * 400, "1;2", "-3", "1e3", ","])
def test_odd_numbers_are_no_error(as_alice: Client, thread: Thread, typed: str) -> None:
    answer = as_alice.post(f"/t/{thread.pk}/seen/", {"numbers": typed})
    assert answer.status_code == 200


def test_visitors_are_marked_nothing(visitor: Client, reply: Post) -> None:
    page = open_page(visitor, reply.thread)
    assert not tracked(page)
    assert "/served/" not in page.html
    assert visitor.post(f"/t/{reply.thread_id}/seen/", {"numbers": "1"}).status_code == 401
    assert visitor.get(f"/t/{reply.thread_id}/next/").status_code == 302


# -- Marks over a reload --------------------------------------------------------------------------


def test_mark_stays_for_the_visit_and_counts_nothing_once_seen(
    opening: Post, alice: User, as_alice: Client, bob: User
) -> None:
    see_all(opening.thread, alice)
    ReadState.objects.update(visited_at=timezone.now() - 2 * VISIT_LENGTH)
    first, second = (say(opening, bob, f"Number {n}.") for n in range(2))
    assert "2 unread" in open_page(as_alice, opening.thread)
    mark_revisions_read(opening.thread, member=alice, numbers=[first.number])
    page = open_page(as_alice, opening.thread)
    assert "1 unread" in page
    assert sum(post.is_unread for post in page.posts) == 2
    assert len(tracked(page)) == 1
    ReadState.objects.update(visited_at=timezone.now() - 2 * VISIT_LENGTH)
    assert sum(post.is_unread for post in open_page(as_alice, opening.thread).posts) == 1
    assert unread(opening.thread, alice) == [second.pk]


def test_nothing_new_says_since_when(as_alice: Client, reply: Post, alice: User) -> None:
    see_all(reply.thread, alice)
    ReadState.objects.update(visited_at="2026-03-02T12:00Z")
    assert "No unread posts" in open_page(as_alice, reply.thread)


# -- Edited since ---------------------------------------------------------------------------------


def settle(post: Post) -> None:
    """Let the time in which an edit writes over what it corrects go by."""
    Revision.objects.filter(post=post).update(created_at=timezone.now() - timedelta(hours=1))


def test_edit_of_a_seen_post_joins_the_walk_and_shows_the_difference(
    opening: Post, reply: Post, alice: User, as_alice: Client, bob: User
) -> None:
    see_all(opening.thread, alice)
    settle(reply)
    edit_post(reply, actor=bob, source="Only where the bricks stay dry all winter.")
    assert unread(opening.thread, alice) == [reply.pk]
    page = open_page(as_alice, opening.thread)
    assert "edited since you read it" in page
    assert page.post(reply.pk).find("a.new").text.startswith("Changed")
    address = f"/p/{reply.pk}/history/?since={reply.number}"
    assert page.link("edited since you read it")["href"] == address
    assert page.link("edited since you read it")["hx-get"] == address
    difference = Page(as_alice.get(address, headers=HTMX))
    assert difference.is_fragment
    assert difference.texts("del") == ["removed: wet"]
    assert difference.texts("ins") == ["added: dry"]
    assert "Changes since you read it" in Page(as_alice.get(address))


def test_edit_in_grace_is_no_news(
    opening: Post, reply: Post, alice: User, as_alice: Client, bob: User
) -> None:
    see_all(opening.thread, alice)
    edit_post(reply, actor=bob, source="Only where the bricks stay dry all winter.")
    assert unread(opening.thread, alice) == []


def test_post_seen_first_after_its_edit_is_new_and_not_changed(
    opening: Post, reply: Post, alice: User, as_alice: Client, bob: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[opening.number])
    settle(reply)
    edit_post(reply, actor=bob, source="Only where the bricks stay dry all winter.")
    page = open_page(as_alice, opening.thread)
    assert "edited since you read it" not in page.html
    assert page.post(reply.pk).find("a.new").text.startswith("Unread")


# -- Said by hand ---------------------------------------------------------------------------------


def test_branch_is_marked_read_and_all_after_a_post_as_new(
    opening: Post, alice: User, as_alice: Client, bob: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[])
    first = say(opening, bob, "One.")
    below = say(first, bob, "Below one.")
    second = say(opening, bob, "Two.")
    answer = as_alice.post(f"/p/{first.pk}/read/")
    assert answer.headers["Location"].endswith(f"#p{first.pk}")
    assert unread(opening.thread, alice) == [second.pk]
    see_all(opening.thread, alice)
    answer = as_alice.post(f"/p/{below.pk}/unread/")
    assert answer.headers["Location"] == opening.thread.board.get_absolute_url()
    assert unread(opening.thread, alice) == [below.pk, second.pk]
    assert len(tracked(open_page(as_alice, opening.thread))) == 2
    said = as_alice.post(f"/p/{first.pk}/unread/", headers=HTMX)
    assert "Marked as unread" in Page(said)


def test_first_visit_can_mark_a_post_unread(opening: Post, reply: Post, alice: User) -> None:
    mark_unread_from(reply, member=alice)
    assert unread(opening.thread, alice) == [reply.pk]


def test_thread_is_marked_read_by_a_form(
    opening: Post, reply: Post, alice: User, as_alice: Client
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[])
    answer = as_alice.post(f"/t/{opening.thread_id}/seen/", {"all": "1"}, follow=True)
    assert "Marked as read." in Page(answer)
    assert unread(opening.thread, alice) == []


# -- Without scripts ------------------------------------------------------------------------------


def picture(page: Page) -> str:
    return page.find("noscript img")["src"]


def test_page_that_was_served_counts_as_seen_without_scripts(
    opening: Post, reply: Post, alice: User, as_alice: Client, bob: User
) -> None:
    address = picture(open_page(as_alice, opening.thread))
    later = say(reply, bob, "Written after the page was served.")
    answer = as_alice.get(address)
    assert answer.headers["Content-Type"] == "image/gif"
    assert answer.headers["Cache-Control"] == "no-store"
    assert unread(opening.thread, alice) == [later.pk]
    assert not open_page(Client(), opening.thread).has("noscript img")


def test_picture_of_somebody_else_or_another_thread_records_nothing(
    opening: Post, reply: Post, alice: User, bob: User, as_alice: Client, visitor: Client
) -> None:
    address = picture(open_page(as_alice, opening.thread))
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


def test_read_posts_stay_read_when_a_branch_moves_and_comes_back(
    opening: Post, alice: User, bob: User, carol: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[])
    head = say(opening, bob, "The head of a branch.")
    seen_one, new_one = say(head, bob, "Seen."), say(head, bob, "New.")
    mark_revisions_read(opening.thread, member=alice, numbers=[head.number, seen_one.number])
    other = start_thread(opening.thread.board, author=bob, title="Another", source="Words.")
    target = Post.objects.get(thread=other)
    mark_revisions_read(other, member=alice, numbers=[target.number])
    action = move_branch(head, to=target, actor=carol, reason="belongs there")
    assert unread(other, alice) == [new_one.pk]
    undo_move(action, actor=carol, reason="no, here")
    assert unread(opening.thread, alice) == [new_one.pk]
    assert unread(other, alice) == []
    apart = split_off(head, title="A thread of its own", actor=carol, reason="grew")
    assert unread(apart, alice) == [new_one.pk]
    merge_thread(apart, into=other, actor=carol, reason="the same")
    assert unread(other, alice) == [new_one.pk]
    assert ModerationAction.objects.count() == 4


def test_mark_branch_read_takes_what_is_there_now(
    opening: Post, reply: Post, alice: User, bob: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[])
    mark_branch_read(reply, member=alice)
    later = say(reply, bob, "Later.")
    assert unread(opening.thread, alice) == [later.pk]
