"""The stored HTML of a post, filled in for its reader: names, captions and summaries.

`forum.markup.rendered_post` leaves these places empty, since a person may be renamed, and a source
edited or removed. Nothing that a person types can look like such a place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from forum.lib.names import fold_name
from forum.models.mentions import MentionRow
from forum.models.quotes import QuoteRow
from forum.presenters.quote_captions import QuoteCaptions

MENTION = re.compile(r'<span class="mention">@([^<]+)</span>')
ADDRESSED = re.compile(
    r'<(p|span) class="addressed">((?:<span class="mention">@[^<]+</span>\s*)+)</\1>\s*'
)
HEADING = re.compile(r"<(/?)h([4-6])>")


def has_mentions(html: str) -> bool:
    """Return whether a post’s stored HTML has places for names."""
    return 'class="mention"' in html


def has_quotes(html: str) -> bool:
    """Return whether a post’s stored HTML has places for captions."""
    return "data-quote" in html


def also_addressed(
    html: str, mentions: Sequence[MentionRow], parent_author_id: int | None
) -> list[str] | None:
    """Return the people mentioned at a post's start besides its parent's author.

    Return None if these mentions must stay in the text: they begin with somebody else, or name
    somebody unknown, and leaving them out would lose a word.
    """
    head = ADDRESSED.search(html)
    if head is None or parent_author_id is None:
        return None
    people = {mention.name: mention for mention in mentions}
    named = [people.get(fold_name(name)) for name in MENTION.findall(head[2])]
    first = named[0]
    if first is None or first.person_id != parent_author_id:
        return None
    others = [person.username for person in named[1:] if person]
    return others if len(others) == len(named) - 1 else None


def fill_post_html(
    html: str,
    *,
    mentions: Sequence[MentionRow],
    quotes: Mapping[int, QuoteRow],
    thread_id: int,
    in_page: frozenset[int] = frozenset(),
    folds: bool = False,
    is_opening: bool = False,
) -> str:
    """Return the stored `html` of a post in `thread_id` as a reader sees it.

    `folds` leaves out the mentions at its start, which the “to” line has. Quotes of posts in
    `in_page` lead to their place in the page. The headings of an opening post are two levels
    higher, right below the page's title, and its quotes are not expected to be from the thread.
    """
    if is_opening:
        html = HEADING.sub(lambda match: f"<{match[1]}h{int(match[2]) - 2}>", html)
    if folds:
        html = ADDRESSED.sub("", html, count=1)
    if has_mentions(html):
        names = {mention.name: mention.username for mention in mentions}
        html = MENTION.sub(lambda match: _mention(match[1], names), html)
    if has_quotes(html):
        html = QuoteCaptions(quotes, thread_id, in_page, is_opening=is_opening).filled_in(html)
    return html


def _mention(name: str, names: Mapping[str, str]) -> str:
    person = names.get(fold_name(name))
    return f'<a class="mention" href="/u/{person}/">@{person}</a>' if person else f"@{name}"
