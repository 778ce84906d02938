"""Something to do for each deed of moderators, and what is sent with it besides the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from forum.actions.drafts import Writing
from forum.actions.moderation import (
    hide_post,
    lock_branch,
    lock_thread,
    pin_thread,
    slow_branch,
    slow_thread,
    suspend_person,
)
from forum.actions.posts import reply_to
from forum.actions.premoderation import Why, hold_post
from forum.actions.removal import remove_branch
from forum.actions.reports import dismiss_reports, report_post
from forum.actions.sanctions import silence_person
from forum.actions.threads import start_thread
from forum.forms.deed import Deed
from forum.forms.deeds import DEEDS
from forum.models import HeldPost, HoldRule, Post, Thread, User
from forum.models.drafts import Purpose

Target = Post | Thread | User | HeldPost

EACH: list[tuple[str, Deed]] = [(kind, deed) for kind, deeds in DEEDS.items() for deed in deeds]
IDS = [f"{kind}-{deed.name}" for kind, deed in EACH]

FIELDS: dict[str, dict[str, str]] = {
    "retitle": {"title": "A better title"},
    "split": {"title": "A thread of its own"},
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
    "unsilence": silence_person,
}
# What somebody has reported first.
REPORTED = {"uphold", "dismiss", "reopen", "assign"}
REPORTER = "erin"


def sent_with(name: str) -> dict[str, str]:
    """What the form of that deed sends besides the reason, once `make_ready` was called."""
    if name == "move":
        return {"to": f"https://forum.example/p/{Post.objects.latest('pk').pk}/"}
    if name in ("assign", "give"):
        return {"to": str(User.objects.get(username="erin").pk)}
    if name == "merge":
        return {"into": str(Thread.objects.latest("pk").pk)}
    return FIELDS.get(name, {})


def waiting(parent: Post, author: User) -> HeldPost:
    """An answer to that post that waits for a moderator."""
    why = Why(HoldRule(kind=HoldRule.Kind.FIRST, number=1), "1")
    purpose = Purpose(parent_id=parent.pk)
    return hold_post(purpose, author=author, written=Writing("It waits."), why=why)


def make_ready(name: str, target: Target, actor: User) -> None:
    """Let there be something to do for the deed of that name."""
    if name in REPORTED:
        report_post(target, actor=User.objects.get(username=REPORTER), reason="spam")
    if name in BEFORE:
        BEFORE[name](target, actor=actor, reason="To begin with")
    if name == "move":
        assert isinstance(target, Post)
        opening = Post.objects.opening_of(target.thread_id).get()
        reply_to(opening, author=target.author, source="Another branch.")
    if name == "merge":
        assert isinstance(target, Thread)
        start_thread(target.board, author=target.author, title="Another", source="Another thread.")
