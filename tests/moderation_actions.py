"""Every moderation action, with a target that it applies to, derived from the registry.

A new action needs nothing here: it is set up by its inverse, and its form is filled in by the kinds
of its fields. Only forms that ask for another post, thread or moderator are filled in by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.db import transaction

from forum.actions.drafts import Writing
from forum.actions.posts import reply_to
from forum.actions.premoderation import RuleMatch, hold_post
from forum.actions.reports import report_post
from forum.actions.threads import start_thread
from forum.models import Board, Category, PendingPost, Post, ReviewRule, Role, Thread, User
from forum.models.drafts import Purpose
from forum.moderation.actions.branch_moves import split_branch
from forum.moderation.base import Action
from forum.moderation.registry import all_actions
from forum.moderation.targets import Target

EACH: list[Action[Any]] = all_actions()


def page_name(action: Action[Any]) -> str:
    """Return the name of an action's page, which is also the id of its test cases."""
    return f"{action.kind.kind}-{action.slug}"


IDS = [page_name(action) for action in EACH]
BY_NAME = dict(zip(IDS, EACH, strict=True))

REPORTER = "erin"
ASSIGNEE = "erin"

# Values of form fields that name another row, once `make_ready` was called.
FIELD_VALUES: dict[str, Callable[[], str]] = {
    "post-move to": lambda: f"https://forum.example/p/{Post.objects.latest('pk').pk}/",
    "thread-merge into": lambda: str(Thread.objects.latest("pk").pk),
    "thread-move-to-board board": lambda: str(_other_board().pk),
    "post-assign to": lambda: str(User.objects.get(username=ASSIGNEE).pk),
    "pending_post-give to": lambda: str(User.objects.get(username=ASSIGNEE).pk),
}


def _other_board() -> Board:
    """A board without threads."""
    other = {"name": "Another board", "category": Category.objects.first()}
    return Board.objects.get_or_create(slug="another-board", defaults=other)[0]


def sent_with(action: Action[Any]) -> dict[str, str]:
    """Return the fields of an action's form besides the reason, once `make_ready` was called."""
    sent = {}
    for name, field in action.form.base_fields.items():
        if get_value := FIELD_VALUES.get(f"{page_name(action)} {name}"):
            sent[name] = get_value()
        elif not field.required or name == "reason":
            continue
        elif isinstance(field, forms.ModelChoiceField):
            sent[name] = str(field.queryset.order_by("pk").last().pk)
        elif isinstance(field, forms.EmailField):
            sent[name] = "new@example.org"
        elif isinstance(field, forms.IntegerField):
            sent[name] = str(field.initial or field.min_value)
        else:
            sent[name] = "Something else."
    return sent


def as_counted(action: Action[Any], target: Target) -> dict[str, str]:
    """Return what the page of an action sends to say that it has shown how much it hides."""
    return {"counted": action.describe_hidden([target], {})}


def split_off(post: Post, **kwargs: Any) -> Thread:
    """Split off a branch and return its thread."""
    split_branch(post, **kwargs)
    return Post.objects.select_related("thread").get(pk=post.pk).thread


def create_pending_post(parent: Post, author: User) -> PendingPost:
    """Create a pending reply to a post."""
    cause = RuleMatch(ReviewRule(kind=ReviewRule.Kind.FIRST, number=1), "1")
    purpose = Purpose(parent_id=parent.pk)
    return hold_post(purpose, author=author, written=Writing("It waits."), match=cause)


def make_ready(action: Action[Any], target: Target, actor: User) -> None:
    """Prepare a target that an action applies to, by a report or by the inverse of the action."""
    name = page_name(action)
    if name == "post-move":
        assert isinstance(target, Post)
        opening = Post.objects.opening_of(target.thread_id).get()
        reply_to(opening, author=target.author, source="Another branch.")
    if name == "thread-merge":
        assert isinstance(target, Thread)
        start_thread(target.board, author=target.author, title="Another", source="Another thread.")
    if name == "person-confirm-address":
        EmailAddress.objects.filter(user=target).update(verified=False)
    if _is_applicable(action, target) or _is_applicable_once_reported(action, target):
        return
    inverse = next(
        other
        for other in EACH
        if other.entry.inverse == action.entry.name and other.kind == action.kind
    )
    make_ready(inverse, target, actor)
    if not inverse.permission(actor, target):
        actor = User.objects.get(role_assignments__kind=Role.Kind.ADMINISTRATOR)
    form = inverse.form({"reason": "To begin with"} | sent_with(inverse))
    assert form.is_valid(), form.errors
    inverse(target, actor=actor, **form.cleaned_data)


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
