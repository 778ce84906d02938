"""Moving, splitting and merging branches, and undoing these actions."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.threads import start_thread
from forum.errors import Conflict, Gone, Invalid, NotAllowed, UserError
from forum.models import ModerationAction, Post, Thread
from forum.moderation.actions.branch_moves import merge_thread, move_branch, split_branch
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.branch_transfer import undo_move
from forum.moderation.offers import offered_actions
from tests.moderation_actions import split_off
from tests.sampling import examples


def post_reply(post, author, source="Yes."):
    return reply_to(post, author=author, source=source)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def children(post):
    return list(Post.objects.filter(parent=post).order_by("lft"))


def last_action():
    return ModerationAction.objects.first()


# -- Moving ---------------------------------------------------------------------------------------


def test_branch_moves_to_the_end_of_another_posts_replies(
    opening, reply, alice, bob, carol, assert_sound
):
    below = post_reply(reply, alice)
    place = post_reply(opening, alice, "Another matter.")
    earlier_reply = post_reply(place, bob)
    number = reply.number

    action = move_branch(reply, to=place, actor=carol, reason="answers this one")

    assert children(fresh(place)) == [earlier_reply, reply]
    assert children(fresh(opening)) == [place]
    assert fresh(below).level == 3
    assert fresh(reply).number == number, "arrival in a thread is not changed within it"
    assert [effect.kind for effect in action.effects.order_by("kind")] == ["post", "thread"]
    assert_sound()


def test_branch_moves_into_another_thread(opening, reply, other_thread, alice, carol, assert_sound):
    below = post_reply(reply, alice)
    place = children(Post.objects.get(thread=other_thread, parent=None))[0]
    edit_post(below, actor=alice, source="Yes, and edited.")

    move_branch(reply, to=place, actor=carol, reason="about ivy")

    moved = fresh(reply)
    assert (moved.thread_id, moved.parent_id, moved.level) == (other_thread.pk, place.pk, 2)
    assert fresh(below).thread_id == other_thread.pk
    assert fresh(below).number > moved.number > fresh(place).number
    assert fresh(opening.thread).post_count == 1
    assert fresh(opening.thread).last_post_id == opening.pk
    assert fresh(other_thread).post_count == 5
    assert fresh(other_thread).title == "Ivy"
    assert_sound()
    post_reply(fresh(below), alice)
    post_reply(fresh(place), alice)
    assert_sound()


def test_thread_keeps_its_latest_reply_when_older_ones_move_in(opening, reply, other_thread, carol):
    latest = fresh(other_thread).last_post
    assert latest.pk > reply.pk
    move_branch(reply, to=latest, actor=carol, reason="about ivy")
    assert fresh(other_thread).last_post == latest
    assert fresh(other_thread).last_post_at == latest.created_at


def test_hidden_and_deleted_posts_of_a_branch_are_not_counted(
    opening, reply, other_thread, alice, bob, carol, assert_sound
):
    hidden, deleted = post_reply(reply, alice), post_reply(reply, alice)
    post_reply(hidden, bob)
    post_reply(deleted, bob)
    hide_post(hidden, actor=carol, reason="rude")
    delete_post(deleted, actor=alice)
    move_branch(reply, to=fresh(other_thread).last_post, actor=carol, reason="about ivy")
    assert fresh(other_thread).post_count == 3 + 3
    assert_sound()


def test_branch_does_not_move_below_itself(opening, reply, alice, carol, take_snapshot):
    below = post_reply(post_reply(reply, alice), alice)
    before = take_snapshot()
    for place in (reply, below):
        with pytest.raises(Invalid):
            move_branch(reply, to=place, actor=carol, reason="a knot")
    assert take_snapshot() == before
    assert not ModerationAction.objects.exists()


def test_opening_post_moves_only_with_its_thread(opening, other_thread, carol):
    with pytest.raises(Invalid):
        move_branch(opening, to=fresh(other_thread).last_post, actor=carol, reason="about ivy")


def test_moving_twice_is_one_action(opening, reply, other_thread, carol):
    place = fresh(other_thread).last_post
    first = move_branch(reply, to=place, actor=carol, reason="about ivy")
    assert move_branch(reply, to=place, actor=carol, reason="about ivy") == first
    assert ModerationAction.objects.count() == 1


def test_moving_needs_a_moderator_of_both_boards(
    opening, reply, other_thread, other_board, alice, bob, frank
):
    place = fresh(other_thread).last_post
    for person in (alice, bob):
        with pytest.raises(NotAllowed):
            move_branch(reply, to=place, actor=person, reason="mine")
    move_branch(reply, to=place, actor=frank, reason="about ivy")
    away = start_thread(other_board, author=alice, title="Slate", source="Slate?")
    with pytest.raises(NotAllowed):
        move_branch(reply, to=away.last_post, actor=frank, reason="about slate")
    with pytest.raises(NotAllowed):
        split_branch(reply, title="Slate", board=other_board, actor=frank, reason="about slate")
    with pytest.raises(NotAllowed):
        merge_thread(other_thread, into=away, actor=frank, reason="about slate")


def test_every_move_needs_a_reason(opening, reply, other_thread, carol, take_snapshot):
    before = take_snapshot()
    place = fresh(other_thread).last_post
    for move in (
        lambda: move_branch(reply, to=place, actor=carol, reason=" "),
        lambda: split_branch(reply, title="Bricks", actor=carol, reason=" "),
        lambda: merge_thread(opening.thread, into=other_thread, actor=carol, reason=" "),
    ):
        with pytest.raises(Invalid):
            move()
    assert take_snapshot() == before


def test_branch_can_be_moved_into_a_locked_thread(opening, reply, other_thread, carol):
    lock_thread(other_thread, actor=carol, reason="settled")
    move_branch(reply, to=fresh(other_thread).last_post, actor=carol, reason="about ivy")
    assert fresh(reply).thread_id == other_thread.pk


@pytest.mark.slow
def test_long_chain_and_wide_fan_move_in_few_queries(
    opening, other_thread, alice, carol, assert_sound, django_assert_max_num_queries
):
    head = tip = post_reply(opening, alice)
    for _ in range(30):
        tip = post_reply(tip, alice)
    for _ in range(30):
        post_reply(head, alice)
    with django_assert_max_num_queries(45):
        move_branch(head, to=fresh(other_thread).last_post, actor=carol, reason="about ivy")
    assert fresh(tip).level == 32
    assert_sound()


# -- Splitting ------------------------------------------------------------------------------------


def test_split_branch_becomes_a_thread(
    opening, reply, other_board, alice, bob, carol, assert_sound
):
    below = post_reply(reply, alice)
    thread = split_off(
        reply, title="  Wet  bricks ", board=other_board, actor=carol, reason="a matter of its own"
    )
    assert (thread.title, thread.board, thread.author) == ("Wet bricks", other_board, bob)
    assert (fresh(reply).parent, fresh(reply).level) == (None, 0)
    assert fresh(below).level == 1
    assert (thread.post_count, thread.last_post_id) == (2, below.pk)
    assert fresh(opening.thread).post_count == 1
    assert last_action().act == "split-branch"
    assert_sound()
    post_reply(fresh(below), alice)
    assert_sound()


def test_split_needs_a_title_and_a_reply(opening, reply, carol):
    with pytest.raises(Invalid):
        split_branch(reply, title=" ", actor=carol, reason="a matter of its own")
    with pytest.raises(Invalid):
        split_branch(opening, title="Bricks", actor=carol, reason="a matter of its own")
    assert Thread.objects.count() == 1


# -- Merging --------------------------------------------------------------------------------------


def test_merged_thread_becomes_a_branch_of_the_other_thread(
    opening, reply, other_thread, carol, assert_sound
):
    old = opening.thread
    merge_thread(old, into=other_thread, actor=carol, reason="the same question")
    root = Post.objects.get(thread=other_thread, parent=None)
    assert children(root)[-1] == opening
    assert fresh(reply).level == 2
    assert fresh(old).merged_into == other_thread
    assert (fresh(old).post_count, fresh(old).last_post) == (0, None)
    assert old not in Thread.objects.filter(merged_into=None)
    assert fresh(other_thread).post_count == 5
    assert_sound()


def test_reply_in_a_merged_thread_goes_to_the_other_thread(
    opening, reply, other_thread, alice, carol
):
    merge_thread(opening.thread, into=other_thread, actor=carol, reason="the same question")
    assert post_reply(reply, alice).thread == other_thread


def test_merging_is_offered_only_for_a_thread_that_is_there(opening, other_thread, erin):
    def is_offered(thread):
        return "merge" in {action.slug for action in offered_actions(fresh(thread), erin)}

    assert is_offered(opening.thread)
    merge_thread(opening.thread, into=other_thread, actor=erin, reason="the same question")
    assert not is_offered(opening.thread)

    assert is_offered(other_thread)
    remove_thread(other_thread, actor=erin, reason="not for this place")
    assert not is_offered(other_thread)


def test_merging_twice_is_one_action_and_merging_back_is_rejected(opening, other_thread, carol):
    old = opening.thread
    first = merge_thread(old, into=other_thread, actor=carol, reason="the same question")
    assert merge_thread(old, into=other_thread, actor=carol, reason="the same question") == first
    with pytest.raises(Gone):
        merge_thread(other_thread, into=old, actor=carol, reason="no, this way")
    with pytest.raises(Invalid):
        merge_thread(other_thread, into=other_thread, actor=carol, reason="a knot")


# -- Undoing --------------------------------------------------------------------------------------


def moves(opening, reply, other_thread, carol):
    """Return each kind of move as a function that does it."""
    place = fresh(other_thread).last_post
    return {
        "move-branch": lambda: move_branch(reply, to=place, actor=carol, reason="about ivy"),
        "split-branch": lambda: split_branch(reply, title="Wet", actor=carol, reason="apart"),
        "merge-thread": lambda: merge_thread(
            opening.thread, into=other_thread, actor=carol, reason="the same"
        ),
    }


@pytest.mark.parametrize(
    ("act", "inverse"),
    [
        ("move-branch", "move-branch"),
        ("split-branch", "merge-thread"),
        ("merge-thread", "unmerge-thread"),
    ],
)
def test_undo_restores_everything_and_writes_one_entry(
    opening, reply, other_thread, alice, bob, carol, take_snapshot, assert_sound, act, inverse
):
    post_reply(opening, bob, "Behind the reply.")
    edit_post(post_reply(reply, alice), actor=alice, source="Edited.")
    before = take_snapshot()

    moves(opening, reply, other_thread, carol)[act]()
    action = last_action()
    moved = take_snapshot()
    undone = undo_move(action, actor=carol, reason="a mistake")

    assert (undone.act, undone.undoes) == (inverse, action)
    after = take_snapshot()
    assert after["revisions"] == before["revisions"]
    assert after["posts"][:2] == before["posts"]
    assert after["threads"][:2] == before["threads"]
    assert all(posts == [] for posts in after["posts"][2:])
    assert undo_move(action, actor=carol, reason="twice") == undone
    assert ModerationAction.objects.count() == 2
    assert_sound()

    undo_move(undone, actor=carol, reason="no mistake after all")
    assert take_snapshot() == moved
    assert_sound()


def test_split_thread_redirects_back_when_the_split_is_undone(opening, reply, carol):
    thread = split_off(reply, title="Wet", actor=carol, reason="apart")
    undo_move(last_action(), actor=carol, reason="together after all")
    assert fresh(thread).merged_into == opening.thread
    assert fresh(reply).parent == opening


def test_undo_puts_a_branch_back_between_its_siblings(opening, other_thread, alice, bob, carol):
    first, second, third = (post_reply(opening, bob) for _ in range(3))
    for branch in (first, second, third):
        move_branch(branch, to=fresh(other_thread).last_post, actor=carol, reason="about ivy")
        fourth = post_reply(opening, alice)
        undo_move(last_action(), actor=carol, reason="a mistake")
        assert children(opening)[:3] == [first, second, third]
        assert children(opening)[-1] == fourth


def test_undo_also_moves_posts_that_were_added_to_the_branch(
    opening, reply, other_thread, alice, carol, assert_sound
):
    place = fresh(other_thread).last_post
    own = post_reply(place, alice, "Has been in the other thread before.")
    move_branch(reply, to=place, actor=carol, reason="about ivy")
    new = post_reply(reply, alice)
    edit_post(reply, actor=reply.author, source="Only in winter.")
    move_branch(own, to=reply, actor=carol, reason="answers this")
    post_reply(opening, alice, "Takes the number that comes next.")
    action = ModerationAction.objects.get(effects__target_id=reply.pk, effects__kind="post")

    undo_move(action, actor=carol, reason="a mistake")

    assert fresh(reply).number == reply.number
    assert {fresh(post).thread_id for post in (reply, new, own)} == {opening.thread_id}
    assert_sound()


def test_move_cannot_be_undone_after_a_later_move(
    opening, reply, other_thread, alice, carol, take_snapshot
):
    away = post_reply(fresh(other_thread).last_post, alice)
    move_branch(reply, to=away, actor=carol, reason="about ivy")
    first = last_action()
    move_branch(
        reply, to=Post.objects.get(thread=other_thread, parent=None), actor=carol, reason="higher"
    )
    before = take_snapshot()
    with pytest.raises(Conflict):
        undo_move(first, actor=carol, reason="a mistake")
    assert take_snapshot() == before


def test_undo_is_refused_when_the_old_place_moved_away(opening, reply, other_thread, alice, carol):
    below = post_reply(reply, alice)
    move_branch(below, to=opening, actor=carol, reason="higher")
    action = last_action()
    move_branch(reply, to=fresh(other_thread).last_post, actor=carol, reason="about ivy")
    with pytest.raises(Conflict):
        undo_move(action, actor=carol, reason="a mistake")


def test_undo_is_refused_when_the_old_place_is_below_now(opening, reply, alice, carol):
    place = post_reply(opening, alice)
    below = post_reply(reply, alice)
    move_branch(below, to=place, actor=carol, reason="there")
    action = last_action()
    move_branch(reply, to=below, actor=carol, reason="turned around")
    with pytest.raises(Invalid):
        undo_move(action, actor=carol, reason="a mistake")


def test_members_cannot_undo_moves(opening, reply, other_thread, alice, carol):
    move_branch(reply, to=fresh(other_thread).last_post, actor=carol, reason="about ivy")
    with pytest.raises(NotAllowed):
        undo_move(last_action(), actor=alice, reason="mine")


places = st.integers(min_value=0, max_value=1000)


@pytest.mark.slow
@settings(
    max_examples=examples(8),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    parents=st.lists(places, min_size=4, max_size=14),
    operations=st.lists(st.tuples(st.sampled_from("msx"), places, places), min_size=1, max_size=6),
)
def test_undoing_random_moves_in_reverse_restores_everything(
    opening, other_thread, alice, carol, take_snapshot, assert_sound, parents, operations
):
    with transaction.atomic():
        posts = list(Post.objects.order_by("pk"))
        for place in parents:
            posts.append(post_reply(posts[place % len(posts)], alice))
        before, threads = take_snapshot(), Thread.objects.count()
        actions = []
        for kind, post_index, to_index in operations:
            post, to = (fresh(posts[place % len(posts)]) for place in (post_index, to_index))
            try:
                with transaction.atomic():
                    if kind == "m":
                        move_branch(post, to=to, actor=carol, reason="anywhere")
                    elif kind == "s":
                        split_branch(post, title="Apart", actor=carol, reason="anywhere")
                    else:
                        merge_thread(post.thread, into=to.thread, actor=carol, reason="anywhere")
            except UserError:
                continue
            if last_action() not in actions:
                actions.append(last_action())
            assert_sound()
        for action in reversed(actions):
            undo_move(action, actor=carol, reason="nowhere")
            assert_sound()
        after = take_snapshot()
        assert after["posts"][:threads] == before["posts"]
        assert after["threads"][:threads] == before["threads"]
        assert after["revisions"] == before["revisions"]
        transaction.set_rollback(True)
