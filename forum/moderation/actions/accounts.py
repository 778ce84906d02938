"""Managing accounts: password, e-mail address, sessions, and whether the member can log in.

For administrators. The log says that it was done, and keeps neither passwords nor addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.actions.accounts import (
    confirm_address,
    end_sessions,
    has_confirmed_address,
    mail_password_link,
    replace_password,
    set_address,
)
from forum.errors import Gone, Invalid, UserError
from forum.forms.accounts import PASSWORD_HELP
from forum.log_entry_types import LogEntryType
from forum.models import ModerationAction, User
from forum.models.visibility import Reader
from forum.moderation.base import Action, FixedStateAction, Plan
from forum.moderation.forms import ModerationForm
from forum.moderation.registry import register, register_state
from forum.moderation.targets import MEMBER, TargetState, Value, lock_people
from forum.permissions import PermissionResult, can_manage_account

Values = Sequence[tuple[User, Value]]


def _is_erased(person: User, _value: Value) -> UserError | None:
    return Gone(_now("This account was permanently deleted.")) if person.is_erased else None


def _write_active(values: Values, _action: ModerationAction) -> None:
    for person, is_active in values:
        person.is_active = is_active
        person.save(update_fields=["is_active"])


def _write_confirmed(values: Values, _action: ModerationAction) -> None:
    for person, _is_confirmed in values:
        confirm_address(person)


def _write_password(values: Values, _action: ModerationAction) -> None:
    for person, password in values:
        replace_password(person, password)


def _write_address(values: Values, _action: ModerationAction) -> None:
    for person, (address, is_confirmed) in values:
        set_address(person, address, is_confirmed=is_confirmed)


def _write_password_link(values: Values, _action: ModerationAction) -> None:
    for person, _value in values:
        mail_password_link(person)


def _write_sessions(values: Values, _action: ModerationAction) -> None:
    for person, _value in values:
        end_sessions(person)


def _state(key: str, read: Any, write: Any) -> TargetState:
    return register_state(
        TargetState(MEMBER.kind, key, read, write, can_manage_account, _is_erased)
    )


ACTIVE = _state("active", lambda person: person.is_active, _write_active)
CONFIRMED = _state("confirmed", has_confirmed_address, _write_confirmed)
# Of these the log keeps no value.
PASSWORD = _state("password", lambda _person: None, _write_password)
ADDRESS = _state("address", lambda _person: None, _write_address)
SESSIONS = _state("sessions", lambda _person: None, _write_sessions)
PASSWORD_LINK = _state("password-link", lambda _person: None, _write_password_link)


class _OnAccounts:
    """Common attributes of the actions on accounts, on the pages of members and not in cases."""

    kind = MEMBER
    group = _("Account")
    is_for_cases = False


class Deactivate(_OnAccounts, FixedStateAction[User]):
    """Close an account: nobody can log in to it. Its posts stay."""

    entry = LogEntryType(
        "deactivate-person",
        _("deactivated an account"),
        inverse="reactivate-person",
        is_public=False,
    )
    slug = "deactivate"
    position = 70
    button = _("Deactivate account")
    question = ngettext_lazy(
        "Deactivate this account?", "Deactivate these %(count)d accounts?", "count"
    )
    outcome = _("Nobody can log in to it any more. Its posts stay.")
    done = ngettext_lazy("Account deactivated.", "%(count)d accounts deactivated.", "count")
    state = ACTIVE
    to = False

    def is_applicable(self, target: User) -> bool:
        return target.is_active and not target.is_erased


class Reactivate(_OnAccounts, FixedStateAction[User]):
    """Open a deactivated account again."""

    entry = LogEntryType(
        "reactivate-person",
        _("reactivated an account"),
        inverse="deactivate-person",
        is_public=False,
    )
    slug = "reactivate"
    position = 71
    button = _("Reactivate account")
    question = ngettext_lazy(
        "Reactivate this account?", "Reactivate these %(count)d accounts?", "count"
    )
    outcome = _("The member can log in again.")
    done = ngettext_lazy("Account reactivated.", "%(count)d accounts reactivated.", "count")
    state = ACTIVE
    to = True
    is_undo = True

    def is_applicable(self, target: User) -> bool:
        return not target.is_active and not target.is_erased


class ConfirmAddress(_OnAccounts, FixedStateAction[User]):
    """Confirm the address of a member whom the confirmation mail did not reach."""

    entry = LogEntryType(
        "confirm-address", _("confirmed a member’s e-mail address"), is_public=False
    )
    slug = "confirm-address"
    position = 62
    button = _("Confirm e-mail address")
    question = ngettext_lazy(
        "Confirm this member’s e-mail address?",
        "Confirm the e-mail addresses of these %(count)d members?",
        "count",
    )
    outcome = _("The member can log in without opening the link in the mail.")
    done = ngettext_lazy("Address confirmed.", "%(count)d addresses confirmed.", "count")
    state = CONFIRMED
    to = True

    def is_applicable(self, target: User) -> bool:
        return bool(target.email) and not has_confirmed_address(target)


class _AccountAction(_OnAccounts, Action[User]):
    """An action on an account that can be repeated, but not undone."""

    is_repeatable = True
    state: TargetState

    def permission(self, actor: Reader, target: User) -> PermissionResult:
        return can_manage_account(actor, target)

    def is_applicable(self, target: User) -> bool:
        return not target.is_erased

    def set_for_all(self, targets: Sequence[User], value: Value) -> Plan:
        return Plan(
            lock_people([person.pk for person in targets]),
            is_done=lambda _person: False,
            changes=lambda person: [(self.state, person, value)],
            blocked_by=lambda person: self.state.blocked_by(person, value),
        )


class LogOut(_AccountAction):
    """End all sessions of a member, for example after a stolen phone."""

    entry = LogEntryType("log-out-person", _("logged a member out everywhere"), is_public=False)
    slug = "log-out"
    position = 63
    button = _("Log out everywhere")
    question = ngettext_lazy(
        "Log this member out everywhere?", "Log these %(count)d members out everywhere?", "count"
    )
    outcome = _("All their sessions end. They can log in again with their password.")
    done = ngettext_lazy(
        "Logged out everywhere.", "%(count)d members logged out everywhere.", "count"
    )
    state = SESSIONS

    def plan(self, targets: Sequence[User]) -> Plan:
        return self.set_for_all(targets, None)


class MailPasswordLink(_AccountAction):
    """Mail members the link with which they choose a new password."""

    entry = LogEntryType(
        "mail-password-link",
        _("mailed a member a link to choose a new password"),
        is_public=False,
    )
    slug = "reset-password"
    position = 59
    button = _("Send password reset e-mail")
    question = ngettext_lazy(
        "Send this member a password reset e-mail?",
        "Send these %(count)d members a password reset e-mail?",
        "count",
    )
    outcome = _(
        "The link in it is valid for four hours. Until they use it, the old password works."
    )
    done = ngettext_lazy("E-mail sent.", "%(count)d e-mails sent.", "count")
    state = PASSWORD_LINK

    def is_applicable(self, target: User) -> bool:
        return bool(target.email) and target.is_active

    def plan(self, targets: Sequence[User]) -> Plan:
        return replace(self.set_for_all(targets, None), blocked_by=_is_without_mail)


def _is_without_mail(person: User) -> UserError | None:
    if not person.is_active:
        return Invalid(_now("This account is deactivated."))
    return None if person.email else Invalid(_now("This account has no e-mail address."))


class PasswordForm(ModerationForm):
    password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        max_length=128,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_(
            "%(help)s Leave empty to let the member choose one with “Forgot your password?”."
        )
        % {"help": PASSWORD_HELP},
    )
    field_order = ["password", "reason", "note", "seen"]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password)
        return password


class SetPassword(_AccountAction):
    """Replace a member's password, or remove it until they choose a new one by mail."""

    entry = LogEntryType(
        "set-password",
        _("replaced a member’s password"),
        notifies=True,
        notification=_("An administrator replaced your password."),
        is_public=False,
    )
    slug = "set-password"
    position = 60
    button = _("Set password")
    question = ngettext_lazy(
        "Set this member’s password?", "Set the password of these %(count)d members?", "count"
    )
    outcome = _("The old password no longer works, and all sessions end.")
    done = ngettext_lazy("Password replaced.", "%(count)d passwords replaced.", "count")
    form = PasswordForm
    is_for_one = True
    state = PASSWORD

    def plan(self, targets: Sequence[User], *, password: str = "") -> Plan:
        return self.set_for_all(targets, password)


class AddressForm(ModerationForm):
    address = forms.EmailField(label=_("New e-mail address"))
    is_confirmed = forms.BooleanField(
        label=_("Mark this address as confirmed"),
        required=False,
        help_text=_("If not, they have to confirm it when they next log in."),
    )
    field_order = ["address", "is_confirmed", "reason", "note", "seen"]


class SetAddress(_AccountAction):
    """Correct a member's e-mail address."""

    entry = LogEntryType(
        "set-address",
        _("changed a member’s e-mail address"),
        notifies=True,
        notification=_("An administrator changed your e-mail address."),
        is_public=False,
    )
    slug = "set-address"
    position = 61
    button = _("Change e-mail address")
    question = ngettext_lazy(
        "Change this member’s e-mail address?",
        "Change the e-mail addresses of these %(count)d members?",
        "count",
    )
    outcome = _("Mail goes to the new address from now on.")
    done = ngettext_lazy("Address changed.", "%(count)d addresses changed.", "count")
    form = AddressForm
    is_for_one = True
    state = ADDRESS

    def plan(self, targets: Sequence[User], *, address: str, is_confirmed: bool = False) -> Plan:
        return self.set_for_all(targets, (address, is_confirmed))


deactivate_person = register(Deactivate())
reactivate_person = register(Reactivate())
confirm_address_of = register(ConfirmAddress())
log_out_person = register(LogOut())
mail_password_link_to = register(MailPasswordLink())
set_password_of = register(SetPassword())
set_address_of = register(SetAddress())
