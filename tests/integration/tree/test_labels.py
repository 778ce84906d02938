"""Labels under all kinds of growth: trees stay whole, siblings in order, and few posts are touched.

The patterns run on labels that are much closer together than real ones, so that gaps run out.
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

pytestmark = pytest.mark.slow

# Which of the posts so far, in order of arrival, the next reply answers.
PATTERNS: dict[str, Callable[[int, random.Random], int]] = {
    "chain": lambda count, _dice: count - 1,
    "fan": lambda _count, _dice: 0,
    "ping-pong": lambda count, _dice: max(0, count - 2),
    "newest three": lambda count, dice: dice.randrange(max(0, count - 3), count),
    "early": lambda count, _dice: min(3, count - 1),
    "anywhere": lambda count, dice: dice.randrange(count),
}


@pytest.fixture
def rewritten():
    """Call it for how many labels of posts that were there the database has rewritten so far."""
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
def narrow(monkeypatch):
    """Trees with room for some 250 posts only; a branch takes little."""
    monkeypatch.setattr(labels, "LABEL_BITS", 12)
    monkeypatch.setattr(labels, "ROOT_RIGHT", 1 << 12)
    monkeypatch.setattr(labels, "BRANCH_LIMIT", 64)


def grown(thread, author, grow, pattern, count, seed=1):
    posts, dice = list(Post.objects.in_thread(thread)), random.Random(seed)
    with transaction.atomic():
        for _reply in range(count):
            posts.append(grow(posts[PATTERNS[pattern](len(posts), dice)], author))
    return posts


def siblings_in_order_of_arrival(thread):
    by_parent = {}
    for parent, number in Post.objects.in_thread(thread).values_list("parent_id", "number"):
        by_parent.setdefault(parent, []).append(number)
    return all(numbers == sorted(numbers) for numbers in by_parent.values())


@pytest.mark.parametrize("pattern", PATTERNS)
def test_tree_stays_whole_when_gaps_run_out(narrow, thread, bob, grow, sound, rewritten, pattern):
    posts = grown(thread, bob, grow, pattern, 120)

    sound()
    assert siblings_in_order_of_arrival(thread)
    assert Post.objects.in_thread(thread).count() == len(posts) == 121
    if pattern in ("chain", "fan", "ping-pong"):
        assert rewritten() > 0  # else the labels were not narrow enough to prove anything


@pytest.mark.parametrize(
    ("pattern", "count", "most"), [("chain", 300, 12), ("ping-pong", 150, 12), ("fan", 100, 1)]
)
def test_reply_rewrites_few_posts_on_average(
    thread, bob, grow, sound, rewritten, pattern, count, most
):
    grown(thread, bob, grow, pattern, count)

    assert rewritten() <= most * count
    sound()


def test_replies_to_one_post_take_no_others_place_in_a_dense_tree(
    thread, opening, bob, grow, sound, rewritten
):
    """Labels 1, 2, 3 …, as stock django-mptt would have left them."""
    posts = grown(thread, bob, grow, "anywhere", 40)
    dense = {}
    order = sorted(
        [(post.lft, post.pk, "lft") for post in Post.objects.in_thread(thread)]
        + [(post.rght, post.pk, "rght") for post in Post.objects.in_thread(thread)]
    )
    for place, (_label, pk, edge) in enumerate(order, start=1):
        dense.setdefault(pk, {})[edge] = place
    with transaction.atomic():
        Thread.objects.lock(thread.pk)
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE forum_post SET lft = %s + 10000, rght = %s + 10000 WHERE id = %s",
                [(edges["lft"], edges["rght"], pk) for pk, edges in dense.items()],
            )
    sound()

    for parent in (posts[0], posts[20], posts[-1]):
        reply_to(parent, author=bob, source="Where there is no room.")
        sound()
    assert siblings_in_order_of_arrival(thread)
    assert rewritten() >= len(posts)


@settings(
    max_examples=10,
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
def test_any_mixture_of_replies_and_moves_keeps_trees_whole(
    narrow, board, bob, carol, grow, sound, steps
):
    roots = []
    for title in ("One", "Two"):
        thread = start_thread(board, author=bob, title=title, source="Here.")
        roots.append(Post.objects.get(thread=thread))
    posts, here = list(roots), roots[0]
    parents = {root.pk: None for root in roots}
    for step, which, where in steps:
        if step == "move":
            branch, target = posts[which % len(posts)], posts[where % len(posts)]
            try:
                move_branch(branch, to=target, actor=carol, reason="tidying")
            except (Invalid, Conflict):
                continue  # below itself, or where it is
            parents[branch.pk] = target.pk
            continue
        here = here if step == "again" else posts[which % len(posts)]
        with transaction.atomic():
            new = grow(Post.objects.get(pk=here.pk), bob)
        posts.append(new)
        parents[new.pk] = here.pk
    sound()
    ids = [post.pk for post in posts]
    assert dict(Post.objects.filter(pk__in=ids).values_list("pk", "parent_id")) == parents


def test_full_tree_says_so_and_stays_as_it_was(board, alice, bob, grow, sound, monkeypatch):
    monkeypatch.setattr(labels, "LABEL_BITS", 9)
    monkeypatch.setattr(labels, "ROOT_RIGHT", 1 << 9)
    thread = start_thread(board, author=alice, title="Full", source="Soon.")
    posts = list(Post.objects.in_thread(thread))
    with pytest.raises(TreeIsFull, match=str(thread.pk)):
        for _reply in range(100):
            with transaction.atomic():
                posts.append(grow(posts[-1], bob))
    assert len(posts) > 20
    assert Post.objects.in_thread(thread).count() == len(posts)
    sound()
