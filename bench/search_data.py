"""A million posts for `make bench-search`, with word frequencies like those of real text.

Loaded by COPY past the triggers that keep trees right, since only searches read them.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from load import SYLLABLES, forum_shape

from forum.lib.tree import Label, label_tree
from forum.models import Board, Category, User

POSTS_PER_THREAD = 10
POSTS_OF_LARGEST_THREAD = 10_000
SHORTEST, LONGEST = 15, 110  # words of a post
YEARS = 10
PEOPLE = 1000
VOCABULARY = 100_000

THREAD = (
    "id board_id title slug author_id created_at next_number post_count last_post_id last_post_at"
)
POST = (
    "id thread_id tree_id parent_id lft rght level number latest_number changed_number"
    " branch_number author_id created_at source html excerpt"
)
REVISIONS = """
INSERT INTO forum_revision (id, post_id, number, editor_id, source, plain, quoted, created_at)
SELECT id, id, number, author_id, source, source, '[]', created_at FROM forum_post ORDER BY id
"""

LAST_ID = """
SELECT setval(pg_get_serial_sequence('forum_revision', 'id'), max(id)) FROM forum_revision
"""


class Words:
    """Random texts: the word of rank r occurs 1 / (r + 2.7) times as often as the first."""

    def __init__(self) -> None:
        self.chance = random.Random(5)
        spelled = dict.fromkeys(
            "".join(self.chance.choices(SYLLABLES, k=1 + (rank > 60) + (rank > 2000) * 2))
            for rank in range(3 * VOCABULARY)
        )
        self.words = list(spelled)[:VOCABULARY]
        weights = (1 / (rank + 2.7) for rank in range(len(self.words)))
        self.weights = list(itertools.accumulate(weights))

    def text(self, count: int) -> str:
        """Return a text of `count` words."""
        return " ".join(self.chance.choices(self.words, cum_weights=self.weights, k=count))

    def post(self) -> str:
        """Return the text of a post."""
        return self.text(self.chance.randint(SHORTEST, LONGEST))


def load_posts(posts: int, words: Words) -> None:
    """Fill an empty forum with that many posts: one large thread, and others of ten posts."""
    sizes = [POSTS_OF_LARGEST_THREAD] if posts > 10 * POSTS_OF_LARGEST_THREAD else []
    sizes += [POSTS_PER_THREAD] * ((posts - sum(sizes)) // POSTS_PER_THREAD)
    category = Category.objects.create(name="Bench")
    board = Board.objects.create(category=category, name="Bench", slug="bench")
    people = User.objects.bulk_create(User(username=f"member{place}") for place in range(PEOPLE))
    authors = [person.pk for person in people]
    begun = timezone.now() - timedelta(days=365 * YEARS)
    step = timedelta(days=365 * YEARS) / posts
    firsts = [1, *itertools.accumulate(sizes)]
    threads = (
        (
            *(place, board.pk, words.text(6), "thread", authors[0], begun + first * step),
            *(size + 1, size, first + size - 1, begun + first * step),
        )
        for place, (first, size) in enumerate(zip(firsts, sizes, strict=False), 1)
    )
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        _copy("forum_thread", THREAD, threads)
        _copy("forum_post", POST, _posts(sizes, authors, words, begun, step))
        cursor.execute(REVISIONS)
        cursor.execute(LAST_ID)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE forum_thread, forum_post, forum_revision")


def _posts(
    sizes: Sequence[int], authors: Sequence[int], words: Words, begun: datetime, step: timedelta
) -> Iterator[Sequence[object]]:
    shapes = {size: _shape(size, words.chance) for size in set(sizes)}
    first = 1
    for thread, size in enumerate(sizes, 1):
        parents, labels = shapes[size]
        for place, parent in parents.items():
            label, text = labels[place], words.post()
            number = place + 1
            yield (
                *(first + place, thread, thread, None if parent is None else first + parent),
                *(label.left, label.right, label.level, number, number, number, 0),
                *(words.chance.choice(authors), begun + (first + place) * step),
                *(text, f"<p>{text}</p>", text[:120]),
            )
        first += size


def _shape(size: int, chance: random.Random) -> tuple[dict[int, int | None], dict[int, Label]]:
    parents: dict[int, int | None] = {0: None}
    parents |= {place: forum_shape(chance, place) for place in range(1, size)}
    return parents, label_tree(parents)


def _copy(table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
    copy_rows = f"COPY {table} ({', '.join(columns.split())}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(copy_rows) as copy:
        for row in rows:
            copy.write_row(row)
