"""Requests for permanent deletion, which a second person confirms or refuses in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forum.actions.moderator_alerts import alert_moderators
from forum.actions.transactions import RetryTransaction, retrying_transaction
from forum.errors import Conflict, Gone, Invalid, UserError
from forum.log_entry_types import LogEntryType, register_type
from forum.models import (
    Erasure,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    Post,
    Role,
    User,
)
from forum.moderation.audit_log import (
    AffectedUsers,
    Change,
    Effect,
    NewEntry,
    clean_reason,
    close_entry,
    log_changes,
    open_entry,
)
from forum.moderation.base import check_not_stale
from forum.moderation.erasure.anonymise import anonymise, naming
from forum.moderation.erasure.purge import erase_posts, forget_in_log, reach_of
from forum.moderation.registry import register_state
from forum.moderation.targets import TargetState, lock_people, lock_posts
from forum.permissions import can_anonymise, can_confirm_erasure, can_erase


class ErasureRequest(TypedDict):
    """A request, as the log stores it; null means that there is none."""

    posts: bool  # whether everything an account wrote is deleted, too


DROP_ERASURE = register_type(
    LogEntryType(
        "drop-erasure",
        gettext_lazy("refused a permanent deletion"),
        inverse="ask-erasure",
        is_public=False,
    )
)
ERASE_POST = register_type(
    LogEntryType(
        "erase-post",
        gettext_lazy("permanently deleted a post"),
        notifies=True,
        notification=gettext_lazy("Your post was permanently deleted."),
    )
)
# The member is told by email, see `anonymise`.
ERASE_PERSON = register_type(
    LogEntryType("erase-person", gettext_lazy("permanently deleted an account"), is_public=False)
)


@retrying_transaction
def ask_for_own(person: User, *, with_posts: bool) -> Erasure:
    """Request the permanent deletion of one's own account; a new request replaces the last."""
    (person,) = lock_people([person.pk])
    asked = Erasure.objects.open().filter(person=person).first()
    if asked is None:
        _close_expired(person)
        reason = _("Requested by the member")
        asked = Erasure.objects.create(person=person, asked_by=person, reason=reason)
        _alert_moderators(asked)
    if not asked.is_own:
        raise Conflict(_("You have already asked to delete your account."))
    asked.with_posts = bool(with_posts)
    asked.save(update_fields=["with_posts"])
    return asked


@retrying_transaction
def withdraw_own(person: User) -> None:
    """Withdraw the request to delete one's own account."""
    mine = Erasure.objects.open().filter(person=person, asked_by=person)
    mine.update(closed_at=timezone.now(), closed_by=person, outcome=Erasure.Outcome.WITHDRAWN)


@retrying_transaction
def drop_erasure(asked: Erasure, *, actor: User, reason: str, note: str = "") -> ModerationAction:
    """Refuse a request, or withdraw one's own; the inverse is to request it again.

    Raises `NotAllowed`, `Invalid`, `Busy`, and `Conflict` when it is closed.
    """
    if actor.pk != asked.asked_by_id:
        can_confirm_erasure(actor, asked).enforce()
    changes: list[Change] = []
    if asked.post_id:
        changes = [(POST_ASKED, post, None) for post in lock_posts([asked.post_id])]
    elif asked.person_id:
        changes = [(PERSON_ASKED, person, None) for person in lock_people([asked.person_id])]
    changes = [change for change in changes if change[0].read(change[1])]
    if not changes:
        raise Conflict(_("This was already decided."))
    return log_changes(NewEntry(DROP_ERASURE.name, actor, reason, note), changes)


@retrying_transaction
def confirm_erasure(
    asked: Erasure, *, actor: User | None, seen: str | None = None
) -> ModerationAction:
    """Carry out another person's request; `actor` is None when the operator confirms it.

    Irreversible. Confirmed twice, the first record is returned. Raises `NotAllowed`, `Busy`, and
    `Conflict` when it was withdrawn or changed since `seen`.
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
        raise Conflict(_("This was already decided, or it wasn’t confirmed in time."))
    if actor is not None:
        can_confirm_erasure(actor, asked).enforce()
    check_not_stale([asked.target], seen)
    _keep_an_administrator(people)
    affected = AffectedUsers.from_effects([(ModerationEffect.Kind.POST, pk, {}, {}) for pk in ids])
    entry = NewEntry(
        ERASE_PERSON.name if people else ERASE_POST.name,
        actor=actor if actor and asked.is_own else asked.asked_by,
        reason=asked.reason,
    )
    record = open_entry(entry, affected)
    context = [post for pk, post in posts.items() if pk not in ids]
    effects: list[Effect] = erase_posts([posts[pk] for pk in sorted(ids)], context, record)
    named_in = context if people else []
    effects += [anonymise(each, named_in, record, with_posts=asked.with_posts) for each in people]
    close_entry(record, effects, affected)
    forget_in_log(effects)
    _close(asked, Erasure.Outcome.DONE, actor, record)
    return record


@retrying_transaction
def remind_of_erasures() -> None:
    """Notify those who can confirm the requests that fall due, once for each request."""
    due = Erasure.objects.due_soon().filter(reminded_at=None)
    for asked in due.select_for_update(of=("self",), skip_locked=True):
        asked.reminded_at = timezone.now()
        asked.save(update_fields=["reminded_at"])
        _alert_moderators(asked, ModerationNotification.Cause.ERASURE_DUE)


def _posts_of(asked: Erasure) -> set[int]:
    if asked.post_id:
        return {asked.post_id}
    theirs = Post.objects.order_by().filter(author=asked.person_id, erased_action=None)
    return set(theirs.values_list("pk", flat=True)) if asked.with_posts else set()


def _keep_an_administrator(people: Sequence[User]) -> None:
    others = Role.objects.filter(kind=Role.Kind.ADMINISTRATOR).exclude(person__in=people)
    if people and not others.exists():
        raise Invalid(_("The site needs at least one administrator. Appoint another one first."))


def _close(
    asked: Erasure, outcome: str, actor: User | None, record: ModerationAction | None = None
) -> None:
    asked.closed_at, asked.closed_by = timezone.now(), actor
    asked.outcome, asked.record = outcome, record
    asked.save(update_fields=["closed_at", "closed_by", "outcome", "record"])


def _close_expired(target: Post | User) -> None:
    for asked in Erasure.objects.expired().about(target):
        _close(asked, Erasure.Outcome.EXPIRED, None)


# -- A request, as a state of a post or a member --------------------------------------------------


def _read(target: Post | User) -> ErasureRequest | None:
    asked = Erasure.objects.open().about(target).first()
    return {"posts": asked.with_posts} if asked else None


def _write(
    values: Sequence[tuple[Post | User, ErasureRequest | None]], action: ModerationAction
) -> None:
    for target, value in values:
        _close_expired(target)
        for asked in Erasure.objects.open().about(target).select_for_update(of=("self",)):
            is_asker = asked.asked_by_id == action.actor_id
            outcome = Erasure.Outcome.WITHDRAWN if is_asker else Erasure.Outcome.REFUSED
            _close(asked, outcome, action.actor, action)
            if asked.is_own and not is_asker:
                ModerationNotification.objects.create(
                    member=asked.asked_by, cause=ModerationNotification.Cause.DEED, action=action
                )
        if value:
            asked = Erasure.objects.create(
                post=target if isinstance(target, Post) else None,
                person=target if isinstance(target, User) else None,
                with_posts=value["posts"],
                reason=clean_reason(action.reason),
                asked_by=action.actor,
                record=action,
            )
            _alert_moderators(asked)


def _alert_moderators(
    asked: Erasure,
    cause: ModerationNotification.Cause = ModerationNotification.Cause.NEW_ERASURE,
) -> None:
    alert_moderators(cause, lambda person: can_confirm_erasure(person, asked))


def _is_gone(target: Post | User, value: ErasureRequest | None) -> UserError | None:
    if value and target.is_erased:
        return Gone(_("This was already permanently deleted."))
    if value and _read(target):
        return Conflict(_("Someone has already requested this."))
    return None


POST_ASKED = register_state(
    TargetState(ModerationEffect.Kind.POST, "erasure", _read, _write, can_erase, _is_gone)
)
PERSON_ASKED = register_state(
    TargetState(ModerationEffect.Kind.PERSON, "erasure", _read, _write, can_anonymise, _is_gone)
)
