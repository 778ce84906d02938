"""Generated conversations for benchmarks, in the shapes of real ones.

The same seed gives the same conversations. Texts are random, so that they compress no better than
real ones; some quote their parent, some mention its author.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.models import Board, Category, Thread, User

PEOPLE = 40
BODIES = 1000  # texts, each of which ends in one of …
SAYINGS = 50  # … these, which are what others quote
LEADING_BODIES = 20  # texts that also occur below quotes and mentions

SYLLABLES = [a + b + c for a in "bdfklmnprst" for b in "aeiou" for c in ("", "n", "r", "s")]

Shape = Callable[[random.Random, int], int]


def forum_shape(chance: random.Random, place: int) -> int:
    """Return the parent of the post at `place`, as in real threads: opening, recent, or any."""
    kind = chance.random()
    if kind < 0.2:
        return 0
    if kind < 0.75:
        return max(0, place - 1 - int(chance.expovariate(0.3)))
    return chance.randrange(place)


def chain(chance: random.Random, place: int) -> int:
    """Return the post before: two people, each replying to the other."""
    return place - 1


def fan(chance: random.Random, place: int) -> int:
    """Return the opening post: everybody replies to it."""
    return 0


class World:
    """Members, a board, and texts for posts."""

    def __init__(self) -> None:
        self.chance = random.Random(5)
        words = ["".join(self.chance.choices(SYLLABLES, k=n)) for n in (1, 2, 2, 3) * 500]
        commonness = [1 / rank for rank in range(1, len(words) + 1)]

        def sentence() -> str:
            said = self.chance.choices(words, commonness, k=self.chance.randint(6, 16))
            return " ".join(said).capitalize() + "."

        self.sayings = [sentence() for _ in range(SAYINGS)]
        self.bodies = [self._body(sentence, saying % SAYINGS) for saying in range(BODIES)]
        self.category = Category.objects.create(name="Bench")
        self.board = self.new_board("bench")
        self.people = User.objects.bulk_create(
            User(username=f"{name}{number}")
            for number, name in enumerate(self.chance.choices(words, k=PEOPLE))
        )

    def _body(self, sentence: Callable[[], str], saying: int) -> str:
        paragraphs = [
            " ".join(sentence() for _ in range(self.chance.randint(1, 3)))
            for _ in range(self.chance.randint(1, 3))
        ]
        return "\n\n".join(paragraphs) + f"\n\n{self.sayings[saying]}"

    def new_board(self, name: str) -> Board:
        return Board.objects.create(category=self.category, name=name.capitalize(), slug=name)

    def text(self) -> str:
        """Return a random text."""
        return self.chance.choice(self.bodies)

    def thread(
        self,
        size: int,
        variant: Shape = forum_shape,
        *,
        title: str = "",
        board: Board | None = None,
    ) -> Thread:
        """Create a thread of `size` posts."""
        posts = self._conversation(size, variant)
        return import_thread(board or self.board, title=title or f"{size} posts", posts=posts)

    def _conversation(self, size: int, variant: Shape) -> Iterator[ImportedPost]:
        begun = timezone.now() - timedelta(minutes=size)
        said: list[tuple[User, int]] = []
        for place in range(size):
            author = self.chance.choice(self.people)
            body = self.chance.randrange(BODIES)
            parent = variant(self.chance, place) if place else None
            lead = "" if parent is None else self._lead(*said[parent])
            if lead:
                body %= LEADING_BODIES
            said.append((author, body))
            yield ImportedPost(
                key=place,
                parent=parent,
                author=author,
                source=lead + self.bodies[body],
                created_at=begun + timedelta(minutes=place),
            )

    def _lead(self, author: User, body: int) -> str:
        """Return the beginning of a post: a mention of the parent's author, a quote, or nothing."""
        kind = self.chance.random()
        if kind < 0.15:
            return f"@{author.username} "
        if kind < 0.35:
            return f"> {self.sayings[body % SAYINGS]}\n\n"
        return ""
