"""`make bench-visitors`: the cost of pages and feeds that visitors ask for again and again.

Measured is the CPU time of the responding process, through gunicorn as in production.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import statistics
from collections.abc import Callable, Iterator

from common import bench_database, finish, interleaved, say, table
from load import World
from served import Server, served

REQUESTS = 10  # of one page in turn
GZIP = {"Accept-Encoding": "gzip"}
GOALS = {"page again": 1.5, "page unchanged": 1.5, "feed unchanged": 3.0}  # ms


def main() -> None:
    parser = argparse.ArgumentParser(description="What visitors cost the server.")
    parser.add_argument("--rounds", type=int, default=20, help=f"of {REQUESTS} requests a page")
    options = parser.parse_args()
    with bench_database():
        say("Loading a conversation of 200 posts ...")
        thread = World().thread(200)
        path = thread.get_absolute_url()
        with served(page_cache_mb=64) as server:
            figures = measured(server, path, options.rounds)
    rows = [[name, figure, GOALS.get(name, "")] for name, figure in figures.items()]
    table(f"CPU ms of the server (median of {options.rounds})", ["", "ms", "goal"], rows)
    finish({"visitors": figures})


def measured(server: Server, path: str, rounds: int) -> dict[str, float]:
    feed = f"{path}feed.atom"
    others = (f"{path}?n={number}" for number in itertools.count())  # not in the cache
    feeds = (f"{feed}?n={number}" for number in itertools.count())
    page_tag, feed_tag = ({"If-None-Match": etag(server, each)} for each in (path, feed))
    return medians(
        {
            "page made": lambda: cpu(server, others, GZIP),
            "page again": lambda: cpu(server, path, GZIP),
            "page unchanged": lambda: cpu(server, path, page_tag, 304),
            "feed made": lambda: cpu(server, feeds, GZIP),
            "feed again": lambda: cpu(server, feed, GZIP),
            "feed unchanged": lambda: cpu(server, feed, feed_tag, 304),
            "unknown address": lambda: cpu(server, "/nowhere/", {}, 404),
            "robots.txt": lambda: cpu(server, "/robots.txt", {}),
        },
        rounds,
    )


def medians(tasks: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    interleaved(tasks, rounds=2)  # warm
    taken = interleaved(tasks, rounds)
    return {name: statistics.median(times) for name, times in taken.items()}


def cpu(
    server: Server, path: str | Iterator[str], headers: dict[str, str], status: int = 200
) -> float:
    """Return the CPU time of one of these requests, in milliseconds."""
    before = server.cpu()
    for _request in range(REQUESTS):
        server.respond(path if isinstance(path, str) else next(path), headers, status)
    return (server.cpu() - before) / REQUESTS


def etag(server: Server, path: str) -> str:
    connection = http.client.HTTPConnection("localhost", server.port, timeout=60)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    connection.close()
    return str(response.headers["ETag"])


if __name__ == "__main__":
    main()
