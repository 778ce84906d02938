"""Random actions on random trees: undoing them in reverse order restores everything."""

from __future__ import annotations

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.actions.drafts import Writing
from forum.actions.posts import reply_to
from forum.actions.premoderation import RuleMatch, hold_post
from forum.errors import UserError
from forum.models import ModerationAction, PendingPost, Post, ReviewRule, Revision, Thread, User
from forum.models.drafts import Purpose
from forum.moderation.actions.branch_moves import merge_thread, move_branch, split_branch
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.pending_posts import approve_pending_post, reject_pending_post
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.undo import undo
from tests.sampling import examples

REASON = {"reason": "anyhow"}
numbers = st.integers(min_value=0, max_value=1000)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def choose(posts, *places):
    return [fresh(posts[place % len(posts)]) for place in places]


def hold_replies(posts, *places):
    """Return pending replies to these posts."""
    hold_reason = RuleMatch(ReviewRule(kind="first", number=1), "1")
    fields = {"written": Writing("It waits."), "match": hold_reason}
    return [
        hold_post(Purpose(parent_id=post.pk), author=fresh(post.author), **fields)
        for post in choose(posts, *places)
    ]


# Each takes all posts, two numbers that choose its targets, and the actor.
ACTIONS = {
    "hide": lambda posts, a, b, actor: hide_post.together(
        choose(posts, a, b, a + b, 7), actor=actor, **REASON
    ),
    "lock": lambda posts, a, _, actor: lock_thread(
        choose(posts, a)[0].thread, actor=actor, **REASON
    ),
    "pin": lambda posts, a, _, actor: pin_thread(choose(posts, a)[0].thread, actor=actor, **REASON),
    "suspend": lambda posts, a, _, actor: suspend_person(
        choose(posts, a)[0].author, actor=actor, **REASON
    ),
    "move": lambda posts, a, b, actor: move_branch(
        choose(posts, a)[0], to=choose(posts, b)[0], actor=actor, **REASON
    ),
    "split": lambda posts, a, _, actor: split_branch(
        choose(posts, a)[0], title="Apart", actor=actor, **REASON
    ),
    "approve": lambda posts, a, b, actor: approve_pending_post.together(
        hold_replies(posts, a, b), actor=actor, **REASON
    ),
    "reject": lambda posts, a, b, actor: reject_pending_post.together(
        hold_replies(posts, a, b), actor=actor, **REASON
    ),
    "merge": lambda posts, a, b, actor: merge_thread(
        choose(posts, a)[0].thread, into=choose(posts, b)[0].thread, actor=actor, **REASON
    ),
}


def without_approved(snapshot):
    """Drop approved posts from a snapshot: undo hides them, and nothing counts them."""
    approved = set(PendingPost.objects.exclude(post=None).values_list("post", flat=True))
    revisions = set(Revision.objects.filter(post__in=approved).values_list("pk", flat=True))
    assert approved <= set(Post.objects.exclude(hidden_at=None).values_list("pk", flat=True))
    return snapshot | {
        "posts": [[row for row in rows if row[0] not in approved] for rows in snapshot["posts"]],
        "revisions": [row for row in snapshot["revisions"] if row[0] not in revisions],
    }


def snapshot_of_states(threads):
    """Return everything that actions set besides places and numbers."""
    return {
        "hidden": set(
            Post.objects.exclude(hidden_at=None)
            .exclude(pk__in=PendingPost.objects.exclude(post=None).values("post"))
            .values_list("pk", flat=True)
        ),
        "locked": set(threads.exclude(locked_at=None).values_list("pk", flat=True)),
        "pinned": set(threads.exclude(pinned_at=None).values_list("pk", flat=True)),
        "decided": set(PendingPost.objects.ended().values_list("pk", flat=True)),
        "suspended": set(User.objects.suspended().values_list("pk", flat=True)),
    }


@pytest.mark.slow
@settings(
    max_examples=examples(8),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    parents=st.lists(numbers, min_size=3, max_size=10),
    operations=st.lists(st.tuples(st.sampled_from(sorted(ACTIONS)), numbers, numbers), max_size=7),
)
def test_undoing_actions_in_reverse_restores_everything(
    opening, other_thread, alice, bob, carol, take_snapshot, assert_sound, parents, operations
):
    with transaction.atomic():
        posts = list(Post.objects.order_by("pk"))
        for place in parents:
            author = (alice, bob)[place % 2]
            posts.append(reply_to(posts[place % len(posts)], author=fresh(author), source="Yes."))
        threads = Thread.objects.filter(pk__in=[opening.thread_id, other_thread.pk])
        before, states_before = take_snapshot(), snapshot_of_states(threads)
        done = []
        for name, a, b in operations:
            try:
                with transaction.atomic():
                    ACTIONS[name](posts, a, b, carol)
            except UserError:
                continue
            latest = ModerationAction.objects.first()
            if latest is not None and latest not in done:
                done.append(latest)
            assert_sound()
        for action in reversed(done):
            assert undo(action, actor=carol, reason="a mistake").kept == []
            assert_sound()
        after = without_approved(take_snapshot())
        assert after["posts"][:2] == before["posts"]
        assert after["threads"][:2] == before["threads"]
        assert after["revisions"] == before["revisions"]
        assert snapshot_of_states(threads) == states_before
        transaction.set_rollback(True)
