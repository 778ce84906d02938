"""`make bench-lists`: the lists of threads in a forum of 10 and of 100,000 threads.

For a visitor; for a member who has read the newest 10,000 threads, almost all to their end, and
never marked anything as read; and for one who has just marked everything. Through gunicorn, in
milliseconds of wall-clock time.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from datetime import timedelta

from common import (
    bench_database,
    connection,
    finish,
    interleaved,
    milliseconds,
    percentile,
    say,
    table,
)
from django.db.models import Max
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from load import World
from served import Server, logged_in, served

from forum.actions.read_state import mark_boards_read
from forum.models import Board, Post, Tag, Thread, User
from forum.presenters.thread_lists import list_address
from forum.queries.thread_lists import TABS_BY_SLUG, Cursor

SMALL, LARGE = 10, 100_000
BOARDS = 20
POSTS = 5  # of a thread; every twentieth has only one
READ = 10_000
MOST_MS = 50

# Written by one member; some threads and replies are another one's.
THREADS_SQL = """
INSERT INTO forum_thread (id, board_id, title, slug, author_id, created_at, next_number, post_count,
                          last_post_at)
SELECT n, (%(boards)s::bigint[])[1 + n %% cardinality(%(boards)s)], 'Thread ' || n, 'thread-' || n,
       CASE n %% 100 WHEN 0 THEN %(reader)s ELSE %(author)s END,
       now() - make_interval(mins => %(last)s - n), posts + 1, posts,
       now() - make_interval(mins => %(last)s - n)
  FROM generate_series(%(first)s, %(last)s) AS n,
       LATERAL (SELECT CASE n %% 20 WHEN 0 THEN 1 ELSE %(posts)s END AS posts) AS each;

INSERT INTO forum_post (id, thread_id, tree_id, parent_id, author_id, number, latest_number,
                        changed_number, branch_number, created_at, source, html, excerpt, lft, rght,
                        level)
SELECT first_id + n, id, id, CASE WHEN n > 0 THEN first_id END,
       CASE WHEN n = 0 AND id %% 100 = 0 OR n = 2 AND id %% 30 = 0 THEN %(reader)s
            ELSE %(author)s END,
       n + 1, n + 1, n + 1, n + 1, created_at, 'Words.', '<p>Words.</p>', 'Words.',
       n * 10 + 1, CASE n WHEN 0 THEN 1000 ELSE n * 10 + 5 END, CASE n WHEN 0 THEN 0 ELSE 1 END
  FROM forum_thread, LATERAL (SELECT (id - 1) * %(posts)s + 1 AS first_id) AS first,
       generate_series(0, post_count - 1) AS n
 WHERE id BETWEEN %(first)s AND %(last)s;

UPDATE forum_thread SET last_post_id = (id - 1) * %(posts)s + post_count
 WHERE id BETWEEN %(first)s AND %(last)s;
"""
# Every tenth thread has the tag.
TAGS_SQL = """
INSERT INTO forum_threadtag (thread_id, tag_id, position)
SELECT id, %(tag)s, 1 FROM forum_thread WHERE id %% 10 = 0 AND id BETWEEN %(first)s AND %(last)s
"""
# Of every fiftieth thread only the opening post.
READ_SQL = """
INSERT INTO forum_readstate (member_id, thread_id, numbers, before, visited_at, caught_up)
SELECT member, id, int8multirange(int8range(1, read)), '{}', now(),
       CASE read WHEN next_number THEN read ELSE 0 END
  FROM unnest(%(members)s::bigint[]) AS member,
       (SELECT id, next_number, CASE id %% 50 WHEN 1 THEN 2 ELSE next_number END AS read
          FROM forum_thread ORDER BY id DESC LIMIT %(read)s) AS thread
    ON CONFLICT DO NOTHING
"""


def main() -> None:
    options = arguments()
    figures = {}
    with bench_database():
        world = World()
        boards = [world.board, *(world.new_board(f"board-{n}") for n in range(1, BOARDS))]
        User.objects.update(date_joined=timezone.now() - timedelta(days=3650), read_up_to=0)
        tag = Tag.objects.create(name="Bench", slug="bench")
        author, reader, marker = User.objects.order_by("pk")[:3]
        readers = {"visitor": None, "reader": reader, "marked": marker}
        sizes = (SMALL, options.threads)
        with served() as server:
            for first, last in ((1, SMALL), (SMALL + 1, options.threads)):
                say(f"Loading {last:,} threads ...")
                load(boards, tag, author, [reader, marker], first, last)
                figures[last] = measured(server, readers, boards[0], tag, options.rounds)
    small, large = (figures[size] for size in sizes)
    table(
        f"Lists in a forum of {sizes[0]:,} and of {sizes[1]:,} threads: ms (median), queries",
        ["", f"{sizes[0]:,}", "queries", f"{sizes[1]:,}", "95 %", "queries"],
        [
            [name, small[name]["ms"], small[name]["queries"], *large[name].values()]
            for name in large
        ],
    )
    slowest = max(large, key=lambda name: large[name]["p95"])
    say(f"\n  slowest: {slowest}, {large[slowest]['p95']:.0f} ms (goal: at most {MOST_MS})")
    finish({"small": small, "large": large})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Whether lists of threads stay fast.")
    parser.add_argument("--rounds", type=int, default=20, help="requests of each page")
    parser.add_argument("--threads", type=int, default=LARGE, help="of the large forum")
    return parser.parse_args()


def load(
    boards: Sequence[Board],
    tag: Tag,
    author: User,
    readers: Sequence[User],
    first: int,
    last: int,
) -> None:
    """Write threads, let both members read the newest, and let the second mark everything."""
    values = {"first": first, "last": last, "posts": POSTS, "read": READ}
    values |= {"author": author.pk, "reader": readers[0].pk, "tag": tag.pk}
    values |= {"members": [each.pk for each in readers], "boards": [each.pk for each in boards]}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # trees are guarded by triggers
        cursor.execute(THREADS_SQL, values)
        cursor.execute(TAGS_SQL, values)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(READ_SQL, values)
        cursor.execute("VACUUM ANALYZE")
    newest = Post.objects.aggregate(newest=Max("pk"))["newest"]
    mark_boards_read(boards, member=readers[1], newest_post=newest, marked_at=timezone.now())


def addresses(board: Board, tag: Tag) -> dict[str, str]:
    """Return the addresses of all lists by name, and of a page far down."""
    found = {}
    for tab in TABS_BY_SLUG.values():
        found[f"all, {tab.slug or 'active'}"] = list_address(tab)
        found[f"board, {tab.slug or 'active'}"] = list_address(tab, board)
        found[f"tag, {tab.slug or 'active'}"] = list_address(tab, tag)
    middle = Thread.objects.order_by("pk")[Thread.objects.count() // 2]
    found["all, active, far down"] = f"/?after={Cursor(middle.last_post_at, middle.pk)}"
    return found


def measured(
    server: Server, readers: dict[str, User | None], board: Board, tag: Tag, rounds: int
) -> dict[str, dict[str, float]]:
    visits = {}
    counted = {}
    for name, person in readers.items():
        cookie, client = "", Client()
        if person:
            cookie = logged_in(person)
            client.force_login(person)
        for page, path in addresses(board, tag).items():
            if person is None and client.get(path).status_code != 200:
                continue  # for members
            visit = f"{page}: {name}"
            counted[visit] = queries(client, path)
            visits[visit] = lambda path=path, cookie=cookie: milliseconds(
                lambda: server.get(path, cookie)
            )
    interleaved(visits, rounds=1)  # warm
    taken = interleaved(visits, rounds)
    return {
        name: {
            "ms": statistics.median(taken[name]),
            "p95": percentile(taken[name], 95),
            "queries": counted[name],
        }
        for name in visits
    }


def queries(client: Client, path: str) -> int:
    """Return the number of queries of a page, without those of the transaction."""
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return sum("forum_" in query["sql"] for query in captured)


if __name__ == "__main__":
    main()
