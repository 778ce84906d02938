"""Filling the stored HTML of a post: names, captions and summaries, made for the reader.

`forum.markup.render` leaves these places empty, since a person may be renamed, a source edited or
removed. Nothing that a person typed can look like such a place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from django.utils.html import escape
from django.utils.translation import gettext as _

from forum.markup.quotes import find, text_fragment
from forum.models.mentions import MentionRow
from forum.models.posts import post_path
from forum.models.quotes import QuoteRow

MENTION = re.compile(r'<span class="mention">@([A-Za-z0-9_-]+)</span>')
ADDRESSED = re.compile(
    r'<(p|span) class="addressed">((?:<span class="mention">@[A-Za-z0-9_-]+</span>\s*)+)</\1>\s*'
)
QUOTE = re.compile(
    r'<figure class="q" data-quote="(\d+)"><figcaption></figcaption>(.*?)</figure>', re.DOTALL
)
EARLIER = "<summary></summary>"
HEADING = re.compile(r"<(/?)h([4-6])>")
# A quote of nothing but an earlier quote has no words of its own that could be looked for.
ONLY_EARLIER = re.compile(r"<blockquote>\s*<details")


def has_mentions(html: str) -> bool:
    """Whether a post's stored HTML has places for names."""
    return 'class="mention"' in html


def has_quotes(html: str) -> bool:
    """Whether a post's stored HTML has places for captions."""
    return "data-quote" in html


def also_addressed(
    html: str, mentions: Sequence[MentionRow], parent_author_id: int | None
) -> list[str] | None:
    """Whom a post's head addresses besides the person it answers; None if the head must stay.

    It stays when it begins with somebody else, or names nobody we know: folding it away would
    lose a word.
    """
    head = ADDRESSED.search(html)
    if head is None or parent_author_id is None:
        return None
    people = {mention.name: mention for mention in mentions}
    named = [people.get(name.lower()) for name in MENTION.findall(head[2])]
    first = named[0]
    if first is None or first.person_id != parent_author_id:
        return None
    others = [person.username for person in named[1:] if person]
    return others if len(others) == len(named) - 1 else None


def filled(
    html: str,
    *,
    mentions: Sequence[MentionRow],
    quotes: Mapping[int, QuoteRow],
    thread_id: int,
    in_page: frozenset[int] = frozenset(),
    folds: bool = False,
    is_opening: bool = False,
) -> str:
    """The stored `html` of a post in `thread_id` as a reader sees it.

    `folds` leaves out the mentions at its head, which the “to” line says. Quotes of posts in
    `in_page` lead to their place in the page. An opening post stands right below the page's title:
    its headings are two levels higher, and nobody expects its quotes to be from the thread.
    """
    if is_opening:
        html = HEADING.sub(lambda match: f"<{match[1]}h{int(match[2]) - 2}>", html)
    if folds:
        html = ADDRESSED.sub("", html, count=1)
    if has_mentions(html):
        names = {mention.name: mention.username for mention in mentions}
        html = MENTION.sub(lambda match: _mention(match[1], names), html)
    if has_quotes(html):
        html = QUOTE.sub(
            lambda match: _quote(
                match[2], quotes.get(int(match[1])), thread_id, in_page, is_opening
            ),
            html,
        )
        html = html.replace(EARLIER, f"<summary>{_('Quoted earlier')}</summary>")
    return html


def _mention(name: str, names: Mapping[str, str]) -> str:
    person = names.get(name.lower())
    return f'<a class="mention" href="/u/{person}/">@{person}</a>' if person else f"@{name}"


def _quote(
    inside: str,
    quote: QuoteRow | None,
    thread_id: int,
    in_page: frozenset[int],
    is_opening: bool,
) -> str:
    if quote is None:
        if is_opening or ONLY_EARLIER.match(inside):
            return f'<figure class="q">{inside}</figure>'
        return _figure("q lost", f"<span>{_('These words aren’t in this thread')}</span>", inside)
    if not quote.is_readable:
        gone = _("%(name)s wrote this in a post that was removed") % {"name": _name(quote)}
        hidden = f"<blockquote><p>{_('Quoted text hidden with the post.')}</p></blockquote>"
        return _figure("q lost", f"<span>{gone}</span>", hidden)
    wrote = _("%(name)s wrote") % {"name": _name(quote)}
    caption = f'<a href="{_address(quote, in_page)}">{wrote}</a>'
    if quote.thread_id != thread_id:
        title = f"<cite>{escape(quote.thread_title)}</cite>"
        caption += f" <span>{_('in %(thread)s') % {'thread': title}}</span>"
    if quote.is_latest:
        return _figure("q", caption, inside)
    if find(quote.words, quote.says_now):
        unchanged = _("Edited since; these words are unchanged")
        return _figure("q", f"{caption} <span>{unchanged}</span>", inside)
    changed = _("Edited since: these words have changed")
    history = f'<a href="{post_path(quote.source_id)}history/">{_("What it says now")}</a>'
    return _figure("q stale", f'{caption} <span class="warn">{changed}</span> {history}', inside)


def _figure(kind: str, caption: str, inside: str) -> str:
    return f'<figure class="{kind}"><figcaption>{caption}</figcaption>{inside}</figure>'


def _name(quote: QuoteRow) -> str:
    return f"<bdi>{quote.author}</bdi>"


def _address(quote: QuoteRow, in_page: frozenset[int]) -> str:
    """To the exact words where the browser can (text fragments), else to the post."""
    if quote.source_id not in in_page:
        return post_path(quote.source_id)
    return f"#p{quote.source_id}:~:text={escape(text_fragment(quote.words))}"
