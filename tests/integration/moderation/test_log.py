"""The moderation log: one record for each act, never changed, each act with its inverse."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError

from forum.actions import moderation
from forum.actions.moderation import hide_post, unhide_post
from forum.models import ModerationAction, ModerationEffect

Act = ModerationAction.Act
INVERSES = {
    Act.HIDE_POST: Act.UNHIDE_POST,
    Act.LOCK_THREAD: Act.UNLOCK_THREAD,
    Act.PIN_THREAD: Act.UNPIN_THREAD,
    Act.SUSPEND_PERSON: Act.LIFT_SUSPENSION,
}
INVERSES |= {back: act for act, back in INVERSES.items()}


def function_of(act):
    return getattr(moderation, act.value.replace("-", "_"))


@pytest.mark.parametrize("act", list(INVERSES))
def test_every_act_writes_one_record_and_its_inverse_another(act, reply, alice, carol):
    targets = {"post": reply, "thread": reply.thread, "person": alice, "suspension": alice}
    target = targets[act.value.split("-")[1]]
    first, second = act, INVERSES[act]
    if act.value.startswith(("un", "lift")):
        function_of(second)(target, actor=carol, reason="to begin with")
    before = ModerationAction.objects.count()
    done = function_of(first)(target, actor=carol, reason="because", note="quietly")
    assert function_of(first)(target, actor=carol, reason="again") == done
    back = function_of(second)(target, actor=carol, reason="not any more")
    assert ModerationAction.objects.count() == before + 2
    assert (done.act, back.act) == (first, second)
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
