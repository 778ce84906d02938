"""Thread lists: the count of unread posts of each thread."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post, edit_post
from forum.actions.read_state import mark_revisions_read
from forum.models import Board, Post, Revision, User
from forum.moderation.actions.post_hiding import hide_post
from tests.html import Page
from tests.integration.threads.conftest import mark_all_read, write_reply

STARTED_AT = datetime(2026, 1, 1, tzinfo=UTC)


def unread_links(client: Client, address: str = "/b/gardens/") -> list[tuple[str, str]]:
    links = Page(client.get(address)).find_all("a.unread-mark")
    return [(link["href"], link.text.partition(" unread")[0]) for link in links]


@pytest.mark.parametrize("address", ["/", "/b/gardens/"])
def test_unread_count_of_a_thread_links_to_the_first_unread(
    opening: Post, alice: User, as_alice: Client, bob: User, address: str
) -> None:
    mark_all_read(opening.thread, alice)
    assert unread_links(as_alice, address) == []
    first = write_reply(opening, bob)
    write_reply(first, bob)
    [(link, count)] = unread_links(as_alice, address)
    assert count == "2"
    assert as_alice.get(link).headers["Location"].endswith(f"#p{first.pk}")
    assert Page(as_alice.get(address)).has("li.is-unread")
    mark_revisions_read(opening.thread, member=alice, numbers=[first.number])
    assert unread_links(as_alice, address) == [(link, "1")]


def test_unread_posts_are_counted_for_members_alone(
    reply: Post, as_alice: Client, visitor: Client
) -> None:
    assert unread_links(as_alice) == [(f"/t/{reply.thread_id}/next/", "1")]
    assert unread_links(visitor) == []


def test_unread_count_leaves_out_own_hidden_and_deleted_posts_but_not_edited_ones(
    opening: Post, reply: Post, alice: User, bob: User, carol: User, as_alice: Client
) -> None:
    mark_all_read(opening.thread, alice)
    write_reply(reply, alice)
    hide_post(write_reply(opening, bob), actor=carol, reason="spam")
    delete_post(write_reply(opening, bob), actor=bob)
    assert unread_links(as_alice) == []
    Revision.objects.filter(post=reply).update(created_at="2026-01-01T00:00Z")
    edit_post(reply, actor=bob, source="Only where the bricks stay dry.")
    assert [count for _link, count in unread_links(as_alice)] == ["1"]


def test_counting_stops_at_the_limit_and_reads_few_rows_beyond_it(
    board: Board, alice: User, bob: User, as_alice: Client
) -> None:
    posts = [ImportedPost(n, 0 if n else None, bob, "Words.", STARTED_AT) for n in range(3000)]
    thread = import_thread(board, title="Long", posts=posts)
    mark_revisions_read(thread, member=alice, numbers=[1])
    with CaptureQueriesContext(connection) as captured:
        assert unread_links(as_alice) == [(f"/t/{thread.pk}/next/", "99+")]
    *_pinned, counting = [query["sql"] for query in captured if "unread_count" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE forum_post, forum_revision, forum_readstate")
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING off) {counting}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    read = [int(rows) for rows in re.findall(r"actual rows=(\d+)", plan)]
    # The exact number depends on the physical order of the rows in the table.
    assert max(read) < len(posts) / 3, plan
