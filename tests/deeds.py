"""Something to do for each deed of moderators, and what is sent with it besides the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from forum.actions.moderation import (
    hide_post,
    lock_branch,
    lock_thread,
    pin_thread,
    slow_branch,
    slow_thread,
    suspend_person,
)
from forum.actions.removal import remove_branch
from forum.actions.reports import dismiss_reports, report_post
from forum.forms.deeds import DEEDS, Deed
from forum.models import Post, Thread, User

Target = Post | Thread | User

EACH: list[tuple[str, Deed]] = [(kind, deed) for kind, deeds in DEEDS.items() for deed in deeds]
IDS = [f"{kind}-{deed.name}" for kind, deed in EACH]

FIELDS: dict[str, dict[str, str]] = {
    "edit-for": {"source": "What a moderator made of it."},
    "slow": {"minutes": "10"},
    "slow-branch": {"minutes": "10"},
}

# What has to be so before there is anything to take back.
BEFORE: dict[str, Callable[..., Any]] = {
    "unhide": hide_post,
    "restore": remove_branch,
    "unlock-branch": lock_branch,
    "hasten-branch": lambda post, **how: slow_branch(post, minutes=5, **how),
    "unlock": lock_thread,
    "hasten": lambda thread, **how: slow_thread(thread, minutes=5, **how),
    "unpin": pin_thread,
    "lift": suspend_person,
    "reopen": dismiss_reports,
}
# What somebody has reported first.
REPORTED = {"uphold", "dismiss", "reopen"}
REPORTER = "erin"


def make_ready(name: str, target: Target, by: User) -> None:
    """Let there be something to do for the deed of that name."""
    if name in REPORTED:
        report_post(target, by=User.objects.get(username=REPORTER), reason="spam")
    if name in BEFORE:
        BEFORE[name](target, by=by, reason="To begin with")
