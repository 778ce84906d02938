"""Examples for the Markdown help, rendered as posts are."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from forum.lib.names import fold_name
from forum.markup.rendered_post import render
from forum.models import Mention
from forum.models.mentions import MentionRow
from forum.models.visibility import Reader
from forum.presenters.post_html import fill_post_html


@dataclass(frozen=True, slots=True)
class Example:
    source: str
    html: SafeString


def markdown_examples(reader: Reader, *, on_page: bool) -> list[Example]:
    """Return sources with their HTML; `on_page` makes headings two levels higher."""
    name = reader.get_username()
    mentions = [MentionRow(0, fold_name(name), reader.pk or 0, name, Mention.Kind.TEXT)]
    sources = _sources(name or "alice")
    return [Example(source, _drawn(source, mentions, on_page=on_page)) for source in sources]


def _drawn(source: str, mentions: list[MentionRow], *, on_page: bool) -> SafeString:
    quote = ' data-quote="0"><figcaption></figcaption>'  # of nobody's words
    stored = render(source).html.replace(quote, ">")
    html = fill_post_html(stored, mentions=mentions, quotes={}, thread_id=0, is_opening=on_page)
    return mark_safe(html)  # noqa: S308 (cleaned when rendered)


def _sources(name: str) -> list[str]:
    return [
        _("A line break\nis kept.\n\nAn empty line starts a paragraph."),
        _("*Important*, **more important**, ~~withdrawn~~."),
        _("> What someone wrote.\nYour reply."),
        _("Ask @%(name)s about it.") % {"name": name},
        _("See https://example.org or [this page](https://example.org)."),
        _("- bread\n- salt\n\n1. first\n2. second"),
        _("# A heading"),
        _("The word `print`, and lines of code:\n\n```python\nprint(6 * 7)\n```"),
        _("| what | when |\n|---|---|\n| sow | April |\n| reap | August |"),
        _("A backslash keeps a character as it is: \\*not important\\*."),
    ]
