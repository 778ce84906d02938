"""`make bench-tree`: the cost of a reply and of a page in threads of all sizes.

In wall-clock time: the reply through `forum.actions.posts.reply_to`, the page through
`forum.queries.thread_pages.fetch_window`. Figures that are compared are measured in turn.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable

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
from django.contrib.auth.models import AnonymousUser
from load import World, chain

from forum.actions.posts import reply_to
from forum.models import Post, Thread, User
from forum.queries import thread_pages

SMALL, MIDDLE, LARGE, MILLION = 10, 1_000, 100_000, 1_000_000
SPARES = 30  # threads of each small size, so that the replies measured do not make them large
PAGE = 50  # posts; the smallest thread read then has a beginning, a middle and an end too
SETTLE = 1.5  # seconds until PostgreSQL's counters tell what was done

READER = AnonymousUser()


def main() -> None:
    options = arguments()
    figures: dict[str, object] = {}
    with bench_database():
        world = World()
        say("Loading conversations ...")
        threads = {size: [world.thread(size) for _ in range(SPARES)] for size in (SMALL, MIDDLE)}
        large: list[Thread] = []
        taken = milliseconds(lambda: large.append(world.thread(LARGE))) / 1000
        say(
            f"{LARGE:,} posts loaded in {taken:.1f} s ({taken * 1000 / LARGE * 1000:.0f} µs a post)"
        )
        figures["load_s"] = {LARGE: taken}
        threads[LARGE] = large
        figures["reply"] = replies(world, threads, options.rounds)
        figures["quoting"] = quoting(world, large[0], options.rounds)
        figures["back_and_forth"] = back_and_forth(world, options.replies)
        sizes = {100: world.thread(100), 1_000: threads[MIDDLE][0], 10_000: world.thread(10_000)}
        sizes[LARGE] = large[0]
        if options.million:
            say(f"\nLoading {MILLION:,} posts, which takes some minutes ...")
            sizes[MILLION] = world.thread(MILLION)
        figures["window"] = pages(sizes, options.rounds * 2)
    finish(figures)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What replies and pages cost in large threads.")
    parser.add_argument("--rounds", type=int, default=60, help="replies for each figure")
    parser.add_argument("--replies", type=int, default=5000, help="length of the back-and-forth")
    parser.add_argument("--million", action="store_true", help="read a thread of 1,000,000, too")
    return parser.parse_args()


# -- Replies --------------------------------------------------------------------------------------


def replies(world: World, threads: dict[int, list[Thread]], rounds: int) -> dict[str, object]:
    """Measure replies to the opening post, to any post, and to one deep in the first branch."""
    places: dict[str, Callable[[Thread], int]] = {
        "top-level": opening_of,
        "random": lambda thread: world.chance.choice(ids[thread.pk]),
        "early deep": early_deep,
    }
    ids = {
        thread.pk: list(Post.objects.in_thread(thread).values_list("pk", flat=True))
        for some in threads.values()
        for thread in some
    }

    def reply(size: int, place: str) -> float:
        parent = Post.objects.get(pk=places[place](world.chance.choice(threads[size])))
        author, source = world.chance.choice(world.people), world.text()
        return milliseconds(lambda: reply_to(parent, author=author, source=source))

    tasks = {
        f"{place}/{size}": lambda size=size, place=place: reply(size, place)
        for place in places
        for size in threads
    }
    interleaved(tasks, rounds=3)  # warm
    taken = interleaved(tasks, rounds)
    rows, figures = [], {}
    for place in places:
        middle = {size: statistics.median(taken[f"{place}/{size}"]) for size in threads}
        late = {size: percentile(taken[f"{place}/{size}"], 99) for size in threads}
        ratio = middle[LARGE] / middle[SMALL]
        cells = [f"{middle[size]:.1f} / {late[size]:.1f}" for size in threads]
        rows.append([place, *cells, f"{ratio:.2f}"])
        figures[place] = {"p50_ms": middle, "p99_ms": late, "ratio": ratio}
    table(
        f"A reply, p50 / p99 ms of {rounds} (goal: ratio of the ends at most 1.5)",
        ["into a thread of", *(f"{size:,} posts" for size in threads), "ratio"],
        rows,
    )
    return figures


def opening_of(thread: Thread) -> int:
    return int(Post.objects.in_thread(thread).values_list("pk", flat=True)[0])


def early_deep(thread: Thread) -> int:
    """Return the last post of the thread's first branch."""
    at = opening_of(thread)
    while (first := Post.objects.filter(parent=at).order_by("lft").first()) is not None:
        at = first.pk
    return at


def quoting(world: World, thread: Thread, rounds: int) -> dict[str, object]:
    """Measure replies with quotes in the large thread, whose sources have to be searched."""
    by_number = Post.objects.by_number(thread)
    early = by_number[5].latest_revision().plain.splitlines()[-1]
    kinds = {
        "none": "",
        "of an early post": f"> {early}\n\n",
        "three, from nowhere": "".join(
            f"> {world.text().splitlines()[0][:-1]} {word}\n\n\nAnd:\n\n"
            for word in ("so", "as", "no")
        ),
    }
    parents = list(by_number.order_by("-number")[:1000])

    def reply(lead: str) -> float:
        parent, author = world.chance.choice(parents), world.chance.choice(world.people)
        return milliseconds(lambda: reply_to(parent, author=author, source=f"{lead}I see."))

    taken = interleaved(
        {kind: lambda lead=lead: reply(lead) for kind, lead in kinds.items()}, rounds
    )
    figures = {
        kind: {"p50_ms": statistics.median(times), "p99_ms": percentile(times, 99)}
        for kind, times in taken.items()
    }
    table(
        f"A reply with quotes into {LARGE:,} posts, ms",
        ["quotes", "p50", "p99"],
        [[kind, f["p50_ms"], f["p99_ms"]] for kind, f in figures.items()],
    )
    return figures


def back_and_forth(world: World, length: int) -> dict[str, object]:
    """Measure two people replying to each other, each reply a level deeper."""
    last = Post.objects.get(pk=opening_of(world.thread(2, chain)))
    pair = world.people[:2]
    time.sleep(SETTLE)
    before = rows_updated()
    taken = []

    def reply(author: User, source: str) -> None:
        nonlocal last
        last = reply_to(last, author=author, source=source)

    for turn in range(length):
        author, source = pair[turn % 2], world.text()
        taken.append(milliseconds(lambda author=author, source=source: reply(author, source)))
    time.sleep(SETTLE)
    figures = {
        "p50_ms": statistics.median(taken),
        "p99_ms": percentile(taken, 99),
        "max_ms": max(taken),
        "last_tenth_p50_ms": statistics.median(taken[-length // 10 :]),
        "relabelled_per_reply": (rows_updated() - before) / length,
    }
    table(
        f"A back-and-forth of {length:,} replies, ms (goal: p99 at most 100)",
        ["p50", "p99", "max", "p50 of the last tenth", "posts relabelled a reply"],
        [list(figures.values())],
    )
    return figures


def rows_updated() -> int:
    """Return how many posts were rewritten so far; replies insert, so only relabelling counts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'forum_post'")
        return int(cursor.fetchone()[0])


# -- Pages ----------------------------------------------------------------------------------------


def pages(threads: dict[int, Thread], rounds: int) -> dict[str, object]:
    """Measure a page at the beginning, in the middle and at the end of each thread."""
    thread_pages.POSTS_PER_PAGE = PAGE
    starts = {
        f"{place}/{size}": (thread, post_at(thread, offset))
        for size, thread in threads.items()
        for place, offset in (("begin", 0), ("middle", size // 2), ("end", size - PAGE))
    }

    def read(thread: Thread, post_id: int) -> object:
        return thread_pages.fetch_window(thread, READER, thread_pages.PageRequest("at", post_id))

    tasks = {
        name: lambda start=start: milliseconds(lambda: read(*start))
        for name, start in starts.items()
    }
    interleaved(tasks, rounds=3)  # warm
    taken = interleaved(tasks, rounds)
    rows, figures = [], {}
    for size in threads:
        names = {place: f"{place}/{size}" for place in ("begin", "middle", "end")}
        middles = {place: statistics.median(taken[name]) for place, name in names.items()}
        blocks = {
            place: blocks_of(lambda name=name: read(*starts[name])) for place, name in names.items()
        }
        figures[size] = {"p50_ms": middles, "blocks": blocks}
        rows.append([f"{size:,} posts", *middles.values(), *blocks.values()])
    largest, smallest = max(threads), min(threads)
    ratios = {
        place: statistics.median(taken[f"{place}/{largest}"])
        / statistics.median(taken[f"{place}/{smallest}"])
        for place in ("begin", "middle", "end")
    }
    rows.append(["ratio of the ends", *ratios.values(), "", "", ""])
    table(
        f"A page of {PAGE} posts, p50 ms of {rounds}, and blocks read (goal: ratio at most 1.5)",
        ["thread of", "begin", "middle", "end", "blocks", "middle", "end"],
        rows,
    )
    return figures | {"ratio": ratios}


def post_at(thread: Thread, offset: int) -> int:
    ids = Post.objects.in_thread(thread).values_list("pk", flat=True)
    return int(ids[offset])


def blocks_of(task: Callable[[], object]) -> int:
    """Return the number of blocks that the queries of `task` read, from memory or disk."""
    asked: list[tuple[str, object]] = []

    def note(execute: Callable[..., object], sql: str, params: object, *rest: object) -> object:
        asked.append((sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(note):
        task()
    return sum(_blocks(sql, params) for sql, params in asked)


def _blocks(sql: str, params: object) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    plan = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


if __name__ == "__main__":
    main()
