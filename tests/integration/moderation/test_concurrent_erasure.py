"""Concurrent confirmations of one permanent deletion: it is done once."""

from __future__ import annotations

import pytest

from forum.models import Erasure, ModerationAction, Role, User
from forum.moderation.actions.erasure_requests import ask_to_erase
from forum.moderation.erasure.requests import confirm_erasure
from tests.concurrency import run_in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


def test_concurrent_confirmations_write_one_log_entry(reply, carol, erin):
    dora = User.objects.create_user("dora")
    Role.objects.create(person=dora, kind=Role.Kind.MODERATOR)
    ask_to_erase(reply, actor=carol, reason="somebody’s address")
    request = Erasure.objects.get()
    actions = run_in_parallel(
        *[lambda actor=actor: confirm_erasure(request, actor=actor) for actor in (dora, erin) * 2]
    )
    assert len({action.pk for action in actions}) == 1
    assert ModerationAction.objects.filter(act="erase-post").count() == 1
    reply.refresh_from_db()
    assert reply.source == ""
