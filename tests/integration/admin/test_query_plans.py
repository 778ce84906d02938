"""Query plans of the admin's lists: even with a million posts they use indexes and limits."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forum.actions.reports import report_post
from forum.admin import admin_site
from forum.admin.site import MAX_ROWS_COUNTED, BoundedPaginator

# Every query string of a list that could lead to reading all posts.
QUERIES = {
    "post": [
        *("", "q=moss", "q=@alice", "q=17", "p=3"),
        *("hidden_at__isempty=0", "deleted_at__isempty=0", "edited_at__isempty=0"),
        *("created_at__gte=2026-11-01%2000:00:00%2B00:00", "board={board}"),
    ],
    "thread": ["", "q=moss", "q=@alice", "board={board}", "locked_at__isempty=0"],
    "case": [
        *("", "q=moss", "q=@alice", "board={board}", "state=closed", "reason=spam", "age=7"),
        *("kind=pending_post", "kind=edit", "q=casino"),
        *("kind=opening", "replies=no", "account=new", "by=nobody", "by=me"),
    ],
    "pendingpost": [
        "",
        "q=moss",
        "q=@alice",
        "board={board}",
        "state__exact=waiting",
        "kind__exact=words",
    ],
    "user": ["", "q=moss", "suspended=1", "o=1", "o=-3"],
    "moderationaction": [
        *("", "act__exact=hide-post", "o=0", "about=post-17"),
        "created_at__year=2026&created_at__month=11",
    ],
}
MODEL_QUERIES = [(model, query) for model, queries in QUERIES.items() for query in queries]


def plans(client, address):
    """Yield the plans of the page's queries on posts, with sequential scans made a last resort."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for query in captured.captured_queries:
            if query["sql"].startswith("SELECT") and "forum_post" in query["sql"]:
                cursor.execute(f"EXPLAIN {query['sql']}")
                yield "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("SET LOCAL enable_seqscan = on")


@pytest.mark.slow
@pytest.mark.parametrize(("model", "query"), MODEL_QUERIES)
def test_no_list_reads_all_posts(as_carol, reply, alice, board, model, query):
    report_post(reply, actor=alice, reason="spam")
    page = reverse(f"admin:forum_{model}_changelist")
    for plan in plans(as_carol, f"{page}?{query.format(board=board.pk)}"):
        assert "Seq Scan on forum_post" not in plan


def test_check_notices_a_plan_that_reads_all_posts(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM forum_post WHERE source LIKE '%x%'")
        assert "Seq Scan on forum_post" in cursor.fetchone()[0]


@pytest.mark.parametrize("order", ["1", "-2", "3.-1", "99", "x"])
def test_posts_cannot_be_reordered(as_carol, reply, opening, order):
    page = as_carol.get(reverse("admin:forum_post_changelist"))
    assert list(page.context["cl"].result_list) == [reply, opening]
    assert b"Toggle sorting" not in page.content
    sorted_at_will = as_carol.get(reverse("admin:forum_post_changelist"), {"o": order})
    assert sorted_at_will.status_code == 400


def test_counts_are_limited(as_carol, reply):
    for model, admin in admin_site._registry.items():
        assert admin.show_full_result_count is False, model
        assert issubclass(admin.paginator, BoundedPaginator), model
    with CaptureQueriesContext(connection) as captured:
        as_carol.get(reverse("admin:forum_post_changelist"))
    counts = [query["sql"] for query in captured.captured_queries if "COUNT(" in query["sql"]]
    assert counts
    assert all(f"LIMIT {MAX_ROWS_COUNTED}" in sql or "LIMIT 100" in sql for sql in counts)
