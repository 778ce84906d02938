"""The notes on a branch that is folded, or whose beginning is not on the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.presenters.names import join_with_others
from forum.queries.thread_pages import PostRow

# With more replies than this, folding all of them is offered.
MIN_POSTS_TO_FOLD_ALL = 20


class Folds:
    """The branches of a page that are folded: those asked for, but none on the path to `target`."""

    def __init__(
        self,
        asked: str | int | None = None,
        rows: Sequence[PostRow] = (),
        target: int | None = None,
    ) -> None:
        self.all = asked == "all"
        self.only = asked if isinstance(asked, int) else None
        parents = {row.id: row.parent_id for row in rows}
        self._way: set[int] = set()
        above = parents.get(target or 0)
        while above is not None and above not in self._way:
            self._way.add(above)
            above = parents.get(above)

    def closes(self, post_id: int, *, is_muted: bool = False) -> bool:
        """Return whether the replies to that post are folded."""
        return (self.all or post_id == self.only or is_muted) and post_id not in self._way


def summarise_replies(rows: Sequence[PostRow]) -> str:
    """Return “38 replies from brigid, wren and 11 others”, without authors of removed posts."""
    authors = Counter(row.author for row in rows if row.is_readable)
    people = [name for name, _count in authors.most_common()]
    if not people:
        return ngettext("%(count)d reply", "%(count)d replies", len(rows)) % {"count": len(rows)}
    return ngettext(
        "%(count)d reply from %(names)s", "%(count)d replies from %(names)s", len(rows)
    ) % {"count": len(rows), "names": join_with_others(people)}


def missing_ancestors_note(row: PostRow) -> str:
    """Return the note above a post whose ancestors are not all on the page, with a link to them."""
    count = row.level - 1
    words = ngettext(
        "%(count)d post above isn’t on this page.",
        "%(count)d posts above aren’t on this page.",
        count,
    ) % {"count": count}
    nearest = _("Go to parent")
    return f'<li class="missing-posts">{words} <a href="/p/{row.parent_id}/">{nearest}</a></li>'
