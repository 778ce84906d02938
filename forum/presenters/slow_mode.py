"""Banners of a thread, or of a branch: locks, slow mode, and branches that were moved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.models import Thread
from forum.models.posts import post_path
from forum.models.visibility import Reader
from forum.presenters import counts
from forum.presenters.times import Clock
from forum.queries.thread_pages import PostRow


def thread_restrictions(thread: Thread, clock: Clock) -> list[str]:
    """Return a note on the lock and one on slow mode: “Locked. Reason: going in circles”."""
    said = []
    if thread.is_locked and thread.locked_action:
        action = thread.locked_action
        end = clock.moment(thread.locked_until) if thread.locked_until else ""
        said.append(_locked(end, action.reason))
    if thread.is_slow and thread.slow_minutes and thread.slow_action:
        end = clock.moment(thread.slow_until) if thread.slow_until else ""
        said.append(_slow(thread.slow_minutes, end, thread.slow_action.reason))
    return said


def describe_moves(thread: Thread, reader: Reader) -> list[tuple[int, SafeString]]:
    """Return the entries of the log about branches moved here or away: what, where, and why.

    The other thread is named and linked, if `reader` may know its title.
    """
    others = {move[end] for move in thread.moves for end in ("from", "to")} - {thread.pk}
    named = Thread.objects.named_to(reader).in_bulk(others) if others else {}
    return [(move["id"], _moved(move, thread, named)) for move in thread.moves]


def _moved(move: Mapping[str, Any], thread: Thread, named: Mapping[int, Thread]) -> SafeString:
    what = counts.posts(abs(move["after"] - move["before"]))
    head = post_path(move["head"])
    if move["from"] == move["to"]:
        branch = format_html('<a href="{}">{}</a>', head, _("A branch"))
        return format_html(_("{} moved within this thread: {}"), branch, move["reason"])
    if move["from"] == thread.pk:
        place = _link(named.get(move["to"]), head)
        return format_html(_("{} moved to {}: {}"), what, place, move["reason"])
    place = _link(named.get(move["from"]), reverse("thread-short", args=[move["from"]]))
    branch = format_html('<a href="{}">{}</a>', head, what)
    return format_html(_("{} moved here from {}: {}"), branch, place, move["reason"])


def _link(thread: Thread | None, address: str) -> SafeString | str:
    if thread is None:
        return _("another thread")
    return format_html('<a href="{}"><cite dir="auto">{}</cite></a>', address, thread.title)


def branch_restrictions(row: PostRow, clock: Clock) -> list[str]:
    """Return the same for a branch, at its head."""
    said = []
    now = timezone.now()
    if row.locked_at and not (row.locked_until and row.locked_until <= now):
        end = clock.moment(row.locked_until) if row.locked_until else ""
        said.append(_("This branch:") + " " + _locked(end, row.locked_reason))
    if row.slow_minutes and not (row.slow_until and row.slow_until <= now):
        end = clock.moment(row.slow_until) if row.slow_until else ""
        said.append(_("This branch:") + " " + _slow(row.slow_minutes, end, row.slow_reason))
    return said


def _locked(end: str, reason: str | None) -> str:
    message = (
        _("Locked until %(end)s. Reason: %(reason)s") if end else _("Locked. Reason: %(reason)s")
    )
    return message % {"end": end, "reason": reason or ""}


def _slow(minutes: int, end: str, reason: str | None) -> str:
    if end:
        words = ngettext(
            "Slow mode until %(end)s, one post per person every minute. Reason: %(reason)s",
            "Slow mode until %(end)s, one post per person every %(count)d minutes. Reason: "
            "%(reason)s",
            minutes,
        )
    else:
        words = ngettext(
            "Slow mode, one post per person every minute. Reason: %(reason)s",
            "Slow mode, one post per person every %(count)d minutes. Reason: %(reason)s",
            minutes,
        )
    return words % {"count": minutes, "end": end, "reason": reason or ""}
