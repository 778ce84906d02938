"""Search by number or by author in the moderation admin."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from forum.models import User


def by_number_or_author(
    listed: QuerySet[Any], term: str, *, path: str = ""
) -> QuerySet[Any] | None:
    """Return the results for a number or for @name; None when the term is words.

    `path` leads from the listed model to the one with the number and the author: `"post__"`.
    """
    if term.isascii() and term.isdigit() and len(term) < 19:
        return listed.filter(**{f"{path}pk": term})
    if term.startswith("@"):
        return listed.filter(**{f"{path}author__in": User.objects.named([term[1:]])})
    return None
