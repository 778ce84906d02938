"""Spammers: suspending a member and hiding everything they wrote, in one action."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.log_entry_types import LogEntryType, register_type
from forum.models import User
from forum.models.visibility import Reader
from forum.moderation.actions.suspensions import SUSPENDED
from forum.moderation.base import Action, Plan
from forum.moderation.registry import register
from forum.moderation.sanctions import find_written, lock_written
from forum.moderation.targets import MEMBER, lock_people
from forum.moderation.time_limits import time_limit
from forum.permissions import PermissionResult, can_suspend

EVER = datetime.min.replace(tzinfo=UTC)

CLEAR_SPAMMER = register_type(
    LogEntryType(
        "clear-spammer",
        _("lifted a suspension for spam and restored everything"),
        inverse="remove-spammer",
        notifies=True,
        notification=_("Your suspension was lifted, and what you wrote is visible again."),
    )
)


class RemoveSpammer(Action[User]):
    """Suspend members for good, hide their posts, remove their threads and close the cases."""

    entry = LogEntryType(
        "remove-spammer",
        _("suspended a member for spam and removed everything they wrote"),
        inverse=CLEAR_SPAMMER.name,
        notifies=True,
        notification=_("You were suspended, and everything you wrote was hidden."),
        can_be_appealed=True,
    )
    kind = MEMBER
    slug = "spammer"
    position = 32
    is_in_post_menu = True
    button = _("Remove spammer")
    question = ngettext_lazy("Remove this spammer?", "Remove these %(count)d spammers?", "count")
    outcome = _(
        "Suspends permanently, hides all posts, removes all threads, rejects pending posts and "
        "closes the cases about them. One undo restores everything."
    )
    done = ngettext_lazy("Spammer removed.", "%(count)d spammers removed.", "count")

    def permission(self, actor: Reader, target: User) -> PermissionResult:
        return can_suspend(actor, target)

    def is_applicable(self, target: User) -> bool:
        return not target.is_erased

    def describe_hidden(self, targets: Sequence[User], cleaned: dict[str, Any]) -> str:
        return find_written(targets, EVER, None).describe()

    def plan(self, targets: Sequence[User]) -> Plan:
        written = lock_written(targets, EVER, None)  # threads before members
        people = lock_people([person.pk for person in targets])
        for_good = time_limit(None)
        return Plan(
            people,
            is_done=lambda person: (
                SUSPENDED.read(person) == for_good and not any(written.hidden_of(person))
            ),
            changes=lambda person: [(SUSPENDED, person, for_good), *written.hidden_of(person)],
            state=SUSPENDED,
        )


remove_spammer = register(RemoveSpammer())
