"""`make trace`: the code that runs when a member replies, or hides a post and undoes that.

Each journey is made once to warm up, then traced through the test client in a database of its own:
the files of the forum that it enters, in order, how many functions of them run, and what it asks
the database. Statements of the transaction (BEGIN, SAVEPOINT and the like) are not counted.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import uuid4

from common import ROOT, bench_database, connection, finish, say
from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment
from django.utils import timezone

from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.models import Board, Category, ModerationAction, Post, Role, User

FORUM = str(ROOT / "forum")
# Statements of a transaction that ask nothing of a table.
FRAME = ("BEGIN", "COMMIT", "ROLLBACK", "SET ", "SELECT set_config", "SAVEPOINT", "RELEASE")
WIDTH = 150

Journey = Callable[[], HttpResponse]


class Trace:
    """The entries and questions of one journey."""

    def __init__(self, journey: Journey) -> None:
        self.files: dict[str, int] = {}  # in the order of entering, how many functions of each
        self.functions: set[Any] = set()
        with CaptureQueriesContext(connection) as captured:
            sys.setprofile(self._note)
            try:
                self.response = journey()
            finally:
                sys.setprofile(None)
        statements = (query["sql"] for query in captured.captured_queries)
        self.queries = [sql for sql in statements if not sql.startswith(FRAME)]

    def _note(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(FORUM) or code in self.functions:
            return
        self.functions.add(code)
        name = str(Path(code.co_filename).relative_to(ROOT))
        self.files[name] = self.files.get(name, 0) + 1

    def figures(self) -> dict[str, object]:
        return {
            "files": len(self.files),
            "functions": len(self.functions),
            "queries": len(self.queries),
        }

    def print(self, name: str) -> None:
        say(f"\n{name}: answered with {self.response.status_code}")
        say(f"  {len(self.files)} files, {len(self.functions)} functions")
        for path, functions in self.files.items():
            say(f"    {path} ({functions})")
        say(f"  {len(self.queries)} queries")
        for number, sql in enumerate(self.queries, 1):
            say(f"    {number:2}. {shortened(sql)}")


def shortened(sql: str) -> str:
    """A statement on one line; of a list of columns only that there is one."""
    sql = " ".join(sql.split())
    sql = re.sub(r'(SELECT )"\w+"\."\w+"(?: AS "\w+")?, .*?( FROM )', r"\1…\2", sql)
    return sql if len(sql) <= WIDTH else f"{sql[: WIDTH - 1]}…"


class World:
    """A thread of alice's with a reply of bob's, a moderator, and both signed in."""

    def __init__(self) -> None:
        people = {name: User.objects.create_user(name) for name in ("alice", "bob", "carol")}
        long_ago = timezone.now() - timedelta(days=100)
        User.objects.update(date_joined=long_ago)
        Role.objects.create(person=people["carol"], kind=Role.Kind.MODERATOR)
        shelf = Category.objects.create(name="Outdoors")
        board = Board.objects.create(category=shelf, name="Gardens", slug="gardens")
        thread = start_thread(
            board, author=people["alice"], title="Moss", source="Does moss harm the bricks?"
        )
        opening = Post.objects.get(thread=thread)
        # Enough posts for bob not to be a new member.
        for number in range(settings.NEW_MEMBER_POSTS + 1):
            self.post = reply_to(opening, author=people["bob"], source=f"Answer {number}.")
        self.bob, self.carol = Client(), Client()
        self.bob.force_login(people["bob"])
        self.carol.force_login(people["carol"])
        self.opening = opening

    def reply(self, **headers: str) -> HttpResponse:
        fields = {"source": "Only where they stay wet.", "nonce": str(uuid4())}
        return self.bob.post(f"/p/{self.opening.pk}/reply/", fields, headers=headers or None)

    def hide(self) -> HttpResponse:
        return self.carol.post(f"/p/{self.post.pk}/hide/", {"reason": "Off the wall"})

    def undo(self) -> HttpResponse:
        action = ModerationAction.objects.all()[0]
        return self.carol.post(f"/log/{action.pk}/undo/", {"reason": "A mistake"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figures", action="store_true", help="print the last line only")
    options = parser.parse_args()
    setup_test_environment(debug=False)
    with bench_database():
        world = World()
        world.reply(), world.hide(), world.undo()
        traces = {
            "Post a reply": Trace(world.reply),
            "Post a reply, with HTMX": Trace(lambda: world.reply(hx_request="true")),
            "Hide a post": Trace(world.hide),
            "Undo that": Trace(world.undo),
        }
    if not options.figures:
        for name, trace in traces.items():
            trace.print(name)
    finish({"trace": {name: trace.figures() for name, trace in traces.items()}})


if __name__ == "__main__":
    main()
