"""The allow-list for stored HTML: a safety net below the renderer."""

import nh3

from forum.markup.highlight import LANGUAGE_CLASSES, TOKEN_CLASSES

_TAGS = """
a blockquote br code details div em figcaption figure h4 h5 h6 hr li ol p pre s span strong
summary table tbody td th thead tr ul
"""
_CELL = {"align": {"left", "center", "right"}}

_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes={"a": {"href"}, "figure": {"data-quote"}, "ol": {"start"}},
    tag_attribute_values={
        "div": {"tabindex": {"0"}},
        "pre": {"tabindex": {"0"}},
        "td": _CELL,
        "th": _CELL,
    },
    allowed_classes={
        "code": set(LANGUAGE_CLASSES),
        "details": {"earlier"},
        "div": {"scroll"},
        "figure": {"q"},
        "p": {"addressed"},
        "span": {"addressed", "mention", *TOKEN_CLASSES},
    },
    link_rel="nofollow ugc noopener",
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)


def clean(html: str) -> str:
    """Return `html` without anything that a post may not contain."""
    return _CLEANER.clean(html)
