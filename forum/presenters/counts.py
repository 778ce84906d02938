"""Counts in words: “78 posts by 12 people in 1 thread”."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.models import Post
from forum.queries.branches import in_branches


def people(count: int) -> str:
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}


def posts(count: int) -> str:
    return ngettext("%(count)d post", "%(count)d posts", count) % {"count": count}


def threads(count: int) -> str:
    return ngettext("%(count)d thread", "%(count)d threads", count) % {"count": count}


def replies(count: int) -> str:
    return ngettext("%(count)d reply", "%(count)d replies", count) % {"count": count}


def pending_posts(count: int) -> str:
    return ngettext("%(count)d pending post", "%(count)d pending posts", count) % {"count": count}


def cases(count: int) -> str:
    return ngettext("%(count)d open case", "%(count)d open cases", count) % {"count": count}


def reports(count: int) -> str:
    return ngettext("%(count)d open report", "%(count)d open reports", count) % {"count": count}


def branches(heads: Sequence[Post]) -> str:
    """Return “78 posts by 12 people” for the branches of these posts, themselves included."""
    concerned = in_branches(heads).published()
    return _("%(posts)s by %(people)s") % {
        "posts": posts(concerned.count()),
        "people": people(concerned.count_authors()),
    }
