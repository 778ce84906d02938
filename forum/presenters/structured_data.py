"""A page of a thread as schema.org data, from which search engines show conversations.

It is a `DiscussionForumPosting` with the posts of the page as nested comments, for visitors only:
nothing but what they read on the page.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import unescape
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from forum.models.posts import post_path
from forum.models.threads import thread_path
from forum.presenters.times import iso
from forum.queries.thread_pages import PostRow

MAX_POSTS = 100
MAX_COMMENT_CHARACTERS = 5_000  # of a post
MAX_BYTES = 64 * 1024

# Quotes are left out: they are somebody else's words, and may have been removed since.
_FIGURES = re.compile(r"<(/?)figure\b[^>]*>")
_TAGS = re.compile(r"<[^>]*>")
# Nothing in the data can end the element that it is in.
_ESCAPES = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


def thread_data(
    *,
    title: str,
    slug: str,
    thread_id: int,
    replies: int,
    opening: PostRow,
    rows: Iterable[PostRow],
) -> SafeString:
    """Return the data of a page with these posts, as JSON; empty if the opening post is removed.

    At most `MAX_POSTS` posts and `MAX_BYTES` bytes.
    """
    if not opening.is_readable:
        return SafeString()
    address = f"{settings.SITE_URL}{thread_path(thread_id, slug)}"
    posting = {
        "@context": "https://schema.org",
        "@type": "DiscussionForumPosting",
        "headline": title,
        **_post(opening),
        "url": address,
        "mainEntityOfPage": address,
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": "https://schema.org/CommentAction",
            "userInteractionCount": replies,
        },
    }
    shown = [row for row in rows if row.is_readable][: MAX_POSTS - 1]
    while True:
        text = _dump(posting | {"comment": _nested(opening, shown)} if shown else posting)
        if len(text.encode()) <= MAX_BYTES or not shown:
            return mark_safe(text)  # noqa: S308 (escaped)
        shown = shown[: len(shown) // 2]


def _nested(opening: PostRow, rows: list[PostRow]) -> list[dict[str, Any]]:
    """Return the posts as a tree; those whose parent is not shown are at its top."""
    comments = {
        row.id: {"@type": "Comment", **_post(row), "url": f"{settings.SITE_URL}{post_path(row.id)}"}
        for row in rows
    }
    top: list[dict[str, Any]] = []
    for row in rows:
        parent = comments.get(row.parent_id or 0)
        siblings = top if parent is None else parent.setdefault("comment", [])
        siblings.append(comments[row.id])
    return top


def _post(row: PostRow) -> dict[str, Any]:
    found = {
        "author": {
            "@type": "Person",
            "name": row.author,
            "url": f"{settings.SITE_URL}/u/{row.author}/",
        },
        "datePublished": iso(row.created_at),
        "text": plain_text(row.html),
    }
    if row.edited_at:
        found["dateModified"] = iso(row.edited_at)
    return found


def plain_text(html: str) -> str:
    """Return the own words of a post's stored HTML, shortened."""
    pieces, place, depth = [], 0, 0
    for match in _FIGURES.finditer(html):
        if depth == 0:
            pieces.append(html[place : match.start()])
        depth += -1 if match[1] else 1
        place = match.end()
    pieces.append(html[place:])
    return " ".join(unescape(_TAGS.sub(" ", "".join(pieces))).split())[:MAX_COMMENT_CHARACTERS]


def _dump(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
