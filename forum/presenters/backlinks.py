"""Backlinks: the posts that quote a post, named or counted below it.

Replies to the post itself are only counted. When all quoting posts are named, there is no count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.models.posts import post_path
from forum.presenters.names import MAX_NAMES, join_names
from forum.queries.backlinks import MAX_BACKLINKS, Backlink
from forum.queries.thread_pages import PostRow


class BacklinkSummary(NamedTuple):
    """The line below a post and the link beside its buttons; empty without backlinks."""

    answered: SafeString  # “Answered below by lina, wren and 2 more”, with links
    quoted: str  # “Quoted by 3”


def summarise_backlinks(row: PostRow, thread_id: int, places: Mapping[int, int]) -> BacklinkSummary:
    """Return the backlinks of `row`; `places` are the positions of the posts in the page."""
    if not row.backlinks:
        return BacklinkSummary(SafeString(), "")
    answers = backlinks_from_elsewhere(row, thread_id)
    count = len(row.backlinks)
    if count == len(answers):
        quoted = ""
    elif count == MAX_BACKLINKS:
        quoted = _("Quoted by %(count)d or more posts") % {"count": count}
    else:
        quoted = ngettext("Quoted by %(count)d post", "Quoted by %(count)d posts", count) % {
            "count": count
        }
    answered = mark_safe(_answered(row.id, answers, places))  # noqa: S308 (names escaped)
    return BacklinkSummary(answered, quoted)


def backlinks_from_elsewhere(row: PostRow, thread_id: int) -> list[Backlink]:
    """Return the backlinks from its thread that are not replies to `row` itself."""
    return [
        citing
        for citing in row.backlinks
        if citing.thread_id == thread_id and citing.parent_id != row.id
    ]


def _answered(post_id: int, answers: list[Backlink], places: Mapping[int, int]) -> str:
    if not answers:
        return ""
    by: dict[str, Backlink] = {}
    for answer in answers:
        by.setdefault(answer.author, answer)
    named = [_link(answer, places) for answer in list(by.values())[:MAX_NAMES]]
    more = len(answers) - len(named)
    if more:
        words = ngettext("%(count)d more", "%(count)d more", more) % {"count": more}
        named.append(f'<a href="{post_path(post_id)}quoted/">{words}</a>')
    names = join_names(named)
    here = places.get(post_id, -1)
    # A post outside the page is neither above nor below.
    where = {places[each.post_id] > here if each.post_id in places else None for each in answers}
    if where == {True}:
        return _("Replied to below by %(names)s") % {"names": names}
    if where == {False}:
        return _("Replied to above by %(names)s") % {"names": names}
    return _("Also replied to by %(names)s") % {"names": names}


def _link(answer: Backlink, places: Mapping[int, int]) -> str:
    here = answer.post_id in places
    address = f"#p{answer.post_id}" if here else post_path(answer.post_id)
    return f'<a href="{address}"><bdi>{escape(answer.author)}</bdi></a>'
