"""Captions above quotes: the author, a link to the source, and the changes since."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from forum.markup.markdown import MAX_QUOTES
from forum.markup.quotes import GAP, text_fragment
from forum.models.posts import build_post_url, post_path
from forum.models.quotes import UNREADABLE, QuoteRow, QuoteStatus

# As `forum.markup.markdown` writes them; text of users cannot look like this.
FIGURE = re.compile(r'<figure class="quote" data-quote="(\d+)"><figcaption></figcaption>|</figure>')
EARLIER = "<summary></summary>"
# A quote that contains only an earlier quote has no words to search for.
ONLY_EARLIER = re.compile(r"<blockquote>\s*<details")

# The text of each status, and whether it is a warning.
STATUS_NOTES = {
    QuoteStatus.KEPT: (gettext_noop("Edited since; this text is unchanged"), False),
    QuoteStatus.CHANGED: (gettext_noop("Edited since; this text has changed"), True),
    QuoteStatus.ALTERED: (gettext_noop("Altered in the quote"), True),
}


class QuoteCaptions:
    """The captions in a post of `thread_id`, for one reader.

    Quotes of posts in `in_page` lead to their place in the page. Quotes in an opening post are not
    expected to be from the thread.
    """

    def __init__(
        self,
        quotes: Mapping[int, QuoteRow],
        thread_id: int,
        in_page: frozenset[int],
        *,
        is_opening: bool,
    ) -> None:
        self.quotes = quotes
        self.thread_id = thread_id
        self.in_page = in_page
        self.is_opening = is_opening

    def filled_in(self, html: str) -> str:
        """Return the post’s `html` with captions, without words that the reader may not read.

        Words of people whom the reader ignores are folded.
        """
        pieces: list[str] = []
        place = 0
        closing: list[str] = []  # of the quotes that are open, the innermost last
        left_out: int | None = None  # how deep the quote is whose words are left out
        for match in FIGURE.finditer(html):
            if left_out is None:
                pieces.append(html[place : match.start()])
            place = match.end()
            if match[1] is None:
                end = closing.pop()
                if left_out in (None, len(closing)):
                    left_out = None
                    pieces.append(end)
                continue
            quote = self.quotes.get(int(match[1]))
            is_blank = quote is not None and quote.status in UNREADABLE
            is_folded = quote is not None and quote.is_ignored and not is_blank
            if left_out is None:
                pieces.append(self._opening(int(match[1]), quote, html[place : place + 99]))
                pieces.append(_fold() if is_folded else "")
                left_out = len(closing) if is_blank else None
            closing.append("</details></figure>" if is_folded else "</figure>")
        pieces.append(html[place:])
        summary = f"<summary>{_('Quoted earlier')}</summary>"
        return "".join(pieces).replace(EARLIER, summary)

    def _opening(self, ordinal: int, quote: QuoteRow | None, inside: str) -> str:
        """Return the start of a figure; all of it when its words may not be read."""
        if quote is not None:
            return self._of_source(quote)
        if ordinal >= MAX_QUOTES:
            unknown = _("Not checked: this post has more than %(count)d quotes")
            return _figure(
                "quote unknown-source", f"<span>{unknown % {'count': MAX_QUOTES}}</span>"
            )
        if self.is_opening or ONLY_EARLIER.match(inside):
            return '<figure class="quote">'
        return _figure("quote unknown-source", f"<span>{_('Not found in this thread')}</span>")

    def _of_source(self, quote: QuoteRow) -> str:
        status = quote.status
        if status is QuoteStatus.REMOVED:
            gone = _("%(name)s wrote this in a removed post") % {"name": _name(quote)}
            hidden = f"<blockquote><p>{_('Quoted text hidden with the post.')}</p></blockquote>"
            return _figure("quote unknown-source", f"<span>{gone}</span>") + hidden
        if status is QuoteStatus.WITHDRAWN:
            since = _("%(name)s wrote, edited by a moderator since") % {"name": _name(quote)}
            caption = f'<a href="{quoted_words_url(quote, self.in_page)}">{since}</a>'
            blank = f"<blockquote><p>{_('Quoted text removed by a moderator.')}</p></blockquote>"
            return _figure("quote unknown-source", caption) + blank
        wrote = _("%(name)s wrote") % {"name": _name(quote)}
        caption = f'<a href="{quoted_words_url(quote, self.in_page)}">{wrote}</a>'
        if quote.thread_id != self.thread_id:
            title = f"<cite>{escape(quote.thread_title)}</cite>"
            caption += f" <span>{_('in %(thread)s') % {'thread': title}}</span>"
        note, is_warning = STATUS_NOTES.get(status, ("", False))
        if is_warning:
            caption += f' <span class="warning">{_(note)}</span>'
        elif note:
            caption += f" <span>{_(note)}</span>"
        if quote.leaves_out:
            caption += f" <span>{_('Shortened')}</span>"
        if quote.post_id:  # it is posted
            caption += f" {_more(quote)}"
        return _figure("quote changed-source" if is_warning else "quote", caption)


def quoted_words_url(quote: QuoteRow, in_page: frozenset[int] = frozenset()) -> str:
    """Return the address of the exact words (a text fragment), or of the post if they changed.

    Of ignored people's posts, too: the fragment would find nothing in a folded post.

    The words are those of the source: the person quoting may have altered them. Of a shortened
    quote only the ends count.
    """
    place = f"#p{quote.source_id}"
    if quote.source_id not in in_page:
        place = build_post_url(
            quote.thread_id,
            quote.thread_slug,
            quote.source_id,
            numbers=quote.thread_numbers,
            level=quote.level,
        )
    if quote.is_ignored or quote.status in (QuoteStatus.CHANGED, QuoteStatus.WITHDRAWN):
        return place
    words = quote.words if quote.leaves_out else GAP.sub("…", quote.written)
    return f"{place}:~:text={text_fragment(words)}"


def _fold() -> str:
    """Return the start of the fold around words of somebody whom the reader ignores."""
    summary = f"<summary>{_('Ignored quote')} <span>{_('Show')}</span></summary>"
    return f'<details class="ignored">{summary}'


def _figure(kind: str, caption: str) -> str:
    return f'<figure class="{kind}"><figcaption>{caption}</figcaption>'


def _more(quote: QuoteRow) -> str:
    """Return the link to the context of the quote, or to the changes since."""
    match quote.status:
        case QuoteStatus.CHANGED:
            words = _("Show current text")
        case QuoteStatus.ALTERED:
            words = _("Show original")
        case _:
            words = _("Show omitted text") if quote.leaves_out else _("Show context")
    whose = _("quoted from %(name)s") % {"name": escape(quote.author)}
    address = f"{post_path(quote.post_id)}quote/{quote.ordinal}/"
    whose = f'<span class="visually-hidden">, {whose}</span>'
    return f'<a href="{address}" data-js-peek>{words}{whose}</a>'


def _name(quote: QuoteRow) -> str:
    return f"<bdi>{escape(quote.author)}</bdi>"
