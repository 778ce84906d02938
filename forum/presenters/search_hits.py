"""The posts of a thread that match a search, marked in its tree."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from html import escape
from urllib.parse import urlencode

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.queries.thread_pages import PostRow

# What a word cannot be marked in: tags, with all that their attributes quote, and references.
NOT_TEXT = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>|&\#?\w+;)""")


class SearchHits:
    """The matches of a search in one thread or branch, in tree order.

    `address` is the page's, `posts` are the ids of all matches, and `words` the words to mark in
    those on the page, by post.
    """

    def __init__(
        self,
        text: str,
        address: str,
        posts: Collection[int],
        words: Mapping[int, Collection[str]],
        *,
        has_more: bool = False,
    ) -> None:
        self.text = text
        self.address = address
        self.has_more = has_more
        self._words = words
        self._posts = list(posts)
        self._places = {post: place for place, post in enumerate(posts)}

    @property
    def param(self) -> str:
        """Return the query parameter that keeps the search on other pages."""
        return f"{urlencode({'find': self.text})}&"

    @property
    def summary(self) -> str:
        """Return “12 posts match “moss”.”"""
        count = len(self._posts)
        if not count:
            return _("No posts here match “%(text)s”.") % {"text": self.text}
        if self.has_more:
            words = _("Many posts here match “%(text)s”; the newest %(count)d are marked.")
            return words % {"count": count, "text": self.text}
        words = ngettext(
            "%(count)d post here matches “%(text)s”.",
            "%(count)d posts here match “%(text)s”.",
            count,
        )
        return words % {"count": count, "text": self.text}

    @property
    def first(self) -> str:
        """Return the address of the first match; empty without one."""
        return self._link(self._posts[0]) if self._posts else ""

    def __contains__(self, post_id: int) -> bool:
        return post_id in self._places

    def links_at(self, post_id: int) -> SafeString:
        """Return “Match 2 of 12” with links to the previous and the next one, as HTML."""
        place = self._places.get(post_id)
        if place is None:
            return SafeString()
        parts = [_("Match %(nth)d of %(count)d") % {"nth": place + 1, "count": len(self._posts)}]
        if place:
            parts.append(self._step(place - 1, _("Previous match"), "prev"))
        if place + 1 < len(self._posts):
            parts.append(self._step(place + 1, _("Next match"), "next"))
        return mark_safe(" ".join(parts))  # noqa: S308 (addresses are escaped)

    def suffix(self, rows: Iterable[PostRow]) -> str:
        """Return “, 3 matches” for a fold around these rows; empty without any."""
        count = sum(row.id in self._places for row in rows)
        if not count:
            return ""
        return ngettext(", %(count)d match", ", %(count)d matches", count) % {"count": count}

    def mark_words(self, post_id: int, html: str) -> str:
        """Return the HTML of a post with the words that were found in `<mark>`."""
        words = self._words.get(post_id)
        if not words:
            return html
        longest_first = sorted(map(escape, words), key=len, reverse=True)
        found = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, longest_first))})(?!\w)")
        parts = NOT_TEXT.split(html)
        parts[::2] = [found.sub(r"<mark>\1</mark>", text) for text in parts[::2]]
        return "".join(parts)

    def _step(self, place: int, words: str, rel: str) -> str:
        return f'<a href="{escape(self._link(self._posts[place]))}" rel="{rel}">{words}</a>'

    def _link(self, post_id: int) -> str:
        if post_id in self._words:
            return f"#p{post_id}"
        return f"{self.address}?{self.param}at=p{post_id}#p{post_id}"
