"""What came and what changed since a page was made: told as a count, shown when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.models import Post, Thread
from forum.models.arrivals import MOST_AT_ONCE, Change
from forum.models.reading import Marks
from forum.models.threads import Reader
from forum.models.windows import Row, Window, rows_of
from forum.presenters.joined import Joined
from forum.presenters.news import News
from forum.presenters.threads import ThreadPage


@dataclass(frozen=True, slots=True)
class Placed:
    """A reply that came, and where it stands."""

    id: int
    parent_id: int
    after_id: int
    html: SafeString


@dataclass(frozen=True, slots=True)
class Note:
    """That a post in the page is not what it was any more."""

    id: int
    words: str


class Arrived(News):
    """Also to those for whom nothing is new on their first visit, and to visitors."""

    fresh: frozenset[int] = frozenset()

    def mark(self, row: Row) -> str:
        return super().mark(row) or ("shown" if row.id in self.fresh else "")


class Arrivals:
    """The changes of a thread after a number, for one reader."""

    def __init__(
        self, thread: Thread, reader: Reader, marks: Marks | None, changes: Sequence[Change]
    ) -> None:
        self.thread = thread
        self._reader = reader
        self._changes = changes
        self.is_more = len(changes) == MOST_AT_ONCE
        # As far as this tells; what is left out comes with the next.
        self.number = (
            max(change.number for change in changes) if self.is_more else thread.next_number - 1
        )
        opening = Post.objects.opening_of(thread.pk).values_list("pk", flat=True).get()
        ids = {change.id for change in changes}
        answered = {change.parent_id for change in changes}
        rows = rows_of({opening, *ids}, reader, answered=answered, marks=marks)
        self._rows = {row.id: row for row in rows}
        self._page = ThreadPage(thread, reader, Window(rows, frozenset(ids)), marks)
        self._page.in_page |= {change.parent_id or 0 for change in changes}
        self._new = [
            change for change in changes if change.is_new and self._rows[change.id].is_readable
        ]
        of_others = [change for change in self._new if change.author_id != reader.pk]
        news = Arrived(thread, reader, self._page.window, marks, rows)
        news.fresh = frozenset(change.id for change in of_others)
        self._page.news = news
        self._fresh = news.fresh
        self.count = len(of_others)
        self.to_reader = sum(
            change.answers_author_id == reader.pk for change in of_others if reader.pk
        )

    @property
    def words(self) -> str:
        """“3 new replies, 1 of them to you.”"""
        shown = f"{self.count}+" if self.is_more else str(self.count)
        said = ngettext("%(count)s new reply", "%(count)s new replies", self.count)
        words = said % {"count": shown}
        if self.to_reader and self.count == 1:
            words = _("%(replies)s, to you") % {"replies": words}
        elif self.to_reader:
            to_you = ngettext(
                "%(replies)s, %(count)d of them to you",
                "%(replies)s, %(count)d of them to you",
                self.to_reader,
            )
            words = to_you % {"replies": words, "count": self.to_reader}
        return f"{words}."

    @property
    def first(self) -> int | None:
        """The first of the new posts, in the order of the tree."""
        return min(self._fresh, key=list(self._rows).index, default=None)

    @property
    def notes(self) -> list[Note]:
        """Of posts that were there: that they are not what they were. Those hidden are not told of
        but shown, at once."""
        return [
            Note(change.id, self._what_happened(change))
            for change in self._changes
            if not (change.is_new or self._is_hidden(change))
        ]

    def _what_happened(self, change: Change) -> str:
        if self._rows[change.id].deleted_at:
            return _("Deleted just now.")
        return _("Edited just now.") if change.is_edited else _("Changed just now.")

    def _is_hidden(self, change: Change) -> bool:
        row = self._rows[change.id]
        is_taken_back = row.deleted_at is not None and row.erased_action_id is None
        return not (row.is_readable or is_taken_back)

    @property
    def hidden(self) -> list[SafeString]:
        """What stands where moderators hid or erased a post that was there."""
        return [
            self._html(change)
            for change in self._changes
            if not change.is_new and self._is_hidden(change) and change.parent_id
        ]

    @property
    def placed(self) -> list[Placed]:
        """The replies that came, in the order of the tree, each after what stands before it."""
        return [
            Placed(change.id, change.parent_id or 0, change.after_id or 0, self._html(change))
            for change in self._new
        ]

    @property
    def changed(self) -> list[SafeString]:
        """The posts that were there, as they are now."""
        return [
            self._html(change) for change in self._changes if not change.is_new and change.parent_id
        ]

    @property
    def joined(self) -> Joined:
        """What else in the page says something of the replies that came."""
        rows = [self._rows[change.id] for change in self._new]
        return Joined(self.thread, self._reader, rows, self._fresh)

    def _html(self, change: Change) -> SafeString:
        row = self._rows[change.id]
        return mark_safe(self._page.post(row, change.after_id))  # noqa: S308 (filled by stencils)
