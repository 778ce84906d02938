"""A list of threads as its page shows it: tabs, boards, and what to say when it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.html import escape
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.lib.numbers import capped
from forum.models import Board, Category, Subscription, Tag, Thread, User
from forum.models.ignores import ignored_ids
from forum.models.visibility import Reader
from forum.permissions import can_start_thread
from forum.presenters.compiled_templates import CompiledTemplate
from forum.presenters.subscriptions import (
    SubscriptionControl,
    key_of,
    target_kind,
    thread_buttons,
)
from forum.presenters.times import Clock
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


# -- Rows -----------------------------------------------------------------------------------------

ROW_TEMPLATE = CompiledTemplate("thread_lists/_thread.html", "thread")


class RowVariant(NamedTuple):
    """The conditions of `thread_lists/_thread.html`."""

    has_board: bool
    is_deleted: bool
    is_removed: bool
    is_unlisted: bool
    is_pinned: bool
    is_locked: bool
    has_replies: bool
    has_last_post: bool
    has_tags: bool
    is_unread: bool
    is_ignored: bool  # the reader ignores its author
    is_last_ignored: bool  # the reader ignores the author of the latest post
    is_member: bool
    choice: str | None  # what the reader chose for it, or for what it is in
    own_choice: str | None  # for itself

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """Return what a member can choose: choices and their words."""
        return thread_buttons(self.choice, self.own_choice)


class ThreadRows:
    """The rows of a list for one reader; `back` is the page that the buttons lead back to."""

    def __init__(self, reader: Reader, *, with_board: bool, back: str) -> None:
        self.is_member = isinstance(reader, User)
        self.ignored = ignored_ids(reader)
        self.with_board = with_board
        self.back = escape(urlencode({"next": back}))
        self.clock = Clock()

    def row(self, thread: Thread) -> str:
        """Return the HTML of one row."""
        last, count = thread.last_post, thread.reply_count
        is_ignored = thread.author_id in self.ignored
        variant = RowVariant(
            has_board=self.with_board,
            is_deleted=thread.is_deleted,
            is_removed=thread.is_removed,
            is_unlisted=thread.is_unlisted,
            is_pinned=thread.is_pinned,
            is_locked=thread.is_locked,
            has_replies=count > 0,
            has_last_post=last is not None,
            has_tags=bool(thread.tags),
            is_unread=thread.unread_count > 0,
            is_ignored=is_ignored,
            is_last_ignored=last is not None
            and last.author_id != thread.author_id
            and last.author_id in self.ignored,
            is_member=self.is_member,
            choice=thread.choice if self.is_member else None,
            own_choice=thread.own_choice if self.is_member else None,
        )
        return ROW_TEMPLATE.fill(
            variant,
            {
                "id": str(thread.pk),
                "address": thread.get_absolute_url(),
                "title": escape(thread.title),
                "board_address": thread.board.get_absolute_url() if self.with_board else "",
                "board": escape(thread.board.name),
                "author": escape(thread.author.username),
                "day": self.clock.day(thread.created_at),
                "latest": self.clock.tag(thread.last_post_at),
                "last_author": escape(last.author.username) if last else "",
                "excerpt": escape(last.excerpt) if last else "",
                "tags": "".join(map(_tag_item, thread.tags)),
                "replies": ngettext(
                    '<span class="count">%d</span> reply',
                    '<span class="count">%d</span> replies',
                    count,
                )
                % count,
                "unread": _("%s unread") % capped(thread.unread_count),
                "back": self.back,
            },
        )


def _tag_item(tag: dict[str, str]) -> str:
    address = reverse("tag-detail", args=[tag["slug"]])
    return f'<li><a href="{address}">{escape(tag["name"])}</a></li>'


# -- Pages ----------------------------------------------------------------------------------------


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
    path: str  # of this page

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

    @property
    def rows(self) -> SafeString:
        """Return the pinned threads and those of the page, as items of a list."""
        rows = ThreadRows(self.reader, with_board=self.board is None, back=self.path)
        html = map(rows.row, [*self.page.pinned, *self.page.threads])
        return mark_safe("".join(html))  # noqa: S308 (escaped in `ThreadRows`)

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
