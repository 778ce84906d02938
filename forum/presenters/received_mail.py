"""Posts that came by mail: what was left out of them, for their authors."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from django.utils.translation import ngettext

from forum.presenters.compiled_templates import CompiledTemplate

LEFT_OUT_TEMPLATE = CompiledTemplate("received_mail/_line.html")


class LeftOutVariant(NamedTuple):
    """The variants of `received_mail/_line.html`."""

    has_text: bool


def left_out_line(line: Mapping[str, object], *, is_away: bool) -> str:
    """Return the line below a post; `line` is of `ReceivedMailQuerySet.lines`.

    Nothing is shown where the post is not.
    """
    if is_away:
        return ""
    count, words = int(str(line["lines"])), [str(line["note"])]
    if count:
        left_out = ngettext(
            "%(count)d line of your mail was left out.",
            "%(count)d lines of your mail were left out.",
            count,
        )
        words.insert(0, left_out % {"count": count})
    values = {"id": str(line["post"]), "words": escape(" ".join(filter(None, words)))}
    return LEFT_OUT_TEMPLATE.fill(LeftOutVariant(count > 0), values)
