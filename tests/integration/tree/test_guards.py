"""Database guards: raw SQL that would break a tree or change the log is rejected."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F

from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.models import Board, Category, ModerationAction, ModerationEffect, Post, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from tests.fast_flush import KEPT, delete_all_rows

pytestmark = pytest.mark.django_db(transaction=True)

INSERT = """
INSERT INTO forum_post (thread_id, tree_id, parent_id, author_id, number, lft, rght, level,
                        latest_number, changed_number, branch_number,
                        created_at, source, html, excerpt)
VALUES (%(thread)s, %(tree)s, %(parent)s, %(author)s, 900, %(lft)s, %(rght)s, %(level)s,
        900, 900, 900, now(), '', '', '')
"""


def execute(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def execute_with_locks(*statements, threads):
    """Execute statements with the locks of `threads`; constraints are checked at commit."""
    with transaction.atomic():
        Thread.objects.lock(*threads)
        for statement, *values in statements:
            execute(statement, *values)


@pytest.fixture
def other_thread(board, bob):
    """Start a second thread."""
    return start_thread(board, author=bob, title="Ivy", source="And ivy?")


@pytest.fixture
def family(opening, alice, bob):
    """Return two replies to the opening post, and two replies to the first of them."""
    first = reply_to(opening, author=bob, source="First.")
    second = reply_to(opening, author=alice, source="Second.")
    child = reply_to(first, author=alice, source="Child.")
    sister = reply_to(first, author=bob, source="Sister.")
    return [Post.objects.get(pk=post.pk) for post in (first, second, child, sister)]


# -- Locks ----------------------------------------------------------------------------------------

WRITES = {
    "insert": "INSERT INTO forum_post (thread_id, tree_id, parent_id, author_id, number, lft, rght,"
    " latest_number, changed_number, branch_number, level, created_at, source, html, excerpt)"
    " SELECT thread_id, tree_id, id, author_id, 900, lft + 1, lft + 2, 900, 900, 900, level + 1,"
    " now(), '', '', '' FROM forum_post WHERE id = {id}",
    "lft": "UPDATE forum_post SET lft = lft + 1 WHERE id = {id}",
    "rght": "UPDATE forum_post SET rght = rght - 1 WHERE id = {id}",
    "level": "UPDATE forum_post SET level = level WHERE id = {id}",
    "parent": "UPDATE forum_post SET parent_id = parent_id WHERE id = {id}",
    "thread": "UPDATE forum_post SET thread_id = thread_id, tree_id = tree_id WHERE id = {id}",
    "delete": "DELETE FROM forum_post WHERE id = {id}",
}


NO_LOCK = "tree write without the lock"


def test_tree_cannot_be_changed_without_its_lock(reply, other_thread):
    for write in WRITES.values():
        with pytest.raises(IntegrityError, match=NO_LOCK):
            execute(write.format(id=reply.pk))
        with pytest.raises(IntegrityError, match=NO_LOCK):
            execute_with_locks([write.format(id=reply.pk)], threads=[other_thread.pk])


def test_tree_can_be_changed_with_its_lock(reply, assert_trees_sound):
    for name in ("lft", "rght", "level", "parent", "thread"):
        execute_with_locks([WRITES[name].format(id=reply.pk)], threads=[reply.thread_id])
    assert_trees_sound()


def test_lock_does_not_extend_to_threads_with_similar_ids(reply):
    with pytest.raises(IntegrityError, match=NO_LOCK), transaction.atomic():
        execute(
            "SELECT set_config('forum.locked', %s, true)",
            f",{reply.thread_id}0,1{reply.thread_id},",
        )
        execute(WRITES["lft"].format(id=reply.pk))


def test_moving_a_post_needs_the_locks_of_both_threads(reply, other_thread):
    root = Post.objects.get(thread=other_thread)
    move = (
        "UPDATE forum_post SET (thread_id, tree_id, parent_id, lft, rght) = (%s, %s, %s, %s, %s)"
        f" WHERE id = {reply.pk}"
    )
    move = (move, other_thread.pk, other_thread.pk, root.pk, root.lft + 1, root.lft + 2)
    for threads in ([other_thread.pk], [reply.thread_id]):
        with pytest.raises(IntegrityError, match=NO_LOCK):
            execute_with_locks(move, threads=threads)
    execute_with_locks(move, threads=[other_thread.pk, reply.thread_id])
    assert Post.objects.get(pk=reply.pk).thread_id == other_thread.pk


def test_lock_ends_with_its_transaction(reply):
    with transaction.atomic():
        Thread.objects.lock(reply.thread_id)
    with pytest.raises(IntegrityError, match=NO_LOCK):
        execute(WRITES["lft"].format(id=reply.pk))


def test_lock_ends_when_its_savepoint_is_rolled_back(reply):
    with transaction.atomic():
        point = transaction.savepoint()
        Thread.objects.lock(reply.thread_id)
        transaction.savepoint_rollback(point)
        with pytest.raises(IntegrityError, match=NO_LOCK), transaction.atomic():
            execute(WRITES["lft"].format(id=reply.pk))


def test_earlier_locks_remain_when_a_savepoint_is_rolled_back(reply, other_thread):
    with transaction.atomic():
        Thread.objects.lock(reply.thread_id)
        point = transaction.savepoint()
        Thread.objects.lock(other_thread.pk)
        transaction.savepoint_rollback(point)
        execute(WRITES["lft"].format(id=reply.pk))


def test_several_threads_can_be_locked_together(reply, other_thread):
    with transaction.atomic():
        Thread.objects.lock(reply.thread_id)
        Thread.objects.lock(other_thread.pk)
        execute(WRITES["lft"].format(id=reply.pk))
        execute("UPDATE forum_post SET level = 0 WHERE thread_id = %s", other_thread.pk)


def test_locking_a_missing_thread_raises(thread):
    for ids in ([404], [404, thread.pk]):
        with pytest.raises(Thread.DoesNotExist), transaction.atomic():
            Thread.objects.lock(*ids)


def test_thread_can_be_named_twice_in_one_lock(thread):
    with transaction.atomic():
        Thread.objects.lock(thread.pk, thread.pk)


def test_changes_of_text_and_times_need_no_lock(reply):
    Post.objects.filter(pk=reply.pk).update(
        source="x", html="x", excerpt="x", edited_at=F("created_at"), deleted_at=F("created_at")
    )
    reply.source = "y"
    reply.save(update_fields=["source"])
    assert Post.objects.get(pk=reply.pk).source == "y"


# -- Structure ------------------------------------------------------------------------------------


def test_broken_trees_are_rejected_at_commit_at_the_latest(
    family, opening, other_thread, assert_trees_sound
):
    first, second, child, sister = family
    update = "UPDATE forum_post SET {} WHERE id = %s"
    other_opening = Post.objects.get(thread=other_thread)
    broken = {
        "wrong level": (update.format("level = level + 1"), child.pk),
        "root below the top": (update.format("level = 1"), opening.pk),
        "reply at the top": (update.format("level = 0"), first.pk),
        "child right of its parent": (
            update.format("lft = %s, rght = %s"), first.rght + 1, first.rght + 2, child.pk,
        ),
        "child left of its parent": (
            update.format("lft = %s, rght = %s"), first.lft - 2, first.lft - 1, child.pk,
        ),
        "child across its parent's end": (update.format("rght = %s"), first.rght + 1, sister.pk),
        "parent that shrinks past its child": (update.format("rght = %s"), sister.lft, first.pk),
        "parent that starts after its child": (update.format("lft = %s"), child.rght + 1, first.pk),
        "root that ends before its replies": (update.format("rght = %s"), second.lft, opening.pk),
        "root that starts after them": (update.format("lft = %s"), first.rght + 1, opening.pk),
        "sibling across the next": (update.format("rght = %s"), second.lft + 1, first.pk),
        "sibling across the previous": (update.format("lft = %s"), first.rght - 1, second.pk),
        "sibling around the next": (update.format("rght = %s"), sister.rght + 1, child.pk),
        "sibling inside the previous": (
            update.format("lft = %s, rght = %s"), child.lft + 1, child.rght - 1, sister.pk,
        ),
        "parent alone": (update.format("parent_id = %s"), second.pk, child.pk),
        "parent alone, at the same level": (update.format("parent_id = %s"), second.pk, sister.pk),
        "parent and level alone": (
            update.format("parent_id = %s, level = 1"), opening.pk, child.pk,
        ),
        "post below itself": (update.format("parent_id = %s"), first.pk, first.pk),
        "ring": (update.format("parent_id = %s"), child.pk, first.pk),
        "root that hangs on its own reply": (
            update.format("parent_id = %s, level = 2"), first.pk, opening.pk,
        ),
        "second root": (update.format("parent_id = NULL, level = 0"), second.pk),
        "tree of another thread": (update.format("tree_id = %s"), other_thread.pk, second.pk),
        "parent in another thread": (update.format("parent_id = %s"), other_opening.pk, second.pk),
        "thread without its tree": (update.format("thread_id = %s"), other_thread.pk, second.pk),
        "thread and tree without a parent there": (
            update.format("thread_id = %s, tree_id = %s"),
            other_thread.pk, other_thread.pk, second.pk,
        ),
        "edges that meet": (update.format("rght = lft"), second.pk),
        "edges the wrong way round": (update.format("lft = rght, rght = lft"), second.pk),
        "label below zero": (update.format("lft = 0"), opening.pk),
        "label taken": (update.format("lft = %s"), second.lft, sister.pk),
        "no parent, no level": (update.format("parent_id = NULL"), child.pk),
        "number taken": (update.format("number = %s"), child.number, sister.pk),
        "parent deleted": ("DELETE FROM forum_post WHERE id = %s", first.pk),
    }  # fmt: skip
    accepted = []
    for name, statement in broken.items():
        try:
            execute_with_locks(statement, threads=[opening.thread_id, other_thread.pk])
        except IntegrityError:
            continue
        accepted.append(name)
    assert accepted == []
    assert_trees_sound()


def test_moving_a_post_without_its_replies_is_rejected(family, opening, alice):
    first, second, *_rest = family
    reply_to(second, author=alice, source="Below.")
    second.refresh_from_db()
    # The intervals nest and the head has the right level, but its replies keep their old ones.
    with pytest.raises(IntegrityError, match="left its replies behind"):
        execute_with_locks(
            ("UPDATE forum_post SET rght = %s WHERE id = %s", second.rght + 1, first.pk),
            ("UPDATE forum_post SET parent_id = %s, level = 2 WHERE id = %s", first.pk, second.pk),
            threads=[opening.thread_id],
        )


def test_new_reply_at_a_wrong_place_is_rejected(opening, alice):
    values = {
        "thread": opening.thread_id,
        "tree": opening.thread_id,
        "parent": opening.pk,
        "author": alice.pk,
    }

    def insert(lft, rght, level):
        with transaction.atomic(), connection.cursor() as cursor:
            Thread.objects.lock(opening.thread_id)
            place = {"lft": opening.lft + lft, "rght": opening.lft + rght, "level": level}
            cursor.execute(INSERT, values | place)

    for wrong_place in ((-1, 2, 1), (1, 2, 2), (1, 2, 0), (2, 1, 1)):
        with pytest.raises(IntegrityError):
            insert(*wrong_place)
    insert(1, 2, 1)


def test_tree_that_is_correct_at_commit_is_accepted(family, assert_trees_sound, opening):
    first, second, *_rest = family
    execute_with_locks(
        ("UPDATE forum_post SET rght = %s WHERE id = %s", second.lft + 1, first.pk),
        ("UPDATE forum_post SET rght = %s WHERE id = %s", first.rght, first.pk),
        threads=[opening.thread_id],
    )
    assert_trees_sound()


# -- The log --------------------------------------------------------------------------------------


@pytest.fixture
def log_entry(reply, carol):
    return hide_post(reply, actor=carol, reason="spam")


def test_log_entries_cannot_be_changed_or_deleted_with_sql(log_entry):
    attempts = [
        lambda: ModerationAction.objects.update(reason="nothing"),
        lambda: ModerationEffect.objects.update(after={}),
        lambda: ModerationEffect.objects.all().delete(),
    ]
    for table in ("forum_moderationaction", "forum_moderationeffect"):
        attempts.append(lambda table=table: execute(f"UPDATE {table} SET id = id"))
        attempts.append(lambda table=table: execute(f"DELETE FROM {table}"))
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="append-only"):
            attempt()
    assert ModerationAction.objects.get().effects.count() == 1


def test_log_entry_cannot_be_saved_again_or_deleted(log_entry):
    log_entry.reason = "nothing"
    with pytest.raises(DatabaseError, match="append-only"):
        log_entry.save()
    with pytest.raises(DatabaseError):
        log_entry.delete()
    assert ModerationAction.objects.get(pk=log_entry.pk).reason == "spam"


def test_deleting_all_rows_keeps_the_guards(log_entry, opening):
    delete_all_rows()

    counts = {model: model._base_manager.count() for model in apps.get_models()}
    assert {model for model, count in counts.items() if count} <= KEPT
    alice = User.objects.create_user("alice", "alice@example.org")
    board = Board.objects.create(category=Category.objects.create(name="A"), name="B", slug="b")
    thread = start_thread(board, author=alice, title="New", source="New.")
    with pytest.raises(DatabaseError):
        Post.objects.filter(thread=thread).update(lft=F("lft") + 1)


def test_flush_deletes_everything_and_keeps_low_ids_reserved(log_entry, board):
    call_command("flush", interactive=False, verbosity=0)

    assert not ModerationAction.objects.exists()
    assert not Post.objects.exists()
    call_command("loaddata", "seed_conversation", verbosity=0)
    new = User.objects.create_user("alice", "alice@example.org")
    thread = start_thread(Board.objects.get(), author=new, title="New", source="New.")
    assert min(new.pk, thread.pk, Post.objects.get(thread=thread).pk) >= 1000
