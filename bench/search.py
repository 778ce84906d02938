"""`make bench-search`: the time of searches, and what the index costs.

Texts have the word frequencies of real ones (Zipf). Measured is the time of `PostSearch.results`,
with PostgreSQL's share, after a warm-up; the machine's load counts, so compare only one run.
"""

from __future__ import annotations

import argparse
import statistics
import time
from itertools import pairwise

from common import bench_database, connection, finish, say, table
from django.contrib.auth.models import AnonymousUser
from load import World

from forum.lib.search import parse_search
from forum.queries.search import PostSearch

POSTS = 100_000
POSTS_PER_THREAD = 10
SIZES = """
SELECT sum(octet_length(plain)), pg_relation_size('revision_words'),
       sum(pg_column_size(words)) FROM forum_revision
"""
FREQUENCIES = """
SELECT word FROM ts_stat('SELECT words FROM forum_revision TABLESAMPLE SYSTEM (10)')
 WHERE length(word) > 3 ORDER BY ndoc DESC
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="What searches cost.")
    parser.add_argument("--posts", type=int, default=POSTS)
    options = parser.parse_args()
    with bench_database():
        say(f"Loading {options.posts:,} posts ...")
        world = World()
        threads = [
            world.thread(POSTS_PER_THREAD, title=f"Thread {number}")
            for number in range(options.posts // POSTS_PER_THREAD)
        ]
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE forum_revision, forum_post, forum_thread")
            cursor.execute(FREQUENCIES)
            words = [word for (word,) in cursor]
            cursor.execute(SIZES)
            text, index, column = cursor.fetchone()
        common, rare = words[:20], words[-200:]
        searches = {
            "a common word": common,
            "a rare word": rare[:40],
            "two common words": [f"{a} {b}" for a, b in pairwise(common)],
            "a common and a rare word": [f"{a} {b}" for a, b in zip(common, rare, strict=False)],
            "in one thread": [f"{word} in:{threads[0].pk}" for word in common],
        }
        figures = {name: timed(texts) for name, texts in searches.items()}
    rows = [[name, *(f"{value * 1000:.1f}" for value in times)] for name, times in figures.items()]
    table("Milliseconds a search", ["search for", "median", "95 %"], rows)
    say(f"\nindex {index / text:.2f} and column {column / text:.2f} times the text")
    finish({"search": figures, "index": index / text, "column": column / text})


def timed(texts: list[str]) -> tuple[float, float]:
    """Return the median and the 95th percentile, in seconds."""
    reader, times = AnonymousUser(), []
    for text in texts:
        PostSearch(parse_search(text), reader).results()
        for _ in range(3):
            began = time.perf_counter()
            PostSearch(parse_search(text), reader).results()
            times.append(time.perf_counter() - began)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
