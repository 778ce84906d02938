"""The version of what visitors see: it changes with every commit that they could notice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import connection

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.tags import tag_thread
from forum.actions.threads import start_thread
from forum.models import Board, ModerationAction, Post, Tag, Thread, User
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.undo import undo
from forum.queries.content_version import fetch_content_version

pytestmark = pytest.mark.django_db(transaction=True)

# Tables that no page for visitors shows anything of, except with a post or an action.
NOT_SHOWN = {
    *("forum_report", "forum_notification", "forum_moderationnotification", "forum_restriction"),
    *("forum_appeal", "forum_reviewrule", "forum_pendingpost", "forum_draft", "forum_erasure"),
    *("forum_ratelimit", "forum_outgoingmail", "forum_readstate", "forum_readmark"),
    *("forum_reasontemplate", "forum_case", "forum_contentversion"),
    *("forum_bounce", "forum_mailsettings", "forum_mailsubject", "forum_notificationmail"),
    "forum_feedtoken",
    "forum_bookmark",
    "forum_fanout",
    "forum_subscription",
    "forum_ignore",
    "forum_receivedmail",
}
# Columns of posts that change without anything to see: the place in the tree follows from others.
NOT_SHOWN_COLUMNS = {"id", "branch_number", "nonce", "tree_id", "lft", "rght"}


@pytest.fixture
def other(board: Board, bob: User) -> Thread:
    """Start a thread that has nothing to do with the first."""
    return start_thread(board, author=bob, title="Ivy on the shed", source="Ivy is green.")


def test_each_visible_change_of_a_thread_changes_its_version_and_that_of_the_site(
    thread: Thread, opening: Post, reply: Post, other: Thread, carol: User, alice: User, bob: User
) -> None:
    def undo_hiding() -> None:
        undo(ModerationAction.objects.get(act="hide-post"), actor=carol, reason="A mistake")

    changes: list[Callable[[], object]] = [
        lambda: reply_to(reply, author=alice, source="It does not."),
        lambda: edit_post(reply, actor=bob, source="Only where they stay wet."),
        lambda: hide_post(reply, actor=carol, reason="Rude"),
        undo_hiding,
        lambda: lock_thread(thread, actor=carol, reason="Settled"),
        lambda: delete_post(reply, actor=bob),
    ]
    for change in changes:
        before = [fetch_content_version(thread.pk), fetch_content_version()]
        elsewhere = fetch_content_version(other.pk)
        change()
        after = [fetch_content_version(thread.pk), fetch_content_version()]
        assert all(new != old for new, old in zip(after, before, strict=True)), change
        assert fetch_content_version(other.pk) == elsewhere, change


def test_a_quote_from_another_thread_changes_the_version_of_both(
    thread: Thread, opening: Post, other: Thread, bob: User, alice: User, carol: User
) -> None:
    first = Post.objects.get(thread=other)
    before = fetch_content_version(thread.pk)
    quoting = reply_to(first, author=bob, source="> Does moss harm the bricks?\n\nSo alice asked.")
    if not quoting.quotes.filter(source_post=opening).exists():
        quoting.quotes.create(
            ordinal=0,
            source_post=opening,
            source_revision=opening.latest_revision(),
            start=0,
            length=9,
            words="Does moss",
        )
    linked = fetch_content_version(thread.pk)
    assert linked != before
    hide_post(opening, actor=carol, reason="Rude")
    before = fetch_content_version(other.pk)
    undo(ModerationAction.objects.get(act="hide-post"), actor=carol, reason="A mistake")
    assert fetch_content_version(other.pk) != before
    before = fetch_content_version(thread.pk)
    quoting.quotes.all().delete()
    assert fetch_content_version(thread.pk) != before


def test_names_boards_and_tags_change_the_version_of_every_thread(
    thread: Thread, board: Board, bob: User, alice: User
) -> None:
    tag = Tag.objects.create(name="Walls", slug="walls")

    def rename_bob() -> None:
        bob.username = "bobby"
        bob.save(update_fields=["username"])

    for change in (
        rename_bob,
        lambda: Board.objects.update(name="Walls and gardens"),
        lambda: tag_thread(thread, [tag.pk], actor=alice),
        lambda: Tag.objects.update(name="Old walls"),
    ):
        before = fetch_content_version(thread.pk)
        change()
        assert fetch_content_version(thread.pk) != before


def test_a_post_written_without_its_thread_changes_the_version_of_every_thread(
    thread: Thread, opening: Post, other: Thread
) -> None:
    before = fetch_content_version(thread.pk)
    Post.objects.filter(pk=opening.pk).update(html="<p>Mended.</p>")
    assert fetch_content_version(thread.pk) != before


def test_reading_changes_no_version(thread: Thread, bob: User, as_bob) -> None:
    before = fetch_content_version(thread.pk), fetch_content_version()
    assert as_bob.get(thread.get_absolute_url()).status_code == 200
    assert (fetch_content_version(thread.pk), fetch_content_version()) == before


def test_every_table_has_a_trigger_or_is_never_shown_to_visitors() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname ~ '_changed$'"
        )
        watched = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            """
            SELECT attname FROM pg_attribute WHERE attrelid = 'forum_post'::regclass
               AND attnum > 0 AND NOT attisdropped AND attnum <> ALL (
                   SELECT unnest(tgattr::int2[]) FROM pg_trigger WHERE tgname = 'post_changed')
            """
        )
        left_out = {row[0] for row in cursor.fetchall()}
    tables = {model._meta.db_table for model in apps.get_app_config("forum").get_models()}
    assert watched | NOT_SHOWN == tables
    assert left_out == NOT_SHOWN_COLUMNS
