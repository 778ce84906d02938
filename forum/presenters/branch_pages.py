"""Branches by themselves: the page of one, and the ways on where a page ends inside one."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.lib.text import excerpt
from forum.models import Thread
from forum.models.posts import post_path
from forum.models.reading import Marks
from forum.models.threads import Reader
from forum.models.windows import COUNTED, Row, Window
from forum.presenters.threads import PARENT_WORDS, ThreadPage


@dataclass(frozen=True, slots=True)
class Way:
    """Where a branch that a page leaves unfinished goes on."""

    words: str
    address: str  # a page of that branch alone
    part: str  # what comes next of it, to be added to the page


def ways_on(page: ThreadPage, address: str) -> list[Way]:
    """The nearest branch, and the top-level one if there is more of that; none if none is cut."""
    if not page.later:
        return []
    ways = []
    counts = [branch.remaining for branch in page.window.unfinished]
    for place, branch in enumerate(page.window.unfinished):
        if place and counts[place] == counts[place - 1]:
            continue
        words = _("Continue this branch: %(replies)s")
        if place:
            words = _("Continue the branch around it: %(replies)s")
        replies = _count(branch.remaining) + page.news.in_unfinished(place)
        last = page.later
        ways.append(
            Way(
                words % {"replies": replies},
                f"{post_path(branch.head_id)}branch/?from=p{last}&after=p{last}",
                f"{address}?{page.in_order}after=p{last}&until=p{branch.head_id}",
            )
        )
    return ways


def _count(replies: int) -> str:
    shown = f"{replies:,}+" if replies >= COUNTED else str(replies)
    return ngettext("%(count)s more reply", "%(count)s more replies", replies) % {"count": shown}


@dataclass(frozen=True, slots=True)
class Step:
    """A post on the way from the opening post to the branch; of a removed one nobody is named."""

    address: str
    author: str
    words: SafeString


class BranchPage(ThreadPage):
    """One page of a branch: its head, what leads there, and the posts below in tree order."""

    def __init__(
        self,
        thread: Thread,
        reader: Reader,
        window: Window,
        marks: Marks | None,
        came_from: int | None,
    ) -> None:
        super().__init__(thread, reader, window, marks)
        self.came_from = came_from
        self.head = next(row for row in window.rows if row.id == window.head_id)

    @property
    def in_order(self) -> str:
        """What other pages of the branch are told, too: where the reader was before."""
        return f"from=p{self.came_from}&" if self.came_from else ""

    @property
    def back(self) -> str:
        """To where the reader was, else to the branch's place in the thread."""
        return post_path(self.came_from or self.head.id)

    @property
    def steps(self) -> list[Step]:
        return [_step(row) for row in self.window.path]

    @property
    def left_out(self) -> str:
        """How many posts above the branch are not among the steps."""
        count = self.head.level - len(self.window.path)
        if not count:
            return ""
        return ngettext(
            "%(count)d more post leads there from the opening post.",
            "%(count)d more posts lead there from the opening post.",
            count,
        ) % {"count": count}

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it stands: its head was removed, and nobody answered."""
        return not self.head.is_readable and not (self.window.page or self.window.has_earlier)


def _step(row: Row) -> Step:
    if not row.is_readable:
        return Step(post_path(row.id), "", SafeString())
    words = mark_safe(escape(excerpt(row.excerpt, PARENT_WORDS)))  # noqa: S308 (escaped here)
    return Step(post_path(row.id), row.author, words)
