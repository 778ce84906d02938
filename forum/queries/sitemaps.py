"""Addresses for search engines: threads and people by ranges of id, boards and tags."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, Max, OuterRef

from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.posts import Post
from forum.models.tags import Tag
from forum.models.threads import Thread, thread_path
from forum.models.visibility import VISITOR, listed_by

# Ids of a file: search engines read at most 50,000 addresses of one.
IDS_PER_FILE = 10_000

Location = tuple[str, datetime | None]


def count_files() -> tuple[int, int]:
    """Return how many files the threads and the people take."""
    threads, people = (
        model.objects.aggregate(last=Max("pk"))["last"] or 0 for model in (Thread, User)
    )
    return threads // IDS_PER_FILE + 1, people // IDS_PER_FILE + 1


def _range(file: int) -> tuple[int, int]:
    return (file - 1) * IDS_PER_FILE, file * IDS_PER_FILE - 1


def thread_locations(file: int) -> Iterator[Location]:
    """Yield the threads that lists show to visitors, each with its latest reply."""
    threads = Thread.objects.listed_for(VISITOR).filter(merged_into=None, pk__range=_range(file))
    for pk, slug, latest in threads.order_by("pk").values_list("pk", "slug", "last_post_at"):
        yield thread_path(pk, slug), latest


def people_locations(file: int) -> Iterator[Location]:
    """Yield the people with at least one post that visitors find."""
    posts = Post.objects.visible_to(VISITOR).filter(listed_by(VISITOR, "thread__"))
    written = posts.order_by().filter(author=OuterRef("pk")).published()
    people = User.objects.confirmed().filter(
        Exists(written), erased_at=None, pk__range=_range(file)
    )
    for name in people.order_by("pk").values_list("username", flat=True):
        yield f"/u/{name}/", None


def board_locations() -> Iterator[Location]:
    """Yield the front page, the boards and the tags."""
    yield "/", None
    for board in Board.objects.all():
        yield board.get_absolute_url(), None
    for tag in Tag.objects.main():
        yield tag.get_absolute_url(), None
