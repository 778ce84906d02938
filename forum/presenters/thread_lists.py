"""A list of threads as its page shows it: tabs, boards, and what to say when it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from forum.lib.numbers import capped
from forum.models import Board, Category, Subscription, Tag, User
from forum.models.visibility import Reader
from forum.permissions import can_start_thread
from forum.presenters.subscriptions import SubscriptionControl, key_of, target_kind
from forum.queries.thread_lists import (
    ACTIVE_THREADS,
    MINE,
    TABS,
    UNANSWERED,
    UNREAD,
    WAITING,
    ListedBoards,
    ThreadListPage,
    ThreadTab,
    micros_of,
)


def list_address(tab: ThreadTab, scope: Board | Tag | None = None) -> str:
    """Return the address of a tab, of one board, of one tag, or of all threads."""
    if scope:
        return scope.get_absolute_url() + (f"{tab.slug}/" if tab.slug else "")
    return reverse("threads", args=[tab.slug]) if tab.slug else reverse("home")


def start_address(
    reader: Reader, boards: Sequence[Board], board: Board | None = None, tag: Tag | None = None
) -> str:
    """Return where to start a thread; empty if this reader can't. Visitors log in there first."""
    open_boards = [each for each in ([board] if board else boards) if not each.is_closed]
    if isinstance(reader, User):
        open_boards = [each for each in open_boards if can_start_thread(reader, each)]
    if not open_boards:
        return ""
    if board:
        return reverse("thread-start", args=[board.slug])
    return reverse("thread-choose-board", query={"tag": tag.slug} if tag else None)


@dataclass(frozen=True, slots=True)
class BoardLink:
    """A board beside a list, with the number of its unread threads."""

    board: Board
    unread: str
    is_current: bool


@dataclass
class ThreadList:
    """The context of a page of threads: of one board, of one tag, or of all threads."""

    tab: ThreadTab
    board: Board | None
    tag: Tag | None
    reader: Reader
    listed: ListedBoards
    page: ThreadListPage

    @property
    def scope(self) -> Board | Tag | None:
        return self.board or self.tag

    @property
    def address(self) -> str:
        return list_address(self.tab, self.scope)

    @cached_property
    def tabs(self) -> list[tuple[Any, str, bool, bool]]:
        """The label and address of each tab, whether it is shown, and whether it counts unread."""
        is_member = isinstance(self.reader, User)
        current = MINE if self.tab is WAITING else self.tab
        return [
            (tab.label, list_address(tab, self.scope), tab is current, tab is UNREAD)
            for tab in TABS
            if is_member or not tab.is_for_members
        ]

    @cached_property
    def parts(self) -> list[tuple[Any, str, bool]]:
        """The two lists of the tab “Mine”; empty for others."""
        if self.tab not in (MINE, WAITING):
            return []
        labels = ((MINE, _("All of mine")), (WAITING, WAITING.label))
        return [(label, list_address(tab, self.scope), tab is self.tab) for tab, label in labels]

    @cached_property
    def unread(self) -> str:
        """The number of unread threads in this list’s boards: “7”, “99+”, empty for none.

        Those of a tag are not counted.
        """
        return "" if self.tag else capped(self.listed.unread_in(self.board))

    @cached_property
    def categories(self) -> list[tuple[Category, list[BoardLink]]]:
        """All boards by category."""
        grouped = groupby(self.listed.boards, key=lambda board: board.category)
        return [
            (
                category,
                [
                    BoardLink(each, capped(self.listed.unread_in(each)), each == self.board)
                    for each in boards
                ],
            )
            for category, boards in grouped
        ]

    @cached_property
    def start(self) -> str:
        """The address of *Start a thread*; empty if the reader can’t."""
        return start_address(self.reader, self.listed.boards, self.board, self.tag)

    @property
    def subscription(self) -> SubscriptionControl | None:
        """Return the buttons to follow or mute the board or tag, for members."""
        if self.scope is None or not isinstance(self.reader, User):
            return None
        own = getattr(self.scope, "choice", None) or Subscription.Choice.NONE
        return SubscriptionControl(key_of(self.scope), target_kind(self.scope), own)

    @property
    def shown_at(self) -> int:
        """Return when the page was made, for `mark_boards_read`."""
        return micros_of(self.listed.at)

    @property
    def empty_text(self) -> str:
        """Return what an empty list says."""
        if not self.listed.boards:
            return _("No boards yet. An administrator can add them.")
        return {
            UNREAD: _("You have read everything."),
            UNANSWERED: _("Every thread has a reply."),
            MINE: _("You haven’t started a thread or replied to one yet."),
            WAITING: _("No replies to you are unanswered."),
        }.get(self.tab, _("No threads yet."))

    @property
    def active_address(self) -> str:
        """Return the address of the active threads, for those who find another list empty."""
        return "" if self.tab is ACTIVE_THREADS else list_address(ACTIVE_THREADS, self.scope)
