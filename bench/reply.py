"""`make bench-reply`: the cost of a reply through the server: its form, and sending it.

Measured are the CPU time of the web server (gunicorn as in production) and of PostgreSQL, and the
wall-clock time of the POST. Thousands of members follow the last of the threads.
"""

from __future__ import annotations

import argparse
import statistics
from uuid import uuid4

from common import bench_database, finish, milliseconds, percentile, say, table
from load import World
from served import Server, logged_in, served

from forum.models import Post, RateLimit, Subscription, Thread, User

SIZES = (20, 10_000)  # posts
FOLLOWERS = 10_000
LONG_AGO = "2020-01-01T00:00Z"


def main() -> None:
    parser = argparse.ArgumentParser(description="What a reply costs, through the server.")
    parser.add_argument("--rounds", type=int, default=60, help="replies into each thread")
    options = parser.parse_args()
    with bench_database():
        say("Loading conversations ...")
        world = World()
        threads = {f"{size:,}": world.thread(size) for size in SIZES}
        threads[f"{SIZES[0]}, followed by {FOLLOWERS:,}"] = followed = world.thread(SIZES[0])
        follow(followed)
        User.objects.update(date_joined=LONG_AGO)  # so that nobody is new
        cookies = [logged_in(person) for person in world.people]
        with served() as server:
            say("Replying ...")
            figures = {
                name: replies(server, world, thread, cookies, options.rounds)
                for name, thread in threads.items()
            }
    table(
        f"A reply, ms (median of {options.rounds}): CPU of web server and PostgreSQL, wall clock",
        ["into a thread of", *next(iter(figures.values()))],
        [[name, *values.values()] for name, values in figures.items()],
    )
    say("\n  goals: form and POST together at most 25 ms of CPU, the POST at most 12 ms in p50,")
    say(f"  and with {FOLLOWERS:,} followers at most 5 ms more")
    finish({"reply": figures})


def follow(thread: Thread) -> None:
    """Let thousands of members follow a thread."""
    members = User.objects.bulk_create(
        User(username=f"follower{n}", email=f"follower{n}@example.org") for n in range(FOLLOWERS)
    )
    opening = Post.objects.opening_of(thread.pk).get()
    Subscription.objects.bulk_create(
        Subscription(member=member, branch=opening, thread=thread, state="follow")
        for member in members
    )


def replies(
    server: Server, world: World, thread: Thread, cookies: list[str], rounds: int
) -> dict[str, float]:
    """Open and send the form of a reply so many times; return the median times."""
    ids = list(Post.objects.in_thread(thread).values_list("pk", flat=True)[: SIZES[0]])
    cpu: dict[str, list[float]] = {"form": [], "POST": []}
    waited: list[float] = []
    for place in range(-20, rounds):  # the first warm up
        path, cookie = f"/p/{world.chance.choice(ids)}/reply/", cookies[place % len(cookies)]
        form = {"source": f"{world.text()} {place}", "nonce": str(uuid4())}
        RateLimit.objects.all().delete()
        before = sum(server.cpu_with_database())
        server.get(path, cookie)
        between = sum(server.cpu_with_database())
        wall = milliseconds(lambda args=(path, cookie, form): server.post(*args))
        after = sum(server.cpu_with_database())
        if place >= 0:
            cpu["form"].append(between - before)
            cpu["POST"].append(after - between)
            waited.append(wall)
    form_cpu, post_cpu = (statistics.median(times) for times in cpu.values())
    return {
        "form": form_cpu,
        "POST": post_cpu,
        "both": form_cpu + post_cpu,
        "POST p50": statistics.median(waited),
        "POST p95": percentile(waited, 95),
    }


if __name__ == "__main__":
    main()
