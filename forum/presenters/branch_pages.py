"""The page of one branch, and the links to the rest where a page ends inside a branch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from html import escape

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.lib.text import excerpt
from forum.models import Thread
from forum.models.posts import post_path
from forum.models.read_state import ThreadReadState
from forum.models.visibility import Reader
from forum.presenters.threads import PARENT_EXCERPT_CHARACTERS, ThreadPage
from forum.queries.thread_pages import MAX_POSTS_COUNTED, PostRow, PostWindow


@dataclass(frozen=True, slots=True)
class BranchLink:
    """A link to the rest of a branch that a page leaves unfinished."""

    words: str
    address: str  # a page of that branch alone
    fragment_address: str  # of the replies that are added to the page


def links_to_rest(page: ThreadPage, address: str) -> list[BranchLink]:
    """Return links to the rest of the branches cut at the page’s end, the innermost first."""
    if not page.later:
        return []
    links = []
    counts = [branch.remaining for branch in page.window.unfinished]
    for depth, branch in enumerate(page.window.unfinished):
        if depth and counts[depth] == counts[depth - 1]:
            continue
        words = _("Continue this branch: %(replies)s")
        if depth:
            words = _("Continue the parent branch: %(replies)s")
        replies = _count(branch.remaining) + page.unread.in_unfinished(depth)
        last = page.later
        links.append(
            BranchLink(
                words % {"replies": replies},
                f"{post_path(branch.head_id)}branch/?from=p{last}&after=p{last}",
                f"{address}?{page.in_order}after=p{last}&until=p{branch.head_id}",
            )
        )
    return links


def _count(replies: int) -> str:
    shown = f"{replies:,}+" if replies >= MAX_POSTS_COUNTED else str(replies)
    return ngettext("%(count)s more reply", "%(count)s more replies", replies) % {"count": shown}


@dataclass(frozen=True, slots=True)
class PathStep:
    """A post on the path from the opening post to the branch; a removed one has no author."""

    address: str
    author: str
    words: SafeString
    is_ignored: bool = False


class BranchPage(ThreadPage):
    """One page of a branch: the path to it, its head, and the posts below in tree order."""

    def __init__(
        self,
        thread: Thread,
        reader: Reader,
        window: PostWindow,
        read_state: ThreadReadState | None,
        *,
        came_from: int | None,
        is_continuation: bool,
    ) -> None:
        super().__init__(thread, reader, window, read_state, is_continuation=is_continuation)
        self.came_from = came_from
        self.head = next(row for row in window.rows if row.id == window.head_id)

    @cached_property
    def muted(self) -> frozenset[int]:
        """Return the heads of muted branches, but not that of this page, which was asked for."""
        return super().muted - {self.head.id}

    @property
    def in_order(self) -> str:
        """Return the start of a query string that keeps the way back, and a search."""
        find = self.hits.param if self.hits else ""
        return f"{find}from=p{self.came_from}&" if self.came_from else find

    @property
    def back(self) -> str:
        """Return the address where the reader was, else the branch’s place in the thread."""
        return post_path(self.came_from or self.head.id)

    @property
    def steps(self) -> list[PathStep]:
        return [_step(row) for row in self.window.path]

    @property
    def left_out(self) -> str:
        """Return a note on the posts above the branch that are not among the steps."""
        count = self.head.level - len(self.window.path)
        if not count:
            return ""
        return ngettext(
            "%(count)d more post between the opening post and here.",
            "%(count)d more posts between the opening post and here.",
            count,
        ) % {"count": count}

    @property
    def is_empty(self) -> bool:
        """Return whether nothing is left: its head was removed, and it has no replies."""
        return not self.head.is_readable and not (self.window.page or self.window.has_earlier)


def _step(row: PostRow) -> PathStep:
    if not row.is_readable:
        return PathStep(post_path(row.id), "", SafeString())
    if row.is_ignored:
        return PathStep(post_path(row.id), row.author, SafeString(), is_ignored=True)
    words = mark_safe(escape(excerpt(row.excerpt, PARENT_EXCERPT_CHARACTERS)))  # noqa: S308 (escaped here)
    return PathStep(post_path(row.id), row.author, words)
