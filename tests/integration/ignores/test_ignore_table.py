"""Every way in which an ignored person comes near, at every place where it could show."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest
from django.test import Client

from forum.actions.ignores import ignore_person
from forum.actions.posts import edit_post, reply_to
from forum.actions.read_state import mark_thread_read
from forum.actions.subscriptions import subscribe
from forum.actions.threads import start_thread
from forum.jobs.notifications import fan_out
from forum.models import Board, Notification, Post, Subscription, Thread, User
from forum.moderation.actions.branch_moves import merge_thread
from forum.queries.mention_search import search_people_to_mention
from forum.queries.read_state import count_unread
from tests.html import Element, Page

# alice ignores bob, and carol is her friend. What bob, or carol about him, does; and what alice
# gets to see of it: nothing (-), a notification of that cause, a count, a fold (fold), or the words
# themselves (open). After the slash: the same if she did not ignore bob. Her friend quotes him, and
# in the last column he starts a thread in a board that she follows.
TABLE = """
             | answers me | quotes me | mentions me | opens a thread | is quoted   | opens there
inbox        | -/reply    | -/quote   | -/mention   | -/mention      | reply/reply | -/follow
unread       | 0/1        | 0/1       | 0/1         | 0/1            | 1/1         | 0/1
suggestion   | -/bob      | -/bob     | -/bob       | -/bob          | -/bob       | -/bob
list         | -/open     | -/open    | -/open      | fold/open      | -/-         | fold/open
search       | fold/open  | fold/open | fold/open   | fold/open      | fold/open   | fold/open
quote        | fold/open  | fold/open | fold/open   | fold/open      | fold/open   | fold/open
tree         | fold/open  | fold/open | fold/open   | fold/open      | fold/open   | fold/open
edit, inbox  | -/reply    | -/mention | -/mention   | -/mention      | reply/reply | -/mention
edit, tree   | fold/open  | fold/open | fold/open   | fold/open      | fold/open   | fold/open
move, inbox  | -/reply    | -/quote   | -/mention   | -/mention      | reply/reply | -/follow
move, unread | 0/1        | 0/1       | 0/1         | 0/1            | 1/1         | 0/1
move, tree   | fold/open  | fold/open | fold/open   | fold/open      | fold/open   | fold/open
"""
WORD = "lichenology"  # bob's, in whatever he writes
QUESTION = "Does moss harm the bricks?"
SAID = f"Ask about {WORD} instead."


@dataclass
class Case:
    """One event: the post that could be notified, and the one with bob's words."""

    alice: User
    carol: User
    moderator: User
    client: Client
    post: Post
    spoken: Post
    elsewhere: Thread

    @property
    def thread(self) -> Thread:
        return Thread.objects.get(posts=self.post)

    @property
    def reader(self) -> User:
        return User.objects.get(pk=self.alice.pk)

    def page(self) -> Page:
        return Page(self.client.get(self.thread.get_absolute_url()))


# -- What happens ---------------------------------------------------------------------------------


def happen(event: str, opening: Post, others: Post, board: Board, bob: User) -> Post:
    """Let it happen, and return the post with bob's words."""
    match event:
        case "answers me":
            return reply_to(opening, author=bob, source=SAID)
        case "quotes me":
            return reply_to(others, author=bob, source=f"> {QUESTION}\n\n{SAID}")
        case "mentions me":
            return reply_to(others, author=bob, source=f"{SAID} So @alice did.")
        case "opens there":
            thread = start_thread(board, author=bob, title="Walls", source=SAID)
            return Post.objects.get(thread=thread)
        case "opens a thread":
            source = f"{SAID} So @alice did."
            return Post.objects.get(
                thread=start_thread(board, author=bob, title="Walls", source=source)
            )
        case _:
            return reply_to(others, author=bob, source=SAID)


# -- Where it could show --------------------------------------------------------------------------


def shown_in(part: Element) -> str:
    """Return whether bob's words are open, in a fold, or not there."""
    if WORD not in part.text:
        return "-"
    folded = sum(fold.text.count(WORD) for fold in part.find_all("details.ignored"))
    return "fold" if folded == part.text.count(WORD) else "open"


def in_inbox(case: Case) -> str:
    fan_out()
    inbox = Notification.objects.inbox_of(case.reader).filter(post=case.post)
    page = Page(case.client.get("/inbox/"))
    cause = inbox.values_list("cause", flat=True).first() or "-"
    assert page.has(f'a[href="/p/{case.post.pk}/"]') == (cause != "-")
    assert WORD not in page or case.post == case.spoken
    return cause


def as_unread(case: Case) -> str:
    return str(count_unread(case.thread, case.reader))


def in_suggestions(case: Case) -> str:
    found = search_people_to_mention("bo", reader=case.reader, thread=case.thread)
    return ", ".join(each.name for each in found) or "-"


def in_list(case: Case) -> str:
    return shown_in(Page(case.client.get("/")).find(".list"))


def in_search(case: Case) -> str:
    return shown_in(Page(case.client.get(f"/search/?q={WORD}")).find(".list"))


def in_quote(case: Case) -> str:
    quoting = reply_to(case.spoken, author=case.carol, source=f"> {SAID}\n\nWell.")
    return shown_in(case.page().post(quoting.pk))


def in_tree(case: Case) -> str:
    """Return how bob's words are shown in both posts; the page has the words of no other."""
    shown = {shown_in(case.page().post(post.pk)) for post in (case.post, case.spoken)}
    assert len(shown) == 1
    return shown.pop()


def edit(case: Case) -> None:
    author = User.objects.get(pk=case.post.author_id)
    edit_post(case.post, actor=author, source=f"{case.post.source}\n\nIs it so, @alice?")


def move(case: Case) -> None:
    merge_thread(case.thread, actor=case.moderator, into=case.elsewhere, reason="The same")
    case.post.refresh_from_db()
    case.spoken.refresh_from_db()


PLACES: dict[str, Callable[[Case], str]] = {
    "inbox": in_inbox,
    "unread": as_unread,
    "suggestion": in_suggestions,
    "list": in_list,
    "search": in_search,
    "quote": in_quote,
    "tree": in_tree,
}
CHANGES: dict[str, Callable[[Case], None]] = {"edit": edit, "move": move}


def rows() -> dict[tuple[str, str], tuple[str, str]]:
    """Return what is expected by place and event: with and without ignoring."""
    head, *lines = [
        [cell.strip() for cell in line.split("|")] for line in TABLE.strip("\n").splitlines()
    ]
    return {
        (place, event): tuple(cell.split("/"))  # type: ignore[misc]
        for place, *cells in lines
        for event, cell in zip(head[1:], cells, strict=True)
    }


def test_table_is_complete() -> None:
    places = {place for place, _event in rows()}
    assert {place.split(", ")[-1] for place in places} == PLACES.keys()
    assert {place.split(", ")[0] for place in places if ", " in place} == CHANGES.keys()
    events = {event for _place, event in rows()}
    assert len(events) == 6
    assert rows().keys() == set(product(places, events))


@pytest.mark.slow
@pytest.mark.parametrize("is_ignored", [True, False], ids=["ignored", "not ignored"])
@pytest.mark.parametrize(("place", "event"), rows())
def test_table(
    opening: Post,
    board: Board,
    alice: User,
    bob: User,
    carol: User,
    erin: User,
    as_alice: Client,
    place: str,
    event: str,
    is_ignored: bool,
) -> None:
    others = reply_to(opening, author=carol, source="Not that anybody knows.")
    elsewhere = start_thread(board, author=carol, title="Other walls", source="Which other walls?")
    for thread in (opening.thread, elsewhere):
        mark_thread_read(thread, member=alice)
    if is_ignored:
        ignore_person(bob, actor=alice)
    if event == "opens there":
        subscribe(board, Subscription.Choice.FOLLOW, actor=alice)
    post = spoken = happen(event, opening, others, board, bob)
    if event == "is quoted":
        mark_thread_read(opening.thread, member=alice)
        post = reply_to(opening, author=carol, source=f"> {SAID}\n\nWell.")
    case = Case(alice, carol, erin, as_alice, post, spoken, elsewhere)
    change, _comma, shown = place.rpartition(", ")
    if change:
        CHANGES[change](case)
    expected = rows()[place, event][not is_ignored]
    assert PLACES[shown](case) == expected
