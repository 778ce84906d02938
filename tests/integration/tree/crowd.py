"""Processes that write to one database at the same moment.

The task is read as JSON: the database, the name of a function of this file, the number of
processes, and details. A list for each process is printed: the ids that it wrote, or the names of
the errors for users that it got. Any other error ends all processes.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import django

ROOT = Path(__file__).parents[3]
FORK = multiprocessing.get_context("fork")
start = FORK.Event()


def replies(worker: int, *, author: int, count: int, roots: list[int]) -> list[Any]:
    """Reply to random posts of these threads."""
    from forum.actions.posts import reply_to
    from forum.models import Post, User

    person, rng = User.objects.get(pk=author), random.Random(worker)

    def answer(place: int) -> Any:
        posts = Post.objects.order_by().filter(thread__in=roots).values_list("pk", flat=True)
        parent = Post.objects.get(pk=rng.choice(list(posts)))
        return reply_to(parent, author=person, source=f"{worker}/{place}").pk

    return [attempt(answer, place) for place in range(count)]


def threads(worker: int, *, author: int, count: int, board: int) -> list[Any]:
    """Start threads."""
    from forum.actions.threads import start_thread
    from forum.models import Board, User

    person, target_board = User.objects.get(pk=author), Board.objects.get(pk=board)

    def begin(number: int) -> Any:
        title = f"{worker}/{number}"
        return start_thread(target_board, author=person, title=title, source="Hello.").pk

    return [attempt(begin, number) for number in range(count)]


def replies_and_moves(
    worker: int, *, author: int, moderator: int, movers: int, count: int, roots: list[int]
) -> list[Any]:
    """Move branches within and between the threads in `movers` processes; reply in the others."""
    from forum.models import Post, User
    from forum.moderation.actions.branch_moves import move_branch

    if worker >= movers:
        return replies(worker, author=author, count=count, roots=roots)
    person, rng = User.objects.get(pk=moderator), random.Random(worker)

    def move(_place: int) -> Any:
        posts = list(Post.objects.order_by().filter(thread__in=roots))
        branch = rng.choice([post for post in posts if not post.is_opening])
        move_branch(branch, to=rng.choice(posts), actor=person, reason="tidying")
        return branch.pk

    return [attempt(move, place) for place in range(count)]


def same_reply(worker: int, *, author: int, parent: int, nonce: str) -> list[Any]:
    """Send the same form."""
    from forum.actions.posts import reply_to
    from forum.models import Post, User

    person, post = User.objects.get(pk=author), Post.objects.get(pk=parent)
    start.wait()
    return [reply_to(post, author=person, source="Once.", nonce=UUID(nonce)).pk]


def same_thread(worker: int, *, author: int, board: int, nonce: str) -> list[Any]:
    """Send the same form for a new thread."""
    from forum.actions.threads import start_thread
    from forum.models import Board, User

    person, target_board = User.objects.get(pk=author), Board.objects.get(pk=board)
    start.wait()
    thread = start_thread(
        target_board, author=person, title="Once", source="Only once.", nonce=UUID(nonce)
    )
    return [thread.pk]


def edits(worker: int, *, author: int, post: int, base_revision: int) -> list[Any]:
    """Edit the same revision of a post."""
    from forum.actions.posts import edit_post
    from forum.models import Post, User

    person, edited = User.objects.get(pk=author), Post.objects.get(pk=post)
    start.wait()

    def edit(place: int) -> Any:
        return edit_post(
            edited, actor=person, source=f"Wording {place}.", base_revision=base_revision
        ).pk

    return [attempt(edit, worker)]


def attempt(function: Any, place: int) -> Any:
    """Return the id that the function wrote, or the name of the error that a member would see."""
    from forum.errors import UserError

    try:
        return function(place)
    except UserError as error:
        return type(error).__name__


FUNCTIONS = {
    function.__name__: function
    for function in (replies, threads, replies_and_moves, same_reply, same_thread, edits)
}


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    sys.path.insert(0, str(ROOT))
    django.setup()
    task = json.load(sys.stdin)
    from django.db import connection

    # No connection is open yet: each process opens its own.
    connection.settings_dict.update(task["database"])
    function, size = FUNCTIONS[task["function"]], task["processes"]
    with ProcessPoolExecutor(size, mp_context=FORK) as pool:
        running = [pool.submit(function, worker, **task["details"]) for worker in range(size)]
        start.set()
        json.dump([future.result() for future in running], sys.stdout)


if __name__ == "__main__":
    main()
