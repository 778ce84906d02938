"""Backlinks: the posts that quote a post."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject

from forum.models.quotes import Quote
from forum.models.visibility import Reader, readable_by, visible_by

# Backlinks are counted up to this number.
MAX_BACKLINKS = 50


@dataclass(frozen=True, slots=True)
class Backlink:
    """A post that quotes another."""

    post_id: int
    author: str
    thread_id: int
    parent_id: int | None


def backlink_column(reader: Reader) -> ArraySubquery:
    """Return a column for a query of posts: the first posts that quote each, if readable.

    Its value is a list of dicts, each the fields of a `Backlink`.
    """
    readable = readable_by(reader, "post__") & visible_by(reader, "post__thread__")
    quotes = Quote.objects.filter(readable, source_post=OuterRef("pk"))
    backlinks = JSONObject(
        post_id=F("post_id"),
        author=F("post__author__username"),
        thread_id=F("post__thread_id"),
        parent_id=F("post__parent_id"),
    )
    # A post may quote another more than once.
    return ArraySubquery(
        quotes.order_by("post_id").distinct("post_id").values_list(backlinks)[:MAX_BACKLINKS]
    )
