"""Lists of threads: their tabs, their pages by key, and the boards with their unread threads."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Now
from django.db.models.lookups import GreaterThan, LessThan
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.lib.sql import CountSubquery, IdsOf, IsAnyOf, unnest
from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.ignores import by_ignored
from forum.models.posts import Post
from forum.models.read_state import ReadMark, ReadState
from forum.models.subscriptions import Subscription
from forum.models.tags import Tag, has_tag
from forum.models.threads import Thread, ThreadQuerySet
from forum.models.visibility import Reader, ReaderQuery, readable_by
from forum.queries.read_state import HasUnread, HasUnreadUnopened, with_unread_counts
from forum.queries.subscriptions import with_choices
from forum.queries.threads import for_thread_list

THREADS_PER_PAGE = 30
MAX_PINNED = 30
# Unread threads of a board are counted up to this number.
MAX_UNREAD_THREADS = 100
# Of the threads that a member has opened and that have changed since, so many are looked at.
MAX_CHANGED_THREADS = 1000
# Of a member's posts, so many are looked at for replies that they have not answered.
MAX_POSTS_AWAITING = 1000

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CURSOR = re.compile(r"([0-9]{1,18})[.]([1-9][0-9]{0,17})")


def micros_of(moment: datetime) -> int:
    """Return a time as microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_at(micros: int) -> datetime | None:
    """Return the time that `micros_of` wrote; None when no time is that far away."""
    try:
        return EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return None


# -- Tabs -----------------------------------------------------------------------------------------

Filter = Callable[[ThreadQuerySet, Reader], ThreadQuerySet]


def _all(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    return threads


def _unanswered(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    """Keep threads whose only post is the opening post."""
    return threads.filter(post_count=1, last_post__parent=None)


def _mine(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    """Keep threads that the reader started or replied in."""
    written = Post.objects.order_by().filter(Q(deleted_at=None) | Q(parent=None), author=reader.pk)
    return threads.filter(pk__in=IdsOf(written.values("thread")))


def _waiting(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    """Keep threads with a reply to the reader that they have not answered.

    Replies by people whom the reader ignores do not count.
    """
    own = Post.objects.filter(author=reader.pk).order_by("-id").values("pk")
    answers = Post.objects.order_by().not_deleted()
    answers = answers.filter(parent=OuterRef("pk"), author=reader.pk)
    to_reader = Post.objects.order_by().filter(
        readable_by(reader), ~Exists(answers), parent__in=IdsOf(own[:MAX_POSTS_AWAITING])
    )
    to_reader = to_reader.exclude(author=reader.pk).exclude(by_ignored(reader))
    return threads.filter(pk__in=IdsOf(to_reader.values("thread")))


@dataclass(frozen=True, slots=True)
class ThreadTab:
    """One of the lists of threads: which ones it shows, and in what order."""

    slug: str  # in the address; empty for the first
    label: Any
    order: str = "last_post_at"  # with the latest first
    filter: Filter = _all
    is_for_members: bool = False


ACTIVE_THREADS = ThreadTab("", _("Active"))
NEWEST = ThreadTab("newest", _("New"), order="created_at")
UNREAD = ThreadTab("unread", _("Unread"), order="last_post_id", is_for_members=True)
UNANSWERED = ThreadTab("unanswered", _("Unanswered"), order="created_at", filter=_unanswered)
MINE = ThreadTab("mine", _("Mine"), filter=_mine, is_for_members=True)
WAITING = ThreadTab("waiting", _("Waiting for me"), filter=_waiting, is_for_members=True)
TABS = (ACTIVE_THREADS, NEWEST, UNREAD, UNANSWERED, MINE)
TABS_BY_SLUG = {tab.slug: tab for tab in (*TABS, WAITING)}


# -- Pages ----------------------------------------------------------------------------------------


class RowValue(Func):
    """Several columns as one value, for comparing rows by an index on them."""

    function = "ROW"
    output_field = TextField()


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the sorted column and the id of a thread that is, or was, there."""

    key: datetime | int
    thread_id: int

    def __str__(self) -> str:
        key = micros_of(self.key) if isinstance(self.key, datetime) else self.key
        return f"{key}.{self.thread_id}"


def parse_cursor(text: str, tab: ThreadTab) -> Cursor | None:
    """Return the place that an address names; None when it has another form."""
    match = CURSOR.fullmatch(text)
    if match is None:
        return None
    key, thread_id = int(match[1]), int(match[2])
    if tab.order == "last_post_id":
        return Cursor(key, thread_id)
    moment = moment_at(key)
    return None if moment is None else Cursor(moment, thread_id)


@dataclass(frozen=True, slots=True)
class ThreadListPage:
    """A page of a list, with the cursors of the pages after and before it."""

    threads: Sequence[Thread]
    pinned: Sequence[Thread] = ()
    older: Cursor | None = None
    newer: Cursor | None = None


@dataclass(frozen=True, slots=True)
class ThreadListRequest:
    """A page of a tab: its beginning, or what is after or before a place.

    Of one board, of one tag, or of all threads.

    `opened` are the unread threads that the reader has opened before, for the tab of unread ones.
    """

    tab: ThreadTab
    board: Board | None = None
    tag: Tag | None = None
    after: Cursor | None = None
    before: Cursor | None = None
    opened: Collection[int] = ()


def fetch_page(asked: ThreadListRequest, reader: Reader) -> ThreadListPage:
    """Return a page of threads with what their rows show."""
    pinned: Sequence[Thread] = ()
    if asked.tab is ACTIVE_THREADS and asked.board and not (asked.after or asked.before):
        pinned = PINNED_THREADS.fetch(reader, asked.board.pk)
    place = asked.before or asked.after
    keys = (place.key, place.thread_id) if place else ()
    within = (asked.board and asked.board.pk, asked.tag and asked.tag.pk)
    cut = (asked.before is not None, *keys)
    if asked.tab is UNREAD:
        ids = [
            pk
            for kind in (list(asked.opened), None)
            for (pk,) in UNREAD_IDS.fetch(reader, kind, *within, *cut)
        ]
        found = UNREAD_OF_PAGE.fetch(reader, ids, *cut)
    else:
        found = THREADS_OF_PAGE.fetch(reader, asked.tab, *within, *cut)
    has_more = len(found) > THREADS_PER_PAGE
    found = found[:THREADS_PER_PAGE]
    if asked.before:
        found.reverse()
    first, last = (_cursor_of(found[at], asked.tab) if found else None for at in (0, -1))
    return ThreadListPage(
        found,
        pinned,
        older=last if has_more or asked.before else None,
        newer=first if (has_more if asked.before else asked.after) else None,
    )


def _listed(reader: Reader, board_id: int | None) -> ThreadQuerySet:
    threads = Thread.objects.listed_for(reader).filter(merged_into=None)
    return threads.filter(board=board_id) if board_id else threads


def _pinned_threads(reader: Reader, board_id: int) -> ThreadQuerySet:
    """Return the pinned threads of a board."""
    threads = _listed(reader, board_id).filter(pinned_at__isnull=False)
    return _with_columns(threads.order_by("-pinned_at", "-id")[:MAX_PINNED], reader)


def _threads_of_page(
    reader: Reader,
    tab: ThreadTab,
    board_id: int | None,
    tag_id: int | None,
    is_back: bool,
    *keys: Any,
) -> ThreadQuerySet:
    """Return the threads of a page of a tab, and one more; `keys` are the fields of a cursor."""
    threads = _within(reader, board_id, tag_id)
    if tab is ACTIVE_THREADS and board_id:
        threads = threads.filter(pinned_at=None)
    threads = _cut(tab.filter(threads, reader), tab.order, is_back, *keys)
    if tab.is_for_members:
        # Without other tables: their columns would be fetched for every thread sorted.
        threads = Thread.objects.filter(pk__in=IdsOf(threads.values("pk")))
        threads = _cut(threads, tab.order, is_back, *keys)
    return _with_columns(threads, reader)


def _within(reader: Reader, board_id: int | None, tag_id: int | None) -> ThreadQuerySet:
    threads = _listed(reader, board_id)
    return threads.filter(has_tag(tag_id)) if tag_id else threads


def _cut(threads: ThreadQuerySet, order: str, is_back: bool, *keys: Any) -> ThreadQuerySet:
    """Return the threads of a page, and one more, in order; backwards for a page before a place."""
    sign = "" if is_back else "-"
    threads = threads.order_by(f"{sign}{order}", f"{sign}id")
    if keys:
        compare = GreaterThan if is_back else LessThan
        columns = RowValue(F(order), F("id"))
        threads = threads.filter(compare(columns, RowValue(*map(Value, keys))))
    return threads[: THREADS_PER_PAGE + 1]


PINNED_THREADS = ReaderQuery(_pinned_threads)
THREADS_OF_PAGE = ReaderQuery(_threads_of_page)


def _cursor_of(thread: Thread, tab: ThreadTab) -> Cursor:
    return Cursor(getattr(thread, tab.order), thread.pk)


def _with_columns(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    return with_choices(with_unread_counts(for_thread_list(threads), reader), reader)


# -- Unread threads -------------------------------------------------------------------------------


def _opened_unread(reader: User) -> QuerySet[Thread, tuple[int, int]]:
    """Return the unread threads that the reader has opened before, with their boards.

    Of those that changed since the reader had read everything, the latest `MAX_CHANGED_THREADS`.
    """
    opened = ReadState.objects.filter(member=reader).exclude(caught_up=F("thread__next_number"))
    changed = opened.order_by("-thread__last_post").values("thread")[:MAX_CHANGED_THREADS]
    unread = _listed(reader, None).filter(HasUnread(reader), pk__in=changed)
    return unread.order_by().values_list("pk", "board_id")


OPENED_UNREAD = ReaderQuery(_opened_unread)


def _unopened(threads: ThreadQuerySet, reader: User, bound: Any) -> ThreadQuerySet:
    """Keep the unread threads that the reader never opened; posts up to `bound` are read."""
    opened = ReadState.objects.filter(member=reader, thread=OuterRef("pk"))
    # Whether it was opened is quickly found, and is asked first.
    is_unread = Case(When(Exists(opened), then=False), default=HasUnreadUnopened(reader))
    return threads.filter(is_unread, last_post_id__gt=bound)


def _unread_ids(
    reader: User,
    opened: list[int] | None,
    board_id: int | None,
    tag_id: int | None,
    is_back: bool,
    *keys: Any,
) -> QuerySet[Thread, tuple[int]]:
    """Return the unread threads of a page that were `opened` or, for None, never opened.

    Each kind is found by an index of its own.
    """
    threads = _within(reader, board_id, tag_id)
    if opened is None:
        threads = _unopened(threads, reader, _marked_up_to(reader, board_id))
    else:
        threads = threads.filter(pk__in=unnest(opened))
    return _cut(threads, UNREAD.order, is_back, *keys).values_list("pk")


def _unread_of_page(reader: User, ids: list[int], is_back: bool, *keys: Any) -> ThreadQuerySet:
    """Return the first of these threads, for a page, and one more."""
    threads = Thread.objects.filter(IsAnyOf("pk", ids))
    return _with_columns(_cut(threads, UNREAD.order, is_back, *keys), reader)


UNREAD_IDS = ReaderQuery(_unread_ids)
UNREAD_OF_PAGE = ReaderQuery(_unread_of_page)


def _marked_up_to(reader: User, board: int | OuterRef | None) -> Coalesce | RawSQL:
    """Return the last post that a member marked as read in a board, or in each of them."""
    if board is None:
        return RawSQL(MARKED_IN_ALL_SQL, [reader.read_up_to, reader.pk])  # noqa: S611 (fixed text)
    marks = ReadMark.objects.filter(member=reader, board=board).values("up_to")
    return Coalesce(Subquery(marks), reader.read_up_to)


MARKED_IN_ALL_SQL = """
SELECT min(coalesce(mark.up_to, %s)) FROM forum_board AS board
       LEFT JOIN forum_readmark AS mark ON mark.board_id = board.id AND mark.member_id = %s
"""


# -- Boards ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ListedBoards:
    """All boards by category, with the numbers of their unread threads, at one moment.

    `newest_post` and `at` say what a list of that moment can have shown: see `mark_boards_read`.
    """

    boards: Sequence[Board]
    unread: dict[int, int]  # by board, counted up to `MAX_UNREAD_THREADS`
    opened: dict[int, int]  # the unread threads that the reader has opened, with their boards
    newest_post: int
    at: datetime
    has_tags: bool  # whether threads can be tagged

    def unread_in(self, board: Board | None) -> int:
        """Return the number of unread threads in a board, or in all."""
        return self.unread.get(board.pk, 0) if board else sum(self.unread.values())


def _boards(reader: Reader) -> QuerySet[Board]:
    """Return all boards with the numbers of their unread threads that were never opened."""
    newest = Post.objects.order_by("-pk").values("pk")[:1]
    boards = Board.objects.select_related("category").order_by(
        "category__position", "category__name", "position", "name"
    )
    tags = Exists(Tag.objects.main())
    boards = boards.annotate(newest=Subquery(newest), at=Now(), has_tags=tags)
    if isinstance(reader, User):
        in_board = _listed(reader, None).filter(board=OuterRef("pk"))
        bound = _marked_up_to(reader, OuterRef(OuterRef("pk")))
        unopened = _unopened(in_board, reader, bound).order_by("-last_post_id")
        own = Subscription.objects.filter(member=reader, board=OuterRef("pk"))
        boards = boards.annotate(
            unopened=CountSubquery(unopened.values("pk")[:MAX_UNREAD_THREADS]),
            choice=Subquery(own.choices()),
        )
    return boards


BOARDS = ReaderQuery(_boards)


def fetch_boards(reader: Reader) -> ListedBoards:
    """Return the boards in the order of the front page; two queries for members."""
    opened = dict(OPENED_UNREAD.fetch(reader)) if isinstance(reader, User) else {}
    found: Sequence[Any] = BOARDS.fetch(reader)
    unread = Counter(opened.values())
    for board in found:
        unread[board.pk] += getattr(board, "unopened", 0)
    return ListedBoards(
        found,
        {pk: min(count, MAX_UNREAD_THREADS) for pk, count in unread.items()},
        opened,
        found[0].newest or 0 if found else 0,
        found[0].at if found else timezone.now(),
        bool(found and found[0].has_tags),
    )
