"""`make bench-flood`: visitors flood the server while a member reads and replies.

The flood asks for pages of many threads, each from another network, so that neither the limits of
networks nor the page cache help. What counts is how long the member waits, compared with quiet.
"""

from __future__ import annotations

import argparse
import http.client
import random
import statistics
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from uuid import uuid4

from common import bench_database, finish, percentile, say, table
from load import World
from served import Server, logged_in, served

from forum.models import Post, Thread, User

THREADS, POSTS = 100, 20
CONNECTIONS = 40  # of the flood
RATE = 300  # requests of the flood, a second
SECONDS = 15  # of quiet, and of the flood
PAUSE = 0.05  # of the member
REPLY_EVERY = 5  # pages
WORKERS = 2
MAX_RATIO = 2  # of the member's p95 in the flood to that in quiet


def main() -> None:
    parser = argparse.ArgumentParser(description="How long a member waits in a flood of visitors.")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of quiet, and of the flood")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="of the flood")
    parser.add_argument("--rate", type=int, default=RATE, help="of the flood, a second")
    parser.add_argument("--child", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options, paths = parser.parse_known_args()
    if options.child:
        flood(options.child, paths, options.connections, options.rate, options.seconds)
        return
    with bench_database():
        say(f"Loading {THREADS} threads of {POSTS} posts ...")
        world = World()
        threads = [world.thread(POSTS) for _ in range(THREADS)]
        User.objects.update(date_joined="2020-01-01T00:00Z")  # so that nobody is new
        cookies = [logged_in(person) for person in world.people]
        with served(WORKERS, page_cache_mb=64) as server:
            visit(server, world, threads, cookies, seconds=3)  # warm
            quiet = visit(server, world, threads, cookies, options.seconds)
            command = [sys.executable, __file__, "--child", str(server.port)]
            command += ["--seconds", str(options.seconds + 4)]
            command += ["--connections", str(options.connections), "--rate", str(options.rate)]
            command += [thread.get_absolute_url() for thread in threads]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
                time.sleep(2)
                flooded = visit(server, world, threads, cookies, options.seconds)
                output, _errors = child.communicate()
    statuses = Counter(output.split())
    figures: dict[str, object] = {"quiet": quiet, "flood": flooded}
    head = ["", *quiet]
    table(
        "A member's waiting time", head, [[name, *each.values()] for name, each in figures.items()]
    )
    answered = {status: count / (options.seconds + 4) for status, count in statuses.items()}
    table("What the flood got, a second", list(answered), [list(answered.values())])
    ratio = flooded["read p95 ms"] / quiet["read p95 ms"]
    say(f"\n  p95 of reading in the flood: {ratio:.1f} times that in quiet (goal: {MAX_RATIO})")
    finish({"flood": figures | {"a second": answered, "ratio": ratio}})


def visit(
    server: Server, world: World, threads: list[Thread], cookies: list[str], seconds: float
) -> dict[str, float]:
    """Read threads as members, and reply now and then; return how long that took."""
    reads, replies = [], []
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        cookie, thread = world.chance.choice(cookies), world.chance.choice(threads)
        started = time.perf_counter()
        server.get(thread.get_absolute_url(), cookie)
        reads.append((time.perf_counter() - started) * 1000)
        if len(reads) % REPLY_EVERY == 0:
            parent = Post.objects.opening_of(thread.pk).get()
            form = {"source": world.text(), "nonce": str(uuid4())}
            started = time.perf_counter()
            server.post(f"/p/{parent.pk}/reply/", cookie, form)
            replies.append((time.perf_counter() - started) * 1000)
        time.sleep(PAUSE)
    return {
        "read p50 ms": statistics.median(reads),
        "read p95 ms": percentile(reads, 95),
        "read max ms": max(reads),
        "reply p50 ms": statistics.median(replies),
        "reply p95 ms": percentile(replies, 95),
        "reply max ms": max(replies),
    }


def flood(port: int, paths: list[str], connections: int, rate: int, seconds: float) -> None:
    """Ask for pages at this rate, if the server answers as fast; print the status of each."""
    give_up_at = time.monotonic() + seconds
    every = connections / rate

    def ask_again_and_again(_number: int) -> Counter[int]:
        statuses: Counter[int] = Counter()
        while (started_at := time.monotonic()) < give_up_at:
            client = http.client.HTTPConnection("localhost", port, timeout=60)
            with suppress(OSError, http.client.HTTPException):
                # No page twice, so that none comes from memory.
                client.request("GET", f"{random.choice(paths)}?n={random.random()}")
                response = client.getresponse()
                response.read()
                statuses[response.status] += 1
            client.close()
            time.sleep(max(0.0, started_at + every - time.monotonic()))
        return statuses

    with ThreadPoolExecutor(connections) as pool:
        for statuses in pool.map(ask_again_and_again, range(connections)):
            print(*statuses.elements(), flush=True)


if __name__ == "__main__":
    main()
