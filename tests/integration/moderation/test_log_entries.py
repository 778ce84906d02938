"""Entries of the moderation log: one per action, immutable, and linked when one undoes another."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError

from forum.models import ModerationAction, ModerationEffect
from forum.moderation.actions.locking import lock_thread, unlock_thread
from forum.moderation.actions.pinning import pin_thread, unpin_thread
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.actions.suspensions import lift_suspension, suspend_person

PAIRS = {
    "post": (hide_post, unhide_post),
    "thread": (lock_thread, unlock_thread),
    "pin": (pin_thread, unpin_thread),
    "person": (suspend_person, lift_suspension),
}


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("pair", list(PAIRS))
def test_every_action_writes_one_entry_and_its_inverse_another(
    pair, is_reversed, reply, alice, carol
):
    target = {"post": reply, "person": alice}.get(pair, reply.thread)
    first, second = PAIRS[pair][::-1] if is_reversed else PAIRS[pair]
    if is_reversed:
        second(target, actor=carol, reason="to begin with")
    before = ModerationAction.objects.count()
    entry = first(target, actor=carol, reason="because", note="quietly")
    assert first(target, actor=carol, reason="again") == entry
    inverse_entry = second(target, actor=carol, reason="not any more")
    assert ModerationAction.objects.count() == before + 2
    assert (entry.act, inverse_entry.act) == (first.entry.name, second.entry.name)
    effect, inverse_effect = (entry.effects.get() for entry in (entry, inverse_entry))
    assert (effect.target_id, inverse_effect.target_id) == (target.pk, target.pk)
    shared_keys = set(effect.before) & set(inverse_effect.after)
    assert shared_keys
    assert all(effect.before[key] == inverse_effect.after[key] for key in shared_keys)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "change",
    [
        lambda: ModerationAction.objects.update(reason="nothing happened"),
        lambda: ModerationAction.objects.all().delete(),
        lambda: ModerationAction.objects.get().delete(),
        lambda: ModerationAction.objects.get().save(),
        lambda: ModerationEffect.objects.update(target_id=1),
        lambda: ModerationEffect.objects.all()._raw_delete("default"),
        lambda: _execute("DELETE FROM forum_moderationeffect"),
        lambda: _execute("UPDATE forum_moderationaction SET actor_id = actor_id"),
    ],
)
def test_log_entries_cannot_be_changed_or_deleted(change, reply, carol):
    hide_post(reply, actor=carol, reason="off the wall")
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        change()
    entry = ModerationAction.objects.get()
    assert (entry.reason, entry.effects.count()) == ("off the wall", 1)


def _execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_undo_entry_refers_to_the_undone_entry(reply, carol):
    hidden = hide_post(reply, actor=carol, reason="off the wall")
    assert unhide_post(reply, actor=carol, reason="a mistake").undoes == hidden
