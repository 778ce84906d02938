"""`make bench-heavy`: the cost of large read states, histories and quotes.

Pages for a member who has read half of a long thread, in ten stretches and in thousands; the
history of a post of 20,000 characters that was edited often, a reply that quotes it fifty times,
and a page of 200 posts that do. Through gunicorn, in milliseconds of wall-clock time.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from common import bench_database, connection, finish, interleaved, say, table
from django.utils import timezone
from load import World
from served import Server, logged_in, served

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.quote_sources import find_sources
from forum.actions.read_state import mark_revisions_read
from forum.markup.rendered_post import render
from forum.models import Post, Revision, Thread, User

LARGE = 20_000  # posts
STRETCHES = (10, 5_000)
VERSIONS = 500
QUOTES, QUOTING = 50, 200
CHARACTERS = 20_000


def main() -> None:
    options = arguments()
    with bench_database():
        say(f"Loading a thread of {options.large:,} posts, and quotes of a long post ...")
        world = World()
        large = world.thread(options.large)
        few, many = (
            reader_of(large, world.people[n], stretches) for n, stretches in enumerate(STRETCHES)
        )
        quoted, page = quotes_of_a_long_post(world)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        say("Measuring ...")
        pages = {
            "front page": "/",
            "board": large.board.get_absolute_url(),
            "thread": large.get_absolute_url(),
            "map": f"/t/{large.pk}/map/",
        }
        with served() as server:
            figures: dict[str, object] = {
                "reader": of_readers(server, pages, few, many, options.rounds),
                "quotes": of_quotes(server, quoted, page, world.people[0], options.rounds),
            }
    finish(figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What is dear when nothing bounds it.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", type=int, default=LARGE, help="posts of the large thread")
    return parser.parse_args()


def reader_of(thread: Thread, member: User, stretches: int) -> str:
    """Return the cookie of a member who has read half of a thread, in so many stretches."""
    length = max(STRETCHES) // stretches
    numbers = [n for n in range(1, 2 * max(STRETCHES)) if (n - 1) // length % 2 == 0]
    mark_revisions_read(thread, member=member, numbers=numbers)
    return logged_in(member)


def quotes_of_a_long_post(world: World) -> tuple[Post, str]:
    """Return a post that was edited often, and the URL of a page full of quotes of it."""
    now = timezone.now()
    sentences = [f"Sentence {n} is what this long post says about moss." for n in range(QUOTES)]
    text = " ".join(sentences)
    text += " " + "Moss grows where walls stay wet. " * ((CHARACTERS - len(text)) // 34)
    quoting = "\n\n".join([*(f"> {sentence}" for sentence in sentences), "So it says."])
    person = world.people[0]
    posts = [ImportedPost(0, None, person, text, now)]
    posts += [ImportedPost(n, 0, person, quoting, now) for n in range(1, QUOTING)]
    thread = import_thread(world.board, title="Quotes", posts=posts)
    quoted = Post.objects.opening_of(thread.pk).get()
    first = quoted.latest_revision()
    numbers = range(thread.next_number, thread.next_number + VERSIONS)
    Revision.objects.bulk_create(
        Revision(
            post=quoted,
            number=number,
            editor=person,
            source=f"{first.source} {number}",
            plain=f"{first.plain} {number}",
        )
        for number in numbers
    )
    Post.objects.filter(pk=quoted.pk).update(latest_number=numbers[-1], edited_at=now)
    Thread.objects.filter(pk=thread.pk).update(next_number=numbers[-1] + 1)
    return Post.objects.get(pk=quoted.pk), thread.get_absolute_url()


def of_readers(
    server: Server, pages: dict[str, str], few: str, many: str, rounds: int
) -> dict[str, tuple[float, float]]:
    readers = {"few": few, "many": many}
    tasks = {
        f"{reader}/{page}": lambda cookie=cookie, path=path: taken(lambda: server.get(path, cookie))
        for page, path in pages.items()
        for reader, cookie in readers.items()
    }
    interleaved(tasks, rounds=1)  # warm
    times = interleaved(tasks, rounds)
    figures = {
        page: (statistics.median(times[f"few/{page}"]), statistics.median(times[f"many/{page}"]))
        for page in pages
    }
    table(
        f"A page, ms, after reading in {STRETCHES[0]} stretches and in {STRETCHES[1]:,}",
        ["", "few", "many", "ratio"],
        [[page, a, b, f"{b / a:.2f}"] for page, (a, b) in figures.items()],
    )
    return figures


def of_quotes(
    server: Server, quoted: Post, page: str, reader: User, rounds: int
) -> dict[str, float]:
    rendered = render("\n\n".join(f"> Sentence {n} is what this long post" for n in range(QUOTES)))
    history = f"/p/{quoted.pk}/history/"
    tasks: dict[str, Callable[[], object]] = {
        "history": lambda: server.get(history),
        f"finding {QUOTES} quotes": lambda: find_sources(rendered, reader=reader, parent=quoted),
        f"page of {QUOTES * (QUOTING - 1):,} quotes": lambda: server.get(page),
    }
    figures: dict[str, float] = {}
    for name, task in tasks.items():
        before = memory_of(server.worker)
        figures[name] = statistics.median(taken(task) for _round in range(rounds))
        figures[f"{name}: memory"] = memory_of(server.worker) - before
    figures["bytes of the history"] = len(server.get(history))
    table(
        f"A post of {CHARACTERS:,} characters and {VERSIONS} versions: ms, MiB more at the most",
        ["", ""],
        figures.items(),
    )
    return figures


def memory_of(process: int) -> float:
    """Return the peak memory of a process in MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def taken(task: Callable[[], object]) -> float:
    """Return the wall-clock time of `task` in milliseconds."""
    started = time.perf_counter()
    task()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
