"""The moderation log: one record for each act, never changed, each act with its inverse."""

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
    done = first(target, actor=carol, reason="because", note="quietly")
    assert first(target, actor=carol, reason="again") == done
    back = second(target, actor=carol, reason="not any more")
    assert ModerationAction.objects.count() == before + 2
    assert (done.act, back.act) == (first.entry.name, second.entry.name)
    was, now = (entry.effects.get() for entry in (done, back))
    assert (was.target_id, now.target_id) == (target.pk, target.pk)
    shared = set(was.before) & set(now.after)
    assert shared
    assert all(was.before[key] == now.after[key] for key in shared)


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
        lambda: _run("DELETE FROM forum_moderationeffect"),
        lambda: _run("UPDATE forum_moderationaction SET actor_id = actor_id"),
    ],
)
def test_the_log_is_never_changed(change, reply, carol):
    hide_post(reply, actor=carol, reason="off the wall")
    with pytest.raises((IntegrityError, InternalError)), transaction.atomic():
        change()
    entry = ModerationAction.objects.get()
    assert (entry.reason, entry.effects.count()) == ("off the wall", 1)


def _run(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_undoing_points_to_what_it_undid(reply, carol):
    hidden = hide_post(reply, actor=carol, reason="off the wall")
    assert unhide_post(reply, actor=carol, reason="a mistake").undoes == hidden
