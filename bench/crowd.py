"""`make bench-crowd`: many members who reply to one thread at once, through the server.

All replies have to be there afterwards, and to be counted.
"""

from __future__ import annotations

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from common import bench_database, finish, percentile, say, table
from load import World
from served import Server, logged_in, served

from forum.models import Post, Thread, User

SIZE = 20  # posts
PEOPLE, EACH = 20, 5  # replies at once, and of each
WORKERS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description="What a crowd of repliers costs.")
    parser.add_argument("--people", type=int, default=PEOPLE, help="who reply at once")
    parser.add_argument("--each", type=int, default=EACH, help="replies of each")
    options = parser.parse_args()
    with bench_database():
        world = World()
        thread, warm = world.thread(SIZE), world.thread(SIZE)
        User.objects.update(date_joined="2020-01-01T00:00Z")  # so that nobody is new
        cookies = [logged_in(person) for person in world.people[: options.people]]
        with served(WORKERS) as server:
            crowd(server, world, warm, cookies, 2)
            figures = crowd(server, world, thread, cookies, options.each)
        sent = options.people * options.each
        thread.refresh_from_db()
        posts = Post.objects.in_thread(thread).count()
        if not posts == thread.post_count == SIZE + sent:
            raise RuntimeError(f"{sent} sent, {posts - SIZE} there, {thread.post_count} counted")
    table(
        f"{options.people} members who each send {options.each} replies at once",
        list(figures),
        [list(figures.values())],
    )
    say("\n  goal: at least 100 a second")
    finish({"crowd": figures})


def crowd(
    server: Server, world: World, thread: Thread, cookies: list[str], each: int
) -> dict[str, float]:
    """Let all members send their replies at once; return how fast they were answered."""
    ids = list(Post.objects.in_thread(thread).values_list("pk", flat=True))
    # Chosen before, so that choosing takes no time.
    replies = {
        cookie: [(world.chance.choice(ids), world.text()) for _ in range(each)]
        for cookie in cookies
    }

    def send(cookie: str) -> list[float]:
        taken = []
        for place, (parent, text) in enumerate(replies[cookie]):
            form = {"source": f"{text} {place}", "nonce": str(uuid4())}
            started = time.perf_counter()
            server.post(f"/p/{parent}/reply/", cookie, form)
            taken.append((time.perf_counter() - started) * 1000)
        return taken

    before, started = sum(server.cpu_with_database()), time.perf_counter()
    with ThreadPoolExecutor(len(cookies)) as pool:
        taken = [wall for walls in pool.map(send, cookies) for wall in walls]
    seconds = time.perf_counter() - started
    return {
        "a second": len(taken) / seconds,
        "p50 ms": statistics.median(taken),
        "p95 ms": percentile(taken, 95),
        "max ms": max(taken),
        "CPU ms each": (sum(server.cpu_with_database()) - before) / len(taken),
    }


if __name__ == "__main__":
    main()
