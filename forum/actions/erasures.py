"""Erasing for ever takes two: one person asks for it, another confirms it. It can't be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.acts import How, Outcome, Several, change, check_seen
from forum.actions.anonymising import anonymise, naming
from forum.actions.erasing import erase_posts, forget_in_log, reach_of
from forum.actions.records import Concerned, Effect, clean_reason, close_record, open_record
from forum.actions.states import State, lock_people, lock_posts
from forum.actions.transactions import RetryTransaction, retrying_transaction
from forum.errors import Conflict, Gone, Invalid, UserError
from forum.models import (
    Erasure,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    Post,
    Role,
    User,
)
from forum.models.acts import Act
from forum.permissions import PermissionResult, can_anonymise, can_confirm_erasure, can_erase

Kind = ModerationEffect.Kind
Asked = dict[str, bool] | None  # whether all they wrote goes, too


@Several
def ask_to_erase(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """Ask that a post is erased. Inverse: `drop_erasure`."""
    return change(Act.ASK_ERASURE, POST_ASKED, posts, {"posts": True}, **how)


@Several
def ask_to_anonymise(
    people: Sequence[User], *, with_posts: bool = False, **how: Unpack[How]
) -> Outcome:
    """Ask that an account is erased. Inverse: `drop_erasure`."""
    return change(Act.ASK_ERASURE, PERSON_ASKED, people, {"posts": bool(with_posts)}, **how)


@retrying_transaction
def ask_for_own(person: User, *, with_posts: bool) -> Erasure:
    """Ask that one's own account is erased; asked again, the last choice holds."""
    (person,) = lock_people([person.pk])
    asked = Erasure.objects.open().filter(person=person).first()
    if asked is None:
        _close_expired(person)
        reason = _("Asked for by the member")
        asked = Erasure.objects.create(person=person, asked_by=person, reason=reason)
    if not asked.is_own:
        raise Conflict(_("Your account is about to be erased already."))
    asked.with_posts = bool(with_posts)
    asked.save(update_fields=["with_posts"])
    return asked


@retrying_transaction
def withdraw_own(person: User) -> None:
    """Keep one's own account after all."""
    mine = Erasure.objects.open().filter(person=person, asked_by=person)
    mine.update(closed_at=timezone.now(), closed_by=person, outcome=Erasure.Outcome.WITHDRAWN)


@retrying_transaction
def drop_erasure(asked: Erasure, *, actor: User, reason: str, note: str = "") -> ModerationAction:
    """Refuse what somebody asked for, or take back what one asked for oneself.

    Inverse: to ask again. Raises `NotAllowed`, `Invalid`, `Busy`, and `Conflict` when it is closed.
    """
    state = PERSON_ASKED if asked.person_id else POST_ASKED
    if actor.pk != asked.asked_by_id:
        can_confirm_erasure(actor, asked).enforce()
    drop = State(
        state.kind, state.key, state.read, state.write, lambda _by, _target: PermissionResult()
    )
    outcome = change(
        Act.DROP_ERASURE, drop, [asked.target], None, actor=actor, reason=reason, note=note
    )
    if outcome.action is None:
        raise Conflict(_("That was decided already."))
    return outcome.action


@retrying_transaction
def confirm_erasure(
    asked: Erasure, *, actor: User | None, seen: str | None = None
) -> ModerationAction:
    """Erase what somebody else asked for; `actor` nobody when it is the operator at the machine.

    Irreversible. Confirmed twice, the first record is returned. Raises `NotAllowed`, `Busy`, and
    `Conflict` when it was withdrawn, or is not what was `seen` any more.
    """
    ids = _posts_of(asked)
    reach = reach_of(ids) | (naming(asked.person) if asked.person else set())
    posts = {post.pk: post for post in lock_posts(reach | ids)}  # threads before members
    people = lock_people([asked.person_id]) if asked.person_id else []
    if _posts_of(asked) != ids or not reach_of(ids) <= reach:
        raise RetryTransaction
    asked = Erasure.objects.select_for_update(of=("self",)).get(pk=asked.pk)
    if asked.record and asked.outcome == Erasure.Outcome.DONE:
        return asked.record
    if not asked.is_open:
        raise Conflict(_("That was decided already, or nobody confirmed it in time."))
    if actor is not None:
        can_confirm_erasure(actor, asked).enforce()
    check_seen([asked.target], seen)
    _keep_an_administrator(people)
    concerned = Concerned.actor([(Kind.POST, pk, {}, {}) for pk in ids])
    record = open_record(
        Act.ERASE_PERSON if people else Act.ERASE_POST,
        actor=actor if actor and asked.is_own else asked.asked_by,
        reason=asked.reason,
        concerned=concerned,
    )
    around = [post for pk, post in posts.items() if pk not in ids]
    effects: list[Effect] = erase_posts([posts[pk] for pk in sorted(ids)], around, record)
    named_in = around if people else []
    effects += [anonymise(each, named_in, record, with_posts=asked.with_posts) for each in people]
    close_record(record, effects, concerned)
    forget_in_log(effects)
    _close(asked, Erasure.Outcome.DONE, actor, record)
    return record


def _posts_of(asked: Erasure) -> set[int]:
    if asked.post_id:
        return {asked.post_id}
    theirs = Post.objects.order_by().filter(author=asked.person_id, erased_action=None)
    return set(theirs.values_list("pk", flat=True)) if asked.with_posts else set()


def _keep_an_administrator(people: Sequence[User]) -> None:
    others = Role.objects.filter(kind=Role.Kind.ADMINISTRATOR).exclude(person__in=people)
    if people and not others.exists():
        raise Invalid(_("The site needs an administrator: appoint another one first."))


def _close(
    asked: Erasure, outcome: str, actor: User | None, record: ModerationAction | None = None
) -> None:
    asked.closed_at, asked.closed_by = timezone.now(), actor
    asked.outcome, asked.record = outcome, record
    asked.save(update_fields=["closed_at", "closed_by", "outcome", "record"])


def _close_expired(target: Post | User) -> None:
    for asked in Erasure.objects.expired().of(target):
        _close(asked, Erasure.Outcome.EXPIRED, None)


# -- What is asked for, as a state of a post or a member ------------------------------------------


def _read(target: Post | User) -> Asked:
    asked = Erasure.objects.open().of(target).first()
    return {"posts": asked.with_posts} if asked else None


def _write(values: Sequence[tuple[Post | User, Asked]], action: ModerationAction) -> None:
    for target, value in values:
        _close_expired(target)
        for asked in Erasure.objects.open().of(target).select_for_update(of=("self",)):
            is_asker = asked.asked_by_id == action.actor_id
            outcome = Erasure.Outcome.WITHDRAWN if is_asker else Erasure.Outcome.REFUSED
            _close(asked, outcome, action.actor, action)
            if asked.is_own and not is_asker:
                ModerationNotification.objects.create(
                    member=asked.asked_by, cause=ModerationNotification.Cause.DEED, action=action
                )
        if value:
            Erasure.objects.create(
                post=target if isinstance(target, Post) else None,
                person=target if isinstance(target, User) else None,
                with_posts=value["posts"],
                reason=clean_reason(action.reason),
                asked_by=action.actor,
                record=action,
            )


def _is_gone(target: Post | User, value: Asked) -> UserError | None:
    if value and target.is_erased:
        return Gone(_("That was erased already."))
    if value and _read(target):
        return Conflict(_("Somebody asked for that already."))
    return None


POST_ASKED = State(Kind.POST, "erasure", _read, _write, can_erase, _is_gone)
PERSON_ASKED = State(Kind.PERSON, "erasure", _read, _write, can_anonymise, _is_gone)
