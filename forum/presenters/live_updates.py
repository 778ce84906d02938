"""New replies and changes since a page was served: first announced, then shown on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.models import Post, Thread
from forum.models.read_state import ThreadReadState
from forum.models.visibility import Reader
from forum.presenters.threads import ThreadPage
from forum.queries.live_updates import MAX_CHANGES, PostChange
from forum.queries.thread_pages import PostWindow, fetch_rows


@dataclass(frozen=True, slots=True)
class PlacedReply:
    """A new reply and its place in the page."""

    id: int
    parent_id: int
    after_id: int
    html: SafeString


@dataclass(frozen=True, slots=True)
class ChangeNote:
    """A note that a post in the page has changed."""

    id: int
    words: str


class LiveUpdates:
    """The changes of a thread after a number, for one reader."""

    def __init__(
        self,
        thread: Thread,
        reader: Reader,
        read_state: ThreadReadState | None,
        changes: Sequence[PostChange],
    ) -> None:
        self.thread = thread
        self._reader = reader
        self._changes = changes
        self.is_more = len(changes) == MAX_CHANGES
        # Changes after this number come with the next request.
        self.number = (
            max(change.number for change in changes) if self.is_more else thread.next_number - 1
        )
        opening = Post.objects.opening_of(thread.pk).values_list("pk", flat=True).get()
        ids = {change.id for change in changes}
        answered = {change.parent_id for change in changes}
        rows = fetch_rows({opening, *ids}, reader, parents=answered, read_state=read_state)
        self._rows = {row.id: row for row in rows}
        self._new = [
            change for change in changes if change.is_new and self._rows[change.id].is_readable
        ]
        of_others = [
            change
            for change in self._new
            if change.author_id != reader.pk and not self._rows[change.id].is_ignored
        ]
        self._fresh = frozenset(change.id for change in of_others)
        for post_id in self._fresh:  # for visitors too, and on a first visit
            self._rows[post_id].is_fresh = True
        self._page = ThreadPage(
            thread,
            reader,
            PostWindow(rows, frozenset(ids)),
            read_state,
            also_in_page={change.parent_id or 0 for change in changes},
        )
        self.count = len(of_others)
        self.to_reader = sum(
            change.parent_author_id == reader.pk for change in of_others if reader.pk
        )

    @property
    def words(self) -> str:
        """Return “3 new replies, 1 of them to you.”"""
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
        """The id of the first new post in tree order."""
        return min(self._fresh, key=list(self._rows).index, default=None)

    @property
    def notes(self) -> list[ChangeNote]:
        """The notes on posts that changed. Hidden ones are replaced at once instead."""
        return [
            ChangeNote(change.id, self._what_happened(change))
            for change in self._changes
            if not (change.is_new or self._is_hidden(change))
        ]

    def _what_happened(self, change: PostChange) -> str:
        if self._rows[change.id].deleted_at:
            return _("Deleted just now.")
        return _("Edited just now.") if change.is_edited else _("Changed just now.")

    def _is_hidden(self, change: PostChange) -> bool:
        row = self._rows[change.id]
        is_taken_back = row.deleted_at is not None and row.erased_action_id is None
        return not (row.is_readable or is_taken_back)

    @property
    def hidden(self) -> list[SafeString]:
        """The tombstones of posts in the page that moderators hid or erased."""
        return [
            self._html(change)
            for change in self._changes
            if not change.is_new and self._is_hidden(change) and change.parent_id
        ]

    @property
    def placed(self) -> list[PlacedReply]:
        """The new replies in tree order, each with the post it follows."""
        return [
            PlacedReply(change.id, change.parent_id or 0, change.after_id or 0, self._html(change))
            for change in self._new
        ]

    @property
    def changed(self) -> list[SafeString]:
        """The changed posts of the page as they are now."""
        return [
            self._html(change) for change in self._changes if not change.is_new and change.parent_id
        ]

    def _html(self, change: PostChange) -> SafeString:
        row = self._rows[change.id]
        return mark_safe(self._page.post(row, change.after_id))  # noqa: S308 (escaped in the template)
