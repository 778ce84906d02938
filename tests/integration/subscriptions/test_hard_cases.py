"""Following: limits, forged and stale forms, and targets that are gone, merged or renamed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client

from forum.actions.posts import reply_to
from forum.actions.subscriptions import subscribe
from forum.actions.tags import set_tags
from forum.actions.threads import start_thread
from forum.jobs.notifications import fan_out
from forum.models import (
    Board,
    Notification,
    PendingPost,
    Post,
    ReviewRule,
    Subscription,
    Tag,
    Thread,
    User,
)
from forum.models.subscriptions import MAX_SUBSCRIPTIONS
from forum.moderation.actions.branch_moves import merge_thread, split_branch
from forum.moderation.actions.pending_posts import approve_pending_post
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread
from tests.architecture.test_queries import count_queries
from tests.html import Page, press
from tests.integration.inbox.conftest import unread_inbox

HTMX = {"hx-request": "true"}
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def follow_many(member: User, board: Board, count: int) -> None:
    boards = Board.objects.bulk_create(
        Board(category=board.category, name=f"Shelf {n}", slug=f"shelf-{n}") for n in range(count)
    )
    Subscription.objects.bulk_create(
        Subscription(member=member, board=each, state="follow") for each in boards
    )


def test_limit_is_said_in_words_and_posting_goes_on(
    board: Board, opening: Post, bob: User, as_bob: Client
) -> None:
    follow_many(bob, board, MAX_SUBSCRIPTIONS)
    response = as_bob.post(f"/following/p{opening.pk}/follow/")
    assert response.status_code == 422
    assert "You follow and mute 5,000 things, as many as a member can." in Page(response)
    response = as_bob.post(f"/following/p{opening.pk}/follow/", headers=HTMX)
    assert response.status_code == 422
    assert Page(response).find('form.subscription [role="alert"]').text.startswith("You follow")
    reply_to(opening, author=bob, source="It can still be answered.")
    assert Subscription.objects.filter(member=bob).count() == MAX_SUBSCRIPTIONS
    # What is chosen already can be changed, and stopped.
    own = Subscription.objects.filter(member=bob)[0].board
    assert own
    assert subscribe(own, "mute", actor=bob) == "follow"
    assert subscribe(own, "stop", actor=bob) == "mute"
    subscribe(opening, "follow", actor=bob)


@pytest.mark.parametrize(
    ("target", "choice", "status"),
    [
        ("p999999999", "follow", 404),
        ("b999999999", "mute", 404),
        ("g999999999", "mute", 404),
        ("t999999999", "stop", 404),
        ("x1", "follow", 404),
        ("p0", "follow", 404),
        ("b{board}", "adore", 422),
        ("p{opening}", "follow", 302),
        ("t{thread}", "stop", 302),
    ],
)
def test_forged_targets_and_choices_are_refused(
    board: Board, opening: Post, as_bob: Client, target: str, choice: str, status: int
) -> None:
    key = target.format(board=board.pk, opening=opening.pk, thread=opening.thread_id)
    assert as_bob.post(f"/following/{key}/{choice}/").status_code == status


def test_buttons_pressed_twice_do_it_once(board: Board, as_bob: Client, bob: User) -> None:
    for choice, expected in (("mute", 1), ("mute", 1), ("stop", 0), ("stop", 0)):
        assert as_bob.post(f"/following/b{board.pk}/{choice}/").status_code == 302
        assert Subscription.objects.filter(member=bob).count() == expected


def test_undo_returns_to_what_was_chosen_before(board: Board, as_bob: Client, bob: User) -> None:
    as_bob.post(f"/following/b{board.pk}/mail/")
    response = press(as_bob, board.get_absolute_url(), "Mute this board", follow=True)
    form = Page(response).form("Undo")
    as_bob.post(form.action, form.fields)
    own = Subscription.objects.get(member=bob)
    assert (own.state, own.each_post_by_mail) == ("follow", True)


def test_stale_form_of_a_merged_thread_says_so(
    board: Board, opening: Post, as_bob: Client, carol: User, bob: User
) -> None:
    other = start_thread(board, author=carol, title="Lichen", source="What about lichen?")
    head = Post.objects.get(thread=other)
    merge_thread(other, into=opening.thread, actor=carol, reason="same")
    response = as_bob.post(f"/following/t{other.pk}/follow/")
    assert response.status_code == 410
    assert "This thread was merged into another one." in Page(response)
    # The form of its own page names the opening post, which is the head of a branch now.
    assert as_bob.post(f"/following/p{head.pk}/follow/").status_code == 302
    own = Subscription.objects.get(member=bob)
    assert (own.branch_id, own.thread_id) == (head.pk, opening.thread_id)


def test_thread_that_is_gone_is_listed_without_its_title_and_can_be_stopped(
    thread: Thread, opening: Post, as_bob: Client, bob: User, carol: User
) -> None:
    subscribe(opening, "follow", actor=bob)
    remove_thread(thread, actor=carol, reason="spam")
    page = Page(as_bob.get("/following/"))
    assert thread.title not in page.text
    assert page.headings[1:] == ["A thread that is gone"]
    assert as_bob.post(f"/following/p{opening.pk}/stop/").status_code == 302
    assert not Subscription.objects.filter(member=bob).exists()


def test_hidden_head_of_a_branch_is_listed_without_its_words(
    reply: Post, as_alice: Client, alice: User, carol: User
) -> None:
    subscribe(reply, "follow", actor=alice)
    hide_post(reply, actor=carol, reason="rude")
    page = Page(as_alice.get("/following/?show=branches"))
    assert "bricks" not in page.find("main ol").text
    assert "Branch of a removed post in Gardens" in page


def test_synonym_of_a_tag_keeps_its_followers_and_muting_wins(
    thread: Thread, opening: Post, bob: User, carol: User, erin: User
) -> None:
    fan_out()
    walls = Tag.objects.create(name="Walls", slug="walls")
    masonry = Tag.objects.create(name="Masonry", slug="masonry")
    set_tags(thread, [walls.pk])
    subscribe(masonry, "follow", actor=carol)
    subscribe(masonry, "follow", actor=erin)
    masonry.synonym_of = walls
    masonry.save()
    subscribe(walls, "mute", actor=erin)
    post = reply_to(opening, author=bob, source="About walls.")
    fan_out()
    assert unread_inbox(carol) == {post.pk: "follow"}
    assert unread_inbox(erin) == {}
    masonry.synonym_of = None
    masonry.save()
    apart = reply_to(opening, author=bob, source="And apart again.")
    fan_out()
    assert not Notification.objects.filter(post=apart, member=carol).exists()


def test_board_without_threads_can_be_deleted_with_its_followers(board: Board, bob: User) -> None:
    subscribe(board, "follow", actor=bob)
    board.delete()
    assert not Subscription.objects.exists()


def test_split_branch_is_followed_as_a_thread(
    reply: Post, as_alice: Client, alice: User, carol: User
) -> None:
    subscribe(reply, "follow", actor=alice)
    split_branch(reply, title="Of its own", actor=carol, reason="grew")
    thread = Post.objects.get(pk=reply.pk).thread
    page = Page(as_alice.get(thread.get_absolute_url()))
    assert "You follow this thread." in page.find("form.subscription")


def test_muted_thread_and_board_are_not_unread_and_still_found(
    board: Board, thread: Thread, opening: Post, reply: Post, as_carol: Client, carol: User
) -> None:
    User.objects.filter(pk=carol.pk).update(read_up_to=0, date_joined=LONG_AGO)
    for target in (opening, board):
        assert thread.title in Page(as_carol.get("/threads/unread/"))
        subscribe(target, "mute", actor=carol)
        unread = Page(as_carol.get("/threads/unread/"))
        assert thread.title not in unread.find("div.column").text
        row = Page(as_carol.get("/")).find("ol.list li")
        assert "Muted" in row
        assert "unread" not in row
        found = Page(as_carol.get("/search/?q=bricks"))
        assert thread.title in found
        assert "Muted" in found.find("main")
        subscribe(target, "stop", actor=carol)


def test_unmuting_makes_posts_unread_again(
    thread: Thread, opening: Post, reply: Post, as_carol: Client, carol: User
) -> None:
    address = f"/t/{thread.pk}/seen/"
    subscribe(reply, "mute", actor=carol)
    as_carol.post(address, {"numbers": str(opening.number)})
    assert "unread" not in Page(as_carol.get("/")).find("ol.list li")
    subscribe(reply, "stop", actor=carol)
    assert "1 unread" in Page(as_carol.get("/")).find("ol.list li")


@pytest.mark.slow
def test_page_of_all_that_is_followed_has_the_same_cost_at_any_length(
    board: Board, bob: User, as_bob: Client
) -> None:
    follow_many(bob, board, 10)
    few = count_queries(as_bob, "/following/")
    follow_more = Board.objects.bulk_create(
        Board(category=board.category, name=f"More {n}", slug=f"more-{n}") for n in range(4_000)
    )
    Subscription.objects.bulk_create(
        Subscription(member=bob, board=each, state="follow") for each in follow_more
    )
    assert few == count_queries(as_bob, "/following/") <= 12
    seen: set[str] = set()
    address = "/following/"
    for _ in range(3):
        page = Page(as_bob.get(address))
        seen |= {row["id"] for row in page.find_all("ol.list li")}
        address = "/following/" + page.link("Older")["href"]
    assert len(seen) == 150


@pytest.mark.slow
def test_thread_page_costs_a_member_who_follows_a_thousand_things_no_more_queries(
    board: Board, thread: Thread, reply: Post, bob: User, as_bob: Client
) -> None:
    address = thread.get_absolute_url()
    none = count_queries(as_bob, address)
    follow_many(bob, board, 1_000)
    assert count_queries(as_bob, address) == none


def test_erased_account_follows_nothing(opening: Post, bob: User, erin: User) -> None:
    from forum.moderation.erasure.anonymise import THEIRS

    subscribe(opening, "follow", actor=bob)
    assert (Subscription, "member") in THEIRS


def test_asked_members_follow_when_they_tick_the_box(
    opening: Post, as_bob: Client, bob: User
) -> None:
    press(as_bob, "/account/settings/", "Save", follow_own_posts="ask")
    address = f"/p/{opening.pk}/reply/"
    assert press(as_bob, address, "Post reply", source="Without the box.").status_code == 302
    assert not Subscription.objects.filter(member=bob).exists()
    form = Page(as_bob.get(address)).form("Post reply")
    as_bob.post(form.action, form.fields | {"source": "With the box.", "follow": "on"})
    assert Subscription.objects.get(member=bob).branch.author == bob


def test_box_that_was_ticked_for_a_pending_post_counts_when_it_is_approved(
    opening: Post, as_bob: Client, bob: User, carol: User
) -> None:
    ReviewRule.objects.create(kind="words", terms="box")
    press(as_bob, "/account/settings/", "Save", follow_own_posts="ask")
    for source, ticked in (("With the box.", {"follow": "on"}), ("Without the box.", {})):
        form = Page(as_bob.get(f"/p/{opening.pk}/reply/")).form("Post reply")
        as_bob.post(form.action, form.fields | {"source": source} | ticked)
    for pending in PendingPost.objects.of_member(bob).waiting():
        approve_pending_post(pending, actor=carol, reason="Fine")
    assert [each.branch.source for each in Subscription.objects.filter(member=bob)] == [
        "With the box."
    ]


def test_never_means_never(opening: Post, as_bob: Client, bob: User) -> None:
    press(as_bob, "/account/settings/", "Save", follow_own_posts="never")
    form = Page(as_bob.get(f"/p/{opening.pk}/reply/")).form("Post reply")
    as_bob.post(form.action, form.fields | {"source": "Once.", "follow": "on"})
    assert Post.objects.filter(author=bob).exists()
    assert not Subscription.objects.filter(member=bob).exists()
