"""`make bench-admin`: the speed of the moderation admin in a large forum.

Every list, with searches and filters, and the page of one case: in wall-clock time from request to
response, in a forum of 10,000 posts and again when it has grown to 1,000,000 (`ARGS='--posts
100000'` for less).
"""

from __future__ import annotations

import argparse
import statistics

from common import bench_database, connection, finish, interleaved, milliseconds, say, table
from django.test import Client
from django.urls import reverse
from load import World
from page import queries
from served import Server, logged_in, served

from forum.actions.reports import report_post
from forum.admin.site import admin_site
from forum.models import Case, Post, Role, User

SMALL, LARGE = 10_000, 1_000_000  # posts
THREAD = 10_000  # posts of a thread
REPORTED = 100
MOST_MS = 500  # that a moderator waits for a list
SEARCHES = {
    "post": ("?q=nothing-says-this", "?hidden_at__isempty=0", "?q=@nobody"),
    "case": ("?state=closed", "?q=nothing-says-this"),
    "thread": ("?q=nothing-says-this",),
    "user": ("?q=nobody",),
}

Figures = dict[str, dict[str, float]]


def main() -> None:
    options = arguments()
    with bench_database():
        world = World()
        grow(world, 0, SMALL)
        reporter = User.objects.create_user("reporter")
        for post in Post.objects.order_by("-id")[:REPORTED]:
            report_post(post, actor=reporter, reason="spam")
        moderator = User.objects.create_user("moderator")
        Role.objects.create(person=moderator, kind=Role.Kind.ADMINISTRATOR)
        pages = addresses()
        with served() as server:
            small = measured(server, moderator, pages, options.rounds)
            grow(world, SMALL, options.posts)
            large = measured(server, moderator, pages, options.rounds)
    table(
        f"The admin in a forum of {SMALL:,} and of {options.posts:,} posts: ms (median), queries",
        ["", f"{SMALL:,}", "queries", f"{options.posts:,}", "queries"],
        [[name, *small[name].values(), *large[name].values()] for name in pages],
    )
    slowest = max(large, key=lambda name: large[name]["ms"])
    say(f"\n  slowest: {slowest}, {large[slowest]['ms']:.0f} ms (goal: at most {MOST_MS})")
    finish({"small": small, "large": large})


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Whether the moderators' lists stay fast.")
    parser.add_argument("--rounds", type=int, default=5, help="requests of each page")
    parser.add_argument("--posts", type=int, default=LARGE, help="of the large forum")
    return parser.parse_args()


def grow(world: World, posts: int, to: int) -> None:
    """Write conversations until the forum has `to` posts, and update PostgreSQL's statistics."""
    say(f"Loading conversations, {to:,} posts in all ...")
    for _thread in range(posts, to, THREAD):
        world.thread(min(THREAD, to - _thread))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def addresses() -> dict[str, str]:
    """Return the URLs of the admin's lists by name, with searches, and of one case."""
    pages = {}
    for model in admin_site._registry:  # noqa: SLF001 (the admin's own list of what it shows)
        name = model._meta.model_name
        page = reverse(f"admin:forum_{name}_changelist")
        pages[name] = page
        pages |= {f"{name} {search}": page + search for search in SEARCHES.get(name, ())}
    pages["one case"] = reverse("admin:forum_case_change", args=[Case.objects.earliest("pk").pk])
    return pages


def measured(server: Server, moderator: User, pages: dict[str, str], rounds: int) -> Figures:
    cookie = logged_in(moderator)
    client = Client()
    client.force_login(moderator)

    def waited(page: str) -> float:
        return milliseconds(lambda: server.get(page, cookie))

    visits = {name: lambda page=page: waited(page) for name, page in pages.items()}
    interleaved(visits, rounds=1)  # warm
    taken = interleaved(visits, rounds)
    return {
        name: {"ms": statistics.median(taken[name]), "queries": queries(client, page)}
        for name, page in pages.items()
    }


if __name__ == "__main__":
    main()
