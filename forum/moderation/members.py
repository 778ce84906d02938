"""Adding members by hand, for administrators."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forum.actions.accounts import add_account
from forum.actions.transactions import retrying_transaction
from forum.log_entry_types import LogEntryType, register_type
from forum.models import ModerationAction, ModerationEffect, User
from forum.moderation.audit_log import NewEntry, log_effects
from forum.permissions import can_configure

ADD_MEMBER = register_type(
    LogEntryType("add-member", gettext_lazy("added a member"), is_public=False)
)


@retrying_transaction
def add_member(
    name: str, *, address: str, password: str, actor: User, reason: str = ""
) -> ModerationAction:
    """Create an account that can log in at once; irreversible, but it can be deactivated.

    Raises `NotAllowed`, and `Invalid` when another account has the address.
    """
    can_configure(actor).enforce()
    person = add_account(name, address=address, password=password)
    entry = NewEntry(ADD_MEMBER.name, actor, reason or _("Added by an administrator"))
    return log_effects(entry, [(ModerationEffect.Kind.PERSON, person.pk, {}, {})])
