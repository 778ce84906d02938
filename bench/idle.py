"""`make bench-idle`: the cost of open pages while nothing happens.

Each asks every 20 to 30 seconds whether its thread has changed, and is told that it has not.
Measured is the CPU time of gunicorn, as in production, and of PostgreSQL.
"""

from __future__ import annotations

import argparse
import http.client
import statistics

from common import bench_database, connection, finish, interleaved, say, table
from django.test import Client
from load import World
from served import Server, logged_in, served

from forum.models import Thread

SMALL, LARGE = 200, 10_000  # posts
EVERY = 25  # seconds, on average
READERS = 1000
# Statements of a transaction that ask nothing of a table.
FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SET ", "SAVEPOINT", "RELEASE")


def main() -> None:
    options = arguments()
    with bench_database():
        say(f"Loading conversations, one of {options.large:,} posts ...")
        world = World()
        threads = {f"thread of {size:,}": world.thread(size) for size in (SMALL, options.large)}
        readers = {"visitor": "", "member": logged_in(world.people[0])}
        clients = {"visitor": Client(), "member": Client()}
        clients["member"].force_login(world.people[0])
        with served() as server:
            say(f"Asking for {options.pages} open pages ...")
            tasks = {
                f"{reader}, {name}": lambda thread=thread, cookie=cookie: cost(
                    server, thread, cookie, options.pages
                )
                for name, thread in threads.items()
                for reader, cookie in readers.items()
            }
            interleaved(tasks, rounds=2)  # warm
            taken = interleaved(tasks, options.rounds)
            figures: dict[str, object] = {}
            rows = []
            for name, thread in threads.items():
                for reader, client in clients.items():
                    cpu = statistics.median(taken[f"{reader}, {name}"])
                    asked = queries(client, thread)
                    size = empty_response_size(server, thread, readers[reader])
                    load = cpu * READERS / EVERY / 10  # of a thousand milliseconds, in percent
                    rows.append([f"{reader}, {name}", cpu, asked, size, load])
                    figures[f"{reader}/{name}"] = {
                        "cpu_ms": cpu,
                        "queries": asked,
                        "bytes": size,
                        "core_percent_of_1000_readers": load,
                    }
    table(
        f"An empty answer (median of {options.rounds} × {options.pages}), and {READERS:,} readers "
        f"who each ask every {EVERY} s",
        ["", "CPU ms", "queries", "bytes", "% of a core"],
        rows,
    )
    finish({"idle": figures})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What open pages cost while nothing happens.")
    parser.add_argument("--pages", type=int, default=100, help="that ask once a round")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--large", type=int, default=LARGE, help="posts of the large thread")
    return parser.parse_args()


def address(thread: Thread) -> str:
    return f"/t/{thread.pk}/arrivals/?after={thread.last_number}&known={thread.last_number}"


def cost(server: Server, thread: Thread, cookie: str, pages: int) -> float:
    """Return the CPU time of one of so many responses, in milliseconds."""
    before = sum(server.cpu_with_database())
    for _page in range(pages):
        empty_response_size(server, thread, cookie)
    return (sum(server.cpu_with_database()) - before) / pages


def empty_response_size(server: Server, thread: Thread, cookie: str) -> int:
    """Ask as a page does; return the bytes of an empty response, which are its headers."""
    client = http.client.HTTPConnection("localhost", server.port, timeout=60)
    client.request("GET", address(thread), headers={"HX-Request": "true", "Cookie": cookie})
    response = client.getresponse()
    response.read()
    client.close()
    if response.status != 204:
        raise RuntimeError(f"{address(thread)}: {response.status}")
    return sum(len(f"{name}: {value}\r\n") for name, value in response.getheaders())


def queries(client: Client, thread: Thread) -> int:
    asked = 0

    def note(execute: object, sql: str, *rest: object) -> object:
        nonlocal asked
        asked += not sql.startswith(FRAME)
        return execute(sql, *rest)  # type: ignore[operator]

    with connection.execute_wrapper(note):
        client.get(address(thread), headers={"hx-request": "true"})
    return asked


if __name__ == "__main__":
    main()
