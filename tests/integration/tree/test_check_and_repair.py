"""The commands `check_trees`, which reports every kind of fault, and `repair`."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from forum.actions.posts import edit_post, reply_to
from forum.actions.threads import start_thread
from forum.models import Post, Thread
from forum.models.tree import faults
from forum.moderation.actions.post_hiding import hide_post


@pytest.fixture
def family(opening, bob, alice):
    """Return the posts of the tree a(b(c d(e)) f), by name."""
    posts = {"a": opening}
    for name, parent in zip("bfcde", "aabbd", strict=True):
        posts[name] = reply_to(posts[parent], author=bob, source=f"This is {name}.")
    return posts


@pytest.fixture
def other_thread(board, bob):
    """Start a second thread."""
    return start_thread(board, author=bob, title="Ivy", source="And ivy?")


GUARDS = """
post_edges post_root_level post_tree_is_thread post_lft post_rght post_number post_parent_in_thread
""".split()


def damage(statement, **values):
    """Change rows past the guards, like the database's owner; they are off until the test ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in GUARDS:
            cursor.execute(f"ALTER TABLE forum_post DROP CONSTRAINT IF EXISTS {name}")
        cursor.execute("DROP INDEX IF EXISTS post_one_root")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def tree_structure():
    return list(Post.objects.order_by("pk").values_list("pk", "parent_id", "level"))


FROM_F = "FROM (SELECT lft FROM forum_post WHERE id = %(f)s) AS f"
DAMAGES = {
    "at a wrong depth": [
        "UPDATE forum_post SET level = 7 WHERE id = %(c)s",
        "UPDATE forum_post SET lft = rght, rght = lft WHERE id = %(c)s",
        # Overlaps with the next sibling.
        f"UPDATE forum_post SET rght = f.lft + 1 {FROM_F} WHERE forum_post.id = %(b)s",
    ],
    "not inside their parent": [
        "UPDATE forum_post SET parent_id = %(f)s WHERE id = %(c)s",
        f"UPDATE forum_post SET lft = f.lft + 1, rght = f.lft + 2 {FROM_F} WHERE id = %(c)s",
    ],
    "two edges at one label": [
        f"UPDATE forum_post SET lft = f.lft {FROM_F} WHERE forum_post.id = %(e)s",
        "UPDATE forum_post SET rght = lft WHERE id = %(c)s",
    ],
    "in the tree of another thread": [
        "UPDATE forum_post SET tree_id = %(other)s WHERE id = %(e)s",
        "UPDATE forum_post SET tree_id = 999999 WHERE id = %(e)s",
    ],
    "posts, but not as many are counted": [
        "UPDATE forum_thread SET post_count = 99 WHERE id = %(thread)s",
    ],
    "posts, but another is the latest": [
        "UPDATE forum_thread SET last_post_id = %(a)s WHERE id = %(thread)s",
        "UPDATE forum_thread SET last_post_id = NULL WHERE id = %(thread)s",
    ],
    "posts, and the next number is taken": [
        "UPDATE forum_thread SET next_number = 3 WHERE id = %(thread)s",
        "UPDATE forum_thread SET next_number = 7 WHERE id = %(thread)s",  # a revision's
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "statement"), [(what, each) for what, some in DAMAGES.items() for each in some]
)
def test_fault_is_reported_and_repaired(
    family, other_thread, alice, assert_trees_sound, capsys, what, statement
):
    edit_post(family["a"], actor=alice, source="Edited: it has number 7.")
    expected = {pk: parent for pk, parent, _level in tree_structure()}
    thread = family["a"].thread_id
    damage(
        statement,
        thread=thread,
        other=other_thread.pk,
        **{n: p.pk for n, p in family.items()},
    )
    moved = {pk: parent for pk, parent, _level in tree_structure()} != expected

    with pytest.raises(CommandError) as raised:
        call_command("check_trees")
    assert raised.value.returncode == 1
    error_output = capsys.readouterr().err
    assert f"thread {thread}: " in error_output
    assert what in error_output
    assert f"thread {other_thread.pk}: " not in error_output

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    call_command("repair")
    assert capsys.readouterr().out == f"thread {thread}: repaired (6 posts)\n"
    assert_trees_sound()
    call_command("check_trees")
    assert capsys.readouterr().out == "All trees are sound (7 posts).\n"
    if not moved:
        assert {pk: parent for pk, parent, _level in tree_structure()} == expected
        assert [level for _pk, _parent, level in tree_structure()] == [0, 1, 1, 2, 2, 3, 0]


def test_hidden_posts_do_not_count_after_repair(family, carol):
    hide_post(family["e"], actor=carol, reason="spam")
    damage("UPDATE forum_thread SET post_count = 99, last_post_id = NULL, next_number = 1")
    call_command("repair", verbosity=0)
    thread = Thread.objects.get(pk=family["a"].thread_id)
    assert (thread.post_count, thread.last_post_id, thread.next_number) == (5, family["d"].pk, 8)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE forum_post SET parent_id = NULL WHERE id = %(f)s", "a tree has one root, not 2"),
        (
            "UPDATE forum_post SET parent_id = %(e)s WHERE id = %(b)s",
            "are not connected to the root",
        ),
        (
            "UPDATE forum_post SET parent_id = %(strange)s WHERE id = %(f)s",
            "are not connected to the root",
        ),
        ("DELETE FROM forum_post WHERE id = %(b)s", "are not connected to the root"),
    ],
    ids=["two roots", "a ring", "a parent in another thread", "a missing parent"],
)
def test_unrepairable_tree_is_reported_and_others_are_repaired(
    family, other_thread, capsys, statement, said
):
    other_opening = Post.objects.get(thread=other_thread)
    damage("UPDATE forum_thread SET post_count = 99 WHERE id = %(other)s", other=other_thread.pk)
    values = {name: post.pk for name, post in family.items()} | {"strange": other_opening.pk}
    damage(statement, **values)
    before = list(Post.objects.filter(thread=family["a"].thread_id).order_by("pk").values())

    with pytest.raises(CommandError):
        call_command("check_trees")
    with pytest.raises(CommandError, match="by hand"):
        call_command("repair")

    assert said in capsys.readouterr().err
    assert list(Post.objects.filter(thread=family["a"].thread_id).order_by("pk").values()) == before
    assert {fault.thread_id for fault in faults()} == {family["a"].thread_id}


def test_sound_trees_are_reported_as_sound(family, capsys):
    call_command("check_trees")
    call_command("repair")
    assert capsys.readouterr().out == "All trees are sound (6 posts).\nNothing to repair.\n"


def test_repair_of_a_sound_tree_keeps_the_order_of_posts(family, assert_trees_sound):
    from forum.actions.rebuild import rebuild_labels

    thread = family["a"].thread
    before = list(Post.objects.in_thread(thread).values_list("pk", "level"))
    assert rebuild_labels(thread.pk) == 6
    assert list(Post.objects.in_thread(thread).values_list("pk", "level")) == before
    assert_trees_sound()
