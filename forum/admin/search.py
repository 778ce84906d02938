"""How the desk counts and searches."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from forum.models import User
from forum.presenters.counts import branches, people, posts, reports, threads

__all__ = ["branches", "by_number_or_author", "people", "posts", "reports", "threads"]


def by_number_or_author(listed: QuerySet[Any], term: str, *, of: str = "") -> QuerySet[Any] | None:
    """What a search for a number, or for @name, finds; None when it is for words.

    `of` leads from what is listed to what has the number and the author: `"post__"`.
    """
    if term.isascii() and term.isdigit() and len(term) < 19:
        return listed.filter(**{f"{of}pk": term})
    if term.startswith("@"):
        return listed.filter(**{f"{of}author__in": User.objects.named([term[1:]])})
    return None
