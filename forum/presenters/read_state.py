"""The read state of a thread’s page: marks, counts, and the links to the next unread post."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import accumulate

from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.models import Thread, User
from forum.models.read_state import ThreadReadState
from forum.models.visibility import Reader
from forum.queries.read_state import UnreadCounts, count_unread_beyond_page
from forum.queries.thread_pages import PostRow, PostWindow

PAGE_SALT = "served-page"
PAGE_MAX_AGE = timedelta(days=1)


def load_page_token(token: str) -> tuple[int, int, list[int]]:
    """Return the member, the thread and the post numbers of a page that was served.

    Raises `django.core.signing.BadSignature`.
    """
    member_id, thread_id, numbers = signing.loads(token, salt=PAGE_SALT, max_age=PAGE_MAX_AGE)
    return member_id, thread_id, numbers


@dataclass(frozen=True, slots=True)
class UnreadSummary:
    """The number of unread posts in a thread, at least so many when `is_more`."""

    total: int
    is_more: bool = False

    @property
    def count(self) -> str:
        """Return “2”, or “1,000+”."""
        return f"{self.total:,}+" if self.is_more else str(self.total)

    @property
    def summary(self) -> str:
        """Return “2 unread”."""
        if not self.total:
            return _("No unread posts")
        shown = ngettext("%(count)s unread", "%(count)s unread", self.total)
        return shown % {"count": self.count}


class PageReadState:
    """The posts that `reader` has not read, among the rows shown and around them.

    For visitors, and for a member on the first visit, nothing is unread.
    """

    def __init__(
        self,
        thread: Thread,
        reader: Reader,
        window: PostWindow,
        read_state: ThreadReadState | None,
        rows: Sequence[PostRow],
    ) -> None:
        self.thread = thread
        self.read_state = read_state
        self._is_first_visit = read_state is None and isinstance(reader, User)
        self._reader_id = reader.pk
        self._rows = rows
        # Links lead through unread posts in tree order: in other orders the page can't tell.
        self._is_tree = window.order == "tree"
        self._order = [row.id for row in rows if self.is_unread(row)]
        self._places = {post: place for place, post in enumerate(self._order)}
        self._around = UnreadCounts()
        is_part = window.has_earlier or window.remaining
        if read_state is not None and isinstance(reader, User) and is_part:
            shown = [row.id for row in rows]
            self._around = count_unread_beyond_page(reader, read_state, window, shown)
            if not self._is_tree and not window.remaining:
                self._around = replace(self._around, before=self._around.after, after=0)

    def is_unread(self, row: PostRow) -> bool:
        """Return whether the reader has not read the post as it is now, and wants to."""
        return row.is_readable and row.is_unread and not (row.is_muted or row.is_ignored)

    def is_tracked(self, row: PostRow) -> bool:
        """Return whether to record that the post has been on the screen."""
        if self._is_first_visit:
            return row.author_id != self._reader_id and not row.is_ignored
        return row.is_readable and row.is_unread and not row.is_ignored

    def mark(self, row: PostRow) -> str:
        """Return the mark beside the post; see `PostVariant.mark`."""
        if self.is_unread(row):
            return "changed" if row.seen_revision else "new"
        is_wanted = row.is_readable and not (row.is_muted or row.is_ignored)
        return "shown" if row.is_fresh and is_wanted else ""

    def nth(self, row: PostRow) -> str:
        """Return “1 of 2” among the unread posts on the page."""
        place = self._places.get(row.id)
        if place is None:
            return ""
        return _("%(nth)d of %(count)d") % {"nth": place + 1, "count": len(self._order)}

    def address_after(self, row: PostRow) -> str:
        """Return the address of the next unread post, on the page or found by asking."""
        place = self._places.get(row.id)
        if place is None:
            return ""
        if self._is_tree and place + 1 < len(self._order):
            return f"#p{self._order[place + 1]}"
        return f"{self.next_path}?from=p{row.id}"

    @property
    def next_path(self) -> str:
        """Return the address that leads to the first unread post of the thread."""
        return f"/t/{self.thread.pk}/next/"

    @property
    def first(self) -> str:
        """Return the address of the first unread post, in the page if it is there."""
        if self._is_tree and self._order and not self._around.before:
            return f"#p{self._order[0]}"
        return self.next_path

    def below(self, rows: Sequence[PostRow], sizes: Sequence[int]) -> list[int]:
        """Return the number of unread posts below each row; `sizes` counts all posts below it."""
        if not self._order:
            return [0] * len(rows)
        up_to = [0, *accumulate(row.id in self._places for row in rows)]
        return [up_to[at + 1 + size] - up_to[at + 1] for at, size in enumerate(sizes)]

    @property
    def total(self) -> int:
        """Return the number of unread posts in the thread; at least so many when `is_more`."""
        return self._around.before + self._around.after + len(self._order)

    @property
    def is_more(self) -> bool:
        return self._around.is_more

    @property
    def count(self) -> str:
        """Return “2”, or “1,000+”."""
        return UnreadSummary(self.total, self.is_more).count

    @property
    def token(self) -> str:
        """Return the token that marks this page as read without scripts; empty if unneeded."""
        numbers = [row.latest_number for row in self._rows if self.is_tracked(row)]
        if not numbers:
            return ""
        value = (self._reader_id, self.thread.pk, numbers)
        return signing.dumps(value, salt=PAGE_SALT, compress=True)

    @property
    def before(self) -> str:
        """Return “, 2 unread” for the posts before the page."""
        return unread_suffix(self._around.before, is_more=self.is_more)

    @property
    def after(self) -> str:
        """Return “, 2 unread” for the posts after the page."""
        return unread_suffix(self._around.after, is_more=self.is_more)

    def in_unfinished(self, place: int) -> str:
        """Return “, 2 unread” for the rest of the unfinished branch at `place`."""
        below = self._around.below
        return unread_suffix(below[place], is_more=self.is_more) if below else ""

    @property
    def summary(self) -> str:
        """Return “2 unread”; empty on the first visit."""
        return UnreadSummary(self.total, self.is_more).summary if self.read_state else ""


def unread_suffix(count: int, *, is_more: bool = False) -> str:
    """Return “, 2 unread”; empty for none."""
    if not count:
        return ""
    shown = f"{count:,}+" if is_more else str(count)
    return ngettext(", %(count)s unread", ", %(count)s unread", count) % {"count": shown}
