"""Every moderation action with something to do for it, derived from the registry.

A new action needs nothing here: its set-up is found by its inverse, its form is filled by the kinds
of its fields. Only forms that ask for another post, thread or moderator are filled by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.db import transaction

from forum.actions.drafts import Writing
from forum.actions.posts import reply_to
from forum.actions.premoderation import Why, hold_post
from forum.actions.reports import report_post
from forum.actions.threads import start_thread
from forum.models import PendingPost, Post, ReviewRule, Thread, User
from forum.models.drafts import Purpose
from forum.moderation.actions.branch_moves import split_branch
from forum.moderation.base import Action
from forum.moderation.registry import all_actions
from forum.moderation.targets import Target

EACH: list[Action[Any]] = all_actions()


def name_of(action: Action[Any]) -> str:
    """Return the name of an action's page, which is also the id of its test cases."""
    return f"{action.kind.kind}-{action.slug}"


IDS = [name_of(action) for action in EACH]
BY_NAME = dict(zip(IDS, EACH, strict=True))

REPORTER = "erin"
ASSIGNEE = "erin"

# Fields that name another row: of what a form is filled with, once `make_ready` was called.
FIELDS: dict[str, Callable[[], str]] = {
    "post-move to": lambda: f"https://forum.example/p/{Post.objects.latest('pk').pk}/",
    "thread-merge into": lambda: str(Thread.objects.latest("pk").pk),
    "post-assign to": lambda: str(User.objects.get(username=ASSIGNEE).pk),
    "pending_post-give to": lambda: str(User.objects.get(username=ASSIGNEE).pk),
}


def sent_with(action: Action[Any]) -> dict[str, str]:
    """Return what the form of an action sends besides the reason, once `make_ready` was called."""
    sent = {}
    for name, field in action.form.base_fields.items():
        if by_hand := FIELDS.get(f"{name_of(action)} {name}"):
            sent[name] = by_hand()
        elif not field.required or name == "reason":
            continue
        elif isinstance(field, forms.ModelChoiceField):
            sent[name] = str(field.queryset.order_by("pk").last().pk)
        elif isinstance(field, forms.IntegerField):
            sent[name] = str(field.initial or field.min_value)
        else:
            sent[name] = "Something else."
    return sent


def split_off(post: Post, **how: Any) -> Thread:
    """Split off a branch and return its thread."""
    split_branch(post, **how)
    return Post.objects.select_related("thread").get(pk=post.pk).thread


def waiting(parent: Post, author: User) -> PendingPost:
    """Return a reply to that post that waits for a moderator."""
    why = Why(ReviewRule(kind=ReviewRule.Kind.FIRST, number=1), "1")
    purpose = Purpose(parent_id=parent.pk)
    return hold_post(purpose, author=author, written=Writing("It waits."), why=why)


def make_ready(action: Action[Any], target: Target, actor: User) -> None:
    """Let there be something to do for an action: a report, or what its inverse takes back."""
    name = name_of(action)
    if name == "post-move":
        assert isinstance(target, Post)
        opening = Post.objects.opening_of(target.thread_id).get()
        reply_to(opening, author=target.author, source="Another branch.")
    if name == "thread-merge":
        assert isinstance(target, Thread)
        start_thread(target.board, author=target.author, title="Another", source="Another thread.")
    if _is_applicable(action, target) or _is_applicable_once_reported(action, target):
        return
    earlier = next(
        each
        for each in EACH
        if each.entry.inverse == action.entry.name and each.kind == action.kind
    )
    make_ready(earlier, target, actor)
    form = earlier.form({"reason": "To begin with"} | sent_with(earlier))
    assert form.is_valid(), form.errors
    earlier(target, actor=actor, **form.cleaned_data)


def _is_applicable(action: Action[Any], target: Target) -> bool:
    return action.is_applicable(type(target)._default_manager.get(pk=target.pk))


def _is_applicable_once_reported(action: Action[Any], target: Target) -> bool:
    if not isinstance(target, Post):
        return False
    with transaction.atomic():
        report_post(target, actor=User.objects.get(username=REPORTER), reason="spam")
        if _is_applicable(action, target):
            return True
        transaction.set_rollback(True)
    return False
