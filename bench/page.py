"""`make bench-page`: the cost of pages on the server.

Measured is the CPU time of the web server (gunicorn as in production) and of PostgreSQL: not
wall-clock time, which depends on the load of the machine. The member has read most of the
beginning of every thread, with gaps. Then the same 200 posts rendered in two ways, which shows why
there are compiled templates.
"""

from __future__ import annotations

import argparse
import gzip
import statistics
import time
from collections.abc import Callable

from common import bench_database, connection, finish, interleaved, say, table
from django.contrib.auth.models import AnonymousUser
from django.template.loader import get_template
from django.test import Client
from load import World
from served import Server, logged_in, served

from forum.actions.read_state import mark_revisions_read
from forum.models import Ignore, Post, Subscription, Thread, User
from forum.presenters import threads as presenter
from forum.queries.thread_pages import fetch_window
from forum.queries.threads import for_thread_page

BOARD = 60  # threads, two pages
SMALL, SHORT, WHOLE, LARGE = 5, 20, 200, 10_000  # posts
REQUESTS = 5  # of one page in turn
FOLLOWED, IGNORED = 1000, 50  # posts and people, by another member
GOALS: dict[str, dict[str, float]] = {  # ms of web server and PostgreSQL
    "thread of 20": {"visitor": 6, "member": 7},
    "thread of 200": {"visitor": 15, "member": 17},
    f"board of {BOARD} threads": {"visitor": 5},
    "front page": {"visitor": 4},
}
# Statements of a transaction that ask nothing of a table.
FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SET ", "SAVEPOINT", "RELEASE")


def main() -> None:
    options = arguments()
    with bench_database():
        say(f"Loading conversations, one of {options.large:,} posts ...")
        world = World()
        threads = {size: world.thread(size) for size in (SMALL, SHORT, WHOLE)}
        threads[LARGE] = world.thread(options.large)
        many = world.new_board("many")
        for number in range(BOARD):
            world.thread(3, title=f"Thread {number}", board=many)
        pages = {
            "front page": "/",
            f"board of {BOARD} threads": many.get_absolute_url(),
            "thread of 5": threads[SMALL].get_absolute_url(),
            "thread of 20": threads[SHORT].get_absolute_url(),
            "thread of 200": threads[WHOLE].get_absolute_url(),
            "large: first": threads[LARGE].get_absolute_url(),
            "large: middle": middle_of(threads[LARGE]),
        }
        member, chooser = world.people[:2]
        choose(chooser, threads[LARGE])
        for thread in threads.values():
            read = [n for n in range(1, thread.post_count // 2) if n % 3]
            for each in (member, chooser):
                mark_revisions_read(thread, member=each, numbers=read)
        with served() as server:
            say("Measuring ...")
            figures = {"page": measured(server, pages, member, options.rounds)}
            path = pages["thread of 20"]
            figures["choices"] = cost_of_choices(server, path, member, chooser, options.rounds)
        figures["render"] = renderings(threads[WHOLE], options.rounds)
    finish(figures)


def choose(member: User, thread: Thread) -> None:
    """Let a member follow many branches of a thread, and ignore many people who wrote nothing."""
    followed = Post.objects.in_thread(thread).filter(parent__isnull=False)[:FOLLOWED]
    Subscription.objects.bulk_create(
        Subscription(member=member, branch=post, thread=thread, state=Subscription.State.FOLLOW)
        for post in followed
    )
    people = User.objects.bulk_create(User(username=f"ignored{n}") for n in range(IGNORED))
    Ignore.objects.bulk_create(Ignore(member=member, ignored=each) for each in people)


def cost_of_choices(
    server: Server, path: str, member: User, chooser: User, rounds: int
) -> dict[str, float]:
    """Compare a page for a member who follows and ignores nothing with one for the other."""
    cookies = {"none": logged_in(member), "many": logged_in(chooser)}
    tasks = {
        name: lambda cookie=cookie: sum(server.cpu_of(path, cookie, REQUESTS))
        for name, cookie in cookies.items()
    }
    interleaved(tasks, rounds=2)  # warm
    taken = interleaved(tasks, rounds)
    figures = {name: statistics.median(each) for name, each in taken.items()}
    more = figures["many"] - figures["none"]
    say(f"  following {FOLLOWED:,}, ignoring {IGNORED}: {more:+.1f} ms (goal: at most 1 more)")
    return figures


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What pages cost the server to make.")
    parser.add_argument("--rounds", type=int, default=10, help=f"of {REQUESTS} requests a page")
    parser.add_argument("--large", type=int, default=LARGE, help="posts of the large thread")
    return parser.parse_args()


def middle_of(thread: Thread) -> str:
    """Return the URL of the page that begins with the post in the middle of the thread."""
    ids = Post.objects.in_thread(thread).values_list("pk", flat=True)
    return f"{thread.get_absolute_url()}?at=p{ids[thread.post_count // 2]}"


def measured(
    server: Server, pages: dict[str, str], member: User, rounds: int
) -> dict[str, dict[str, dict[str, float]]]:
    readers = {"visitor": "", "member": logged_in(member)}
    tasks = {
        f"{reader}/{page}": lambda path=path, cookie=cookie: server.cpu_of(path, cookie, REQUESTS)
        for page, path in pages.items()
        for reader, cookie in readers.items()
    }
    interleaved(tasks, rounds=2)  # warm
    taken = interleaved(tasks, rounds)
    clients = {"visitor": Client(), "member": Client()}
    clients["member"].force_login(member)
    figures: dict[str, dict[str, dict[str, float]]] = {}
    rows = []
    for page, path in pages.items():
        body = server.get(path)
        cells: list[object] = [page]
        figures[page] = {}
        for reader, client in clients.items():
            web, database = map(statistics.median, zip(*taken[f"{reader}/{page}"], strict=True))
            asked = queries(client, path)
            figures[page][reader] = {
                "cpu_ms": web + database,
                "web_ms": web,
                "database_ms": database,
                "queries": asked,
            }
            cells += [web, database, web + database, asked]
        posts = body.count(b"<article")
        figures[page]["bytes"] = {"raw": len(body), "gz": len(gzip.compress(body)), "posts": posts}
        rows.append([*cells, posts or "", len(body), len(gzip.compress(body))])
    table(
        f"A page: CPU ms of the web server, of PostgreSQL and of both (median of {rounds})",
        "- visitor PG both queries member PG both queries posts raw gz".split(),
        rows,
    )
    compare(figures)
    return figures


def compare(figures: dict[str, dict[str, dict[str, float]]]) -> None:
    """Print how the goals are met."""
    say("")
    whole = figures["thread of 200"]["visitor"]["cpu_ms"]
    for page, goals in GOALS.items():
        for reader, goal in goals.items():
            cpu = figures[page][reader]["cpu_ms"]
            say(f"  {page}, {reader}: {cpu:.1f} ms (goal: at most {goal})")
    for place in ("first", "middle"):
        window = figures[f"large: {place}"]
        ratio = window["visitor"]["cpu_ms"] / whole
        say(f"  the {place} page of the large thread against it: {ratio:.2f} (goal: at most 1.2)")


def queries(client: Client, path: str) -> int:
    """Return the number of queries of a page."""
    asked = 0

    def note(execute: Callable[..., object], sql: str, *rest: object) -> object:
        nonlocal asked
        asked += not sql.startswith(FRAME)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        client.get(path)
    return asked


# -- Two ways to render ---------------------------------------------------------------------------


def renderings(thread: Thread, rounds: int) -> dict[str, float]:
    """Return the CPU time per post with a Django template for each, and with compiled ones."""
    reader = AnonymousUser()
    thread = for_thread_page(Thread.objects.all()).get(pk=thread.pk)
    page = presenter.ThreadPage(thread, reader, fetch_window(thread, reader))
    template = get_template(presenter.POST_TEMPLATE.template)

    def by_template() -> None:
        compiled = presenter.POST_TEMPLATE
        presenter.POST_TEMPLATE = Plain(template)
        page.tree()
        presenter.POST_TEMPLATE = compiled

    variants = {"a template for each post": by_template, "compiled templates": page.tree}
    taken = interleaved(
        {variant: lambda task=task: cpu(task) for variant, task in variants.items()}, rounds
    )
    figures = {variant: statistics.median(times) / WHOLE for variant, times in taken.items()}
    table(
        f"{WHOLE} posts from rows to HTML, without queries and the page around them",
        ["", "CPU ms a post"],
        [[variant, f"{figure:.3f}"] for variant, figure in figures.items()],
    )
    return figures


class Plain:
    """A stand-in for a compiled template that renders its Django template each time."""

    def __init__(self, template: object) -> None:
        self.template = template

    def fill(self, variant: object, values: dict[str, str]) -> str:
        safe = {name: presenter.mark_safe(value) for name, value in values.items()}
        return self.template.render({"variant": variant, "post": safe})


def cpu(task: Callable[[], object]) -> float:
    """Return the CPU time of this process for `task`, in milliseconds."""
    started = time.process_time()
    task()
    return (time.process_time() - started) * 1000


if __name__ == "__main__":
    main()
