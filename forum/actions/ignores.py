"""Ignoring members."""

from __future__ import annotations

from django.utils.translation import gettext as _

from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict
from forum.models import Ignore, Post, ReadState, User
from forum.models.ignores import MAX_IGNORED
from forum.permissions import can_ignore


@retrying_transaction
def ignore_person(person: User, *, actor: User) -> None:
    """Ignore a person; changes nothing if they are ignored already. Inverse: `stop_ignoring`.

    Locks the actor, so that the limit holds. Raises `NotAllowed`, `Gone`, `Conflict` or `Busy`.
    """
    can_ignore(actor, person).enforce()
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if actor.ignores.exclude(ignored=person).count() >= MAX_IGNORED:
        words = _("You can ignore at most %(most)s people. Stop ignoring someone first.")
        raise Conflict(words % {"most": f"{MAX_IGNORED:,}"})
    Ignore.objects.get_or_create(member=actor, ignored=person)


@retrying_transaction
def stop_ignoring(person: User, *, actor: User) -> None:
    """Stop ignoring a person; changes nothing if they are not ignored.

    Their posts that the actor has not read are unread again.
    """
    deleted, _rows = actor.ignores.filter(ignored=person).delete()
    if deleted:
        there = Post.objects.order_by().filter(author=person).values("thread")
        ReadState.objects.filter(member=actor, thread__in=there).update(caught_up=0)
