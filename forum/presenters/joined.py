"""Replies that came into a page: themselves, and what else in it says something of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.models import Post, Quote, Thread
from forum.models.threads import Reader
from forum.presenters.backlinks import backlinks_from_elsewhere, summarise_backlinks
from forum.presenters.branches import summarise_replies
from forum.presenters.outline import outline_line
from forum.presenters.threads import ThreadPage
from forum.queries.outline import count_older_siblings
from forum.queries.sort_orders import SortOrder
from forum.queries.thread_pages import MAX_POSTS_COUNTED, PostRow, PostWindow, fetch_rows
from forum.queries.threads import for_thread_page


class Line(NamedTuple):
    """A reply in the outline, where the page has one: below the line of what it answers."""

    under: int
    html: SafeString


class Quoted(NamedTuple):
    """A post that a reply quotes, and what it says of those that do.

    Where they stand only the page knows: `said` has the words for all of them below it, for all
    above, and for both or elsewhere.
    """

    id: int
    author: str
    by: str  # the ids of those named
    said: Mapping[str, SafeString]
    counted: str  # “Quoted by 3”


class Joined:
    """What follows in a page from replies that came into it."""

    def __init__(
        self, thread: Thread, reader: Reader, rows: Sequence[PostRow], new: frozenset[int]
    ) -> None:
        self._thread = thread
        self._reader = reader
        self._rows = rows
        self._new = new

    @property
    def map(self) -> str:
        """The outline of a large thread, with the way to the first of them."""
        at = f"?at=p{self._rows[0].id}" if self._rows else ""
        return f"/t/{self._thread.pk}/map/{at}"

    @property
    def lines(self) -> list[Line]:
        return [
            Line(
                row.parent_id or 0,
                mark_safe(  # noqa: S308 (escaped in `outline_line`)
                    outline_line(row, f"#p{row.id}", row.excerpt, is_new=row.id in self._new)
                ),
            )
            for row in self._rows
        ]

    @cached_property
    def quoted(self) -> list[Quoted]:
        ids = Quote.objects.sources_in(self._thread, [row.id for row in self._rows])
        sources = fetch_rows(ids, self._reader, parents=()) if ids else []
        return [self._quoted(row) for row in sources if row.is_readable]

    def _quoted(self, row: PostRow) -> Quoted:
        by = [each.post_id for each in backlinks_from_elsewhere(row, self._thread.pk)]
        below = summarise_backlinks(row, self._thread.pk, {row.id: 0, **dict.fromkeys(by, 1)})
        above = summarise_backlinks(row, self._thread.pk, {row.id: 1, **dict.fromkeys(by, 0)})
        also = summarise_backlinks(row, self._thread.pk, {})
        said = {"below": below.answered, "above": above.answered, "also": also.answered}
        ids = " ".join(f"p{post_id}" for post_id in by)
        return Quoted(row.id, row.author, ids, said if also.answered else {}, also.quoted)


def posted(post: Post, reader: Reader, order: SortOrder) -> dict[str, object]:
    """What the composer's place shows when a reply was posted: the reply, ready to be read on."""
    thread = for_thread_page(Thread.objects.all()).get(pk=post.thread_id)
    opening = Post.objects.opening_of(thread.pk).only("pk").get()
    rows = fetch_rows({opening.pk, post.pk}, reader, parents={post.parent_id})
    page = ThreadPage(thread, reader, PostWindow(rows, frozenset({post.pk})))
    page.in_page |= {post.parent_id or 0}
    row = page.rows[-1]
    older = count_older_siblings(post)
    is_alone = row.level == 2 and not older and order != "time"
    return {
        "thread": thread,
        "reply": mark_safe(  # noqa: S308 (filled by stencils)
            page.post(row, above=post.parent_id, is_focused=True)
        ),
        # As the page would have it: what answers the head of a branch can be folded.
        "summary": summarise_replies([row]) if is_alone else "",
        "later": _later(row, older, order),
        "joined": Joined(thread, reader, [row], frozenset()),
    }


def _later(row: PostRow, older: int, order: SortOrder) -> str:
    """Where the reply will be once the page is loaded again, if that is somewhere else."""
    if order == "time":
        return _("By time it stands last when you reload.")
    if not older or (row.level == 1 and order != "tree"):
        return ""
    words = ngettext(
        "It sits after %(count)s older reply when you reload.",
        "It sits after %(count)s older replies when you reload.",
        older,
    )
    return words % {
        "count": f"{older:,}" if older < MAX_POSTS_COUNTED else f"{MAX_POSTS_COUNTED:,}+"
    }
