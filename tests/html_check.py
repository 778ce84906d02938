"""Check that HTML is safe to show, with no code shared with the sanitiser.

The HTML must follow a grammar so narrow that no two parsers can read it differently: text without
angle brackets, opening tags with double-quoted attributes, closing tags in order. Within it only
the listed tags, attributes, classes and addresses are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import unescape

from pygments.token import STANDARD_TYPES

_TAG = re.compile(r'<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?: [a-z-]+="[^"<>]*")*)>')
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"]*)"')
_VOID = {"br", "hr"}

_BARE = "blockquote br em figcaption h4 h5 h6 hr li s strong summary table tbody thead tr ul"
_TAGS: dict[str, set[str]] = {
    **{tag: set() for tag in _BARE.split()},
    "a": {"href", "rel"},
    "code": {"class"},
    "details": {"class"},
    "div": {"class", "tabindex"},
    "figure": {"class", "data-quote"},
    "ol": {"class", "start"},
    "p": {"class"},
    "pre": {"tabindex"},
    "span": {"class"},
    "td": {"align"},
    "th": {"align"},
}
_VALUES = {
    "align": re.compile("left|center|right"),
    "class": re.compile(
        "|".join(
            [
                "quote",
                "cut",
                "earlier",
                "long",
                "scroll",
                "addressed",
                "mention",
                r"language-[a-z+-]+",
            ]
        )
        + "|"
        + "|".join(filter(None, STANDARD_TYPES.values()))
    ),
    "data-quote": re.compile(r"\d{1,5}"),
    "href": re.compile(r"(?:https?://|mailto:)[^\s]*", re.IGNORECASE),
    "rel": re.compile("nofollow ugc noopener"),
    "start": re.compile(r"\d{1,9}"),
    "tabindex": re.compile("0"),
}
_LOCAL = re.compile(r"(?:/(?![/\\])|#|\?)[^\s]*")


def problems(html: str, also: Mapping[str, set[str]] | None = None) -> list[str]:
    """Return the faults of `html`, an empty list if it is safe.

    `also` names further tags and their attributes, as the page's second step adds them
    (`{"a": {"class"}}`); with it, links into the site are allowed, too.
    """
    return list(_problems(html, also))


def assert_safe(html: str, also: Mapping[str, set[str]] | None = None) -> None:
    """Fail with a list of the faults of `html`."""
    assert problems(html, also) == [], html[:2000]


def _problems(html: str, also: Mapping[str, set[str]] | None) -> Iterator[str]:
    open_tags: list[str] = []
    end = 0
    for match in _TAG.finditer(html):
        yield from _text_problems(html[end : match.start()])
        end = match.end()
        name = match["name"]
        if match["end"]:
            if not open_tags or open_tags.pop() != name:
                yield f"</{name}> closes nothing"
            continue
        if name not in _VOID:
            open_tags.append(name)
        yield from _tag_problems(name, match["attributes"], also)
    yield from _text_problems(html[end:])
    if open_tags:
        yield f"left open: {open_tags}"


def _text_problems(text: str) -> Iterator[str]:
    if "<" in text or ">" in text or "\0" in text:
        yield f"not plain text: {text[:80]!r}"


def _tag_problems(name: str, attributes: str, also: Mapping[str, set[str]] | None) -> Iterator[str]:
    extra = (also or {}).get(name)
    if name not in _TAGS and extra is None:
        yield f"tag {name}"
        return
    given = _ATTRIBUTE.findall(attributes)
    if len({key for key, _value in given}) != len(given):
        yield f"an attribute of {name} twice"
    for key, raw in given:
        value = unescape(raw)
        if key == "href" and also is not None and _LOCAL.fullmatch(value):
            continue
        if key in _TAGS.get(name, ()) and key not in (extra or ()):
            if not _VALUES[key].fullmatch(value):
                yield f"{name} {key}={value!r}"
        elif key not in (extra or ()):
            yield f"attribute {key} of {name}"
        elif key == "href" and not _VALUES["href"].fullmatch(value):
            yield f"{name} href={value!r}"
