"""`make bench-search`: the time of searches, what the index takes, and what it adds to a post.

A million posts in a hundred thousand threads, with the word frequencies of real texts. Measured is
the time of `PostSearch.results`, with PostgreSQL's share, after a first run; the machine's load
counts, so compare only one run. Loading takes about ten minutes.
"""

from __future__ import annotations

import argparse
from functools import partial
from itertools import pairwise

from common import bench_database, connection, finish, milliseconds, percentile, say, table
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from search_data import PEOPLE, POSTS_PER_THREAD, Words, load_posts

from forum.lib.search import parse_search
from forum.queries.search import PostSearch

POSTS = 1_000_000
SEARCHES = 40  # of each kind
RUNS = 3
GOALS = {  # milliseconds, 95 % of searches
    "two words as written": 50,
    "one word as written": 150,
    "a common word": 150,
    "a rare word": 150,
    "within a thread": 20,
}
SIZES = """
SELECT sum(octet_length(plain)), pg_relation_size('revision_words'),
       pg_relation_size('thread_title_words') + pg_relation_size('thread_title_trigrams')
  FROM forum_revision
"""
WRITTEN = 500
WRITE = """
INSERT INTO forum_revision (post_id, number, editor_id, source, plain, quoted, created_at)
SELECT post_id, number + 1, editor_id, source, plain, quoted, created_at
  FROM forum_revision WHERE id = %s
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="What searches cost.")
    parser.add_argument("--posts", type=int, default=POSTS)
    options = parser.parse_args()
    with bench_database():
        say(f"Loading {options.posts:,} posts ...")
        words = Words()
        load_posts(options.posts, words)
        figures = measure(words, options.posts)
        with connection.cursor() as cursor:
            cursor.execute(SIZES)
            text, index, titles = map(float, cursor.fetchone())
        write = write_cost()
    rows = [
        [name, f"{median:.1f}", f"{most:.1f}", str(GOALS.get(name, ""))]
        for name, (median, most) in figures.items()
    ]
    table("Milliseconds a search", ["search for", "median", "95 %", "goal"], rows)
    say(f"\nindex {index / text:.2f} and those of titles {titles / text:.2f} times the text")
    say(f"a post takes {write:.2f} ms more to write")
    finish({"search": figures, "index": index / text, "titles": titles / text, "write": write})


def measure(words: Words, posts: int) -> dict[str, tuple[float, float]]:
    """Return the median and the 95th percentile of each kind of search, in milliseconds."""
    common, rare = words.words[:SEARCHES], words.words[5000 : 5000 + 2000 * SEARCHES : 2000]
    threads = range(2, posts // POSTS_PER_THREAD // 2, posts // POSTS_PER_THREAD // 2 // SEARCHES)
    kinds = {
        "two words as written": [words.text(2) for _ in range(SEARCHES)],
        "one word as written": [words.text(1) for _ in range(SEARCHES)],
        "a common word": common,
        "a rare word": rare,
        "two common words": [f"{one} {other}" for one, other in pairwise(common)],
        "a common phrase": [f'"{one} {other}"' for one, other in pairwise(common[:5])],
        "within a thread": [f"{words.text(1)} in:{thread}" for thread in threads],
        "within a large thread": [f"{words.text(1)} in:1" for _ in range(SEARCHES)],
        "by an author": [
            f"{words.text(1)} author:member{place % PEOPLE}" for place in range(SEARCHES)
        ],
    }
    return {name: timed(texts) for name, texts in kinds.items()}


def timed(texts: list[str]) -> tuple[float, float]:
    times = []
    for text in texts:
        search(text)
        times += [milliseconds(partial(search, text)) for _ in range(RUNS)]
    return percentile(times, 50), percentile(times, 95)


def search(text: str) -> None:
    PostSearch(parse_search(text), AnonymousUser()).results()


def write_cost() -> float:
    """Return by how many milliseconds the index makes writing a post slower."""
    with transaction.atomic(), connection.cursor() as cursor:
        with_index = _write(1)
        cursor.execute("DROP INDEX revision_words")
        without = _write(1 + WRITTEN)
        transaction.set_rollback(True)
    return with_index - without


def _write(first: int) -> float:
    """Return how many milliseconds writing a revision takes, of `WRITTEN` in a row."""

    def write() -> None:
        with connection.cursor() as cursor:
            for revision in range(first, first + WRITTEN):
                cursor.execute(WRITE, [revision])

    return milliseconds(write) / WRITTEN


if __name__ == "__main__":
    main()
