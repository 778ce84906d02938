"""Labels while trees grow: trees stay sound, siblings stay in order, and few posts are rewritten.

Labels are much closer together than in production, so that gaps run out.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.errors import Conflict, Invalid
from forum.models import Post, Thread
from forum.models import tree as labels
from forum.models.tree import TreeIsFull
from forum.moderation.actions.branch_moves import move_branch
from tests.sampling import examples

pytestmark = pytest.mark.slow

# The index of the next reply's parent among the posts in order of arrival.
PATTERNS: dict[str, Callable[[int, random.Random], int]] = {
    "chain": lambda count, _rng: count - 1,
    "fan": lambda _count, _rng: 0,
    "ping-pong": lambda count, _rng: max(0, count - 2),
    "newest three": lambda count, rng: rng.randrange(max(0, count - 3), count),
    "early": lambda count, _rng: min(3, count - 1),
    "anywhere": lambda count, rng: rng.randrange(count),
}


@pytest.fixture
def count_rewritten():
    """Return a function that counts the label changes of existing posts so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TEMPORARY SEQUENCE rewritten;
            CREATE FUNCTION pg_temp.count_rewritten() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM nextval('rewritten'); RETURN NULL; END $$;
            CREATE TRIGGER counted AFTER UPDATE OF lft, rght ON forum_post
              FOR EACH ROW EXECUTE FUNCTION pg_temp.count_rewritten()
            """
        )

    def count():
        with connection.cursor() as cursor:
            cursor.execute("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM rewritten")
            return cursor.fetchone()[0]

    return count


@pytest.fixture
def narrow_labels(monkeypatch):
    """Make trees small: room for about 250 posts, with little room for each branch."""
    monkeypatch.setattr(labels, "LABEL_BITS", 12)
    monkeypatch.setattr(labels, "ROOT_RIGHT", 1 << 12)
    monkeypatch.setattr(labels, "BRANCH_LIMIT", 64)


def grow_tree(thread, author, add_reply, pattern, count, seed=1):
    posts, rng = list(Post.objects.in_thread(thread)), random.Random(seed)
    with transaction.atomic():
        for _reply in range(count):
            posts.append(add_reply(posts[PATTERNS[pattern](len(posts), rng)], author))
    return posts


def are_siblings_in_order_of_time(thread):
    by_parent = {}
    for parent, number in Post.objects.in_thread(thread).values_list("parent_id", "number"):
        by_parent.setdefault(parent, []).append(number)
    return all(numbers == sorted(numbers) for numbers in by_parent.values())


@pytest.mark.parametrize("pattern", PATTERNS)
def test_tree_stays_sound_when_gaps_run_out(
    narrow_labels, thread, bob, add_reply, assert_trees_sound, count_rewritten, pattern
):
    posts = grow_tree(thread, bob, add_reply, pattern, 120)

    assert_trees_sound()
    assert are_siblings_in_order_of_time(thread)
    assert Post.objects.in_thread(thread).count() == len(posts) == 121
    if pattern in ("chain", "fan", "ping-pong"):
        assert count_rewritten() > 0  # otherwise the labels were too wide for this test


@pytest.mark.parametrize(
    ("pattern", "count", "most"), [("chain", 300, 12), ("ping-pong", 150, 12), ("fan", 100, 1)]
)
def test_replies_rewrite_few_posts_on_average(
    thread, bob, add_reply, assert_trees_sound, count_rewritten, pattern, count, most
):
    grow_tree(thread, bob, add_reply, pattern, count)

    assert count_rewritten() <= most * count
    assert_trees_sound()


def test_replies_fit_into_a_tree_without_gaps(
    thread, opening, bob, add_reply, assert_trees_sound, count_rewritten
):
    """The labels are 1, 2, 3 …, as django-mptt would assign them."""
    posts = grow_tree(thread, bob, add_reply, "anywhere", 40)
    dense = {}
    order = sorted(
        [(post.lft, post.pk, "lft") for post in Post.objects.in_thread(thread)]
        + [(post.rght, post.pk, "rght") for post in Post.objects.in_thread(thread)]
    )
    for position, (_label, pk, edge) in enumerate(order, start=1):
        dense.setdefault(pk, {})[edge] = position
    with transaction.atomic():
        Thread.objects.lock(thread.pk)
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE forum_post SET lft = %s + 10000, rght = %s + 10000 WHERE id = %s",
                [(edges["lft"], edges["rght"], pk) for pk, edges in dense.items()],
            )
    assert_trees_sound()

    for parent in (posts[0], posts[20], posts[-1]):
        reply_to(parent, author=bob, source="Where there is no room.")
        assert_trees_sound()
    assert are_siblings_in_order_of_time(thread)
    assert count_rewritten() >= len(posts)


@settings(
    max_examples=examples(10),
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["reply", "reply", "reply", "again", "move"]),
            st.integers(0, 10_000),
            st.integers(0, 10_000),
        ),
        min_size=10,
        max_size=45,
    )
)
def test_any_mixture_of_replies_and_moves_keeps_trees_sound(
    narrow_labels, board, bob, carol, add_reply, assert_trees_sound, steps
):
    roots = []
    for title in ("One", "Two"):
        thread = start_thread(board, author=bob, title=title, source="Here.")
        roots.append(Post.objects.get(thread=thread))
    posts, parent = list(roots), roots[0]
    parents = {root.pk: None for root in roots}
    for step, post_index, target_index in steps:
        if step == "move":
            branch, target = posts[post_index % len(posts)], posts[target_index % len(posts)]
            try:
                move_branch(branch, to=target, actor=carol, reason="tidying")
            except (Invalid, Conflict):
                continue  # below itself, or no change
            parents[branch.pk] = target.pk
            continue
        parent = parent if step == "again" else posts[post_index % len(posts)]
        with transaction.atomic():
            new = add_reply(Post.objects.get(pk=parent.pk), bob)
        posts.append(new)
        parents[new.pk] = parent.pk
    assert_trees_sound()
    ids = [post.pk for post in posts]
    assert dict(Post.objects.filter(pk__in=ids).values_list("pk", "parent_id")) == parents


def test_full_tree_raises_an_error_and_stays_sound(
    board, alice, bob, add_reply, assert_trees_sound, monkeypatch
):
    monkeypatch.setattr(labels, "LABEL_BITS", 9)
    monkeypatch.setattr(labels, "ROOT_RIGHT", 1 << 9)
    thread = start_thread(board, author=alice, title="Full", source="Soon.")
    posts = list(Post.objects.in_thread(thread))
    with pytest.raises(TreeIsFull, match=str(thread.pk)):
        for _reply in range(100):
            with transaction.atomic():
                posts.append(add_reply(posts[-1], bob))
    assert len(posts) > 20
    assert Post.objects.in_thread(thread).count() == len(posts)
    assert_trees_sound()
