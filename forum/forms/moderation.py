"""What moderators send: why, and until when; and the deeds that the page and the admin offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.actions import moderation
from forum.actions.acts import Several
from forum.forms.accounts import Plain
from forum.models.threads import Reader
from forum.permissions import Verdict, may_hide, may_keep_order_in, may_suspend

LONGEST_SUSPENSION = timedelta(days=10 * 366)


class ReasonForm(Plain):
    """Why, which is asked of every act."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("The people concerned read it, and everybody who comes across it."),
    )
    note = forms.CharField(
        label=_("Note for moderators"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Nobody else reads it. May be empty."),
    )


class ModerationForm(ReasonForm):
    # The stamp of what was shown: see `forum.models.stamps`.
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=100)

    def clean_seen(self) -> str | None:
        return self.cleaned_data["seen"] or None

    def look_again(self, stamp: str) -> None:
        """Take what is shown now as seen: whoever sends this again has been told of the change."""
        self.data = {name: self.data[name] for name in self.data} | {"seen": stamp}


class SuspensionForm(ModerationForm):
    until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In your own time zone. Empty: until somebody lifts it."),
    )
    field_order = ["reason", "until", "note", "seen"]

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until is None:
            return None
        if until <= timezone.now():
            raise forms.ValidationError(_("A suspension ends in the future."))
        if until > timezone.now() + LONGEST_SUSPENSION:
            raise forms.ValidationError(_("Leave this empty for a suspension of so many years."))
        return until


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that moderators do to posts, threads or members, and how to speak of it.

    `may` is the rule of who; `applies` tells whether there is anything to do. `question` and
    `done` take `count`.
    """

    name: str
    run: Several[Any, Any]
    may: Callable[[Reader, Any], Verdict]
    applies: Callable[[Any], bool]
    button: Any
    question: Any
    outcome: Any
    done: Any
    form: type[ModerationForm] = ModerationForm


HIDE = Deed(
    "hide",
    moderation.hide_post,
    may_hide,
    lambda post: not post.is_hidden and not post.is_deleted,
    _("Hide"),
    ngettext_lazy("Hide this post?", "Hide these %(count)d posts?", "count"),
    _("A note with the reason stands in its place. Replies stay; the author still sees the text."),
    ngettext_lazy("The post is hidden.", "%(count)d posts are hidden.", "count"),
)
UNHIDE = Deed(
    "unhide",
    moderation.unhide_post,
    may_hide,
    lambda post: post.is_hidden,
    _("Unhide"),
    ngettext_lazy("Unhide this post?", "Unhide these %(count)d posts?", "count"),
    _("Everybody can read it again."),
    ngettext_lazy("The post is shown again.", "%(count)d posts are shown again.", "count"),
)
LOCK = Deed(
    "lock",
    moderation.lock_thread,
    may_keep_order_in,
    lambda thread: not thread.is_locked,
    _("Lock"),
    ngettext_lazy("Lock this thread?", "Lock these %(count)d threads?", "count"),
    _("Nobody but moderators can answer in it. The reason is shown at its head."),
    ngettext_lazy("The thread is locked.", "%(count)d threads are locked.", "count"),
)
UNLOCK = Deed(
    "unlock",
    moderation.unlock_thread,
    may_keep_order_in,
    lambda thread: thread.is_locked,
    _("Unlock"),
    ngettext_lazy("Unlock this thread?", "Unlock these %(count)d threads?", "count"),
    _("Everybody can answer in it again."),
    ngettext_lazy("The thread is open again.", "%(count)d threads are open again.", "count"),
)
PIN = Deed(
    "pin",
    moderation.pin_thread,
    may_keep_order_in,
    lambda thread: not thread.is_pinned,
    _("Pin"),
    ngettext_lazy("Pin this thread?", "Pin these %(count)d threads?", "count"),
    _("It stays at the head of its board."),
    ngettext_lazy("The thread is pinned.", "%(count)d threads are pinned.", "count"),
)
UNPIN = Deed(
    "unpin",
    moderation.unpin_thread,
    may_keep_order_in,
    lambda thread: thread.is_pinned,
    _("Unpin"),
    ngettext_lazy("Unpin this thread?", "Unpin these %(count)d threads?", "count"),
    _("It is listed by its latest reply again."),
    ngettext_lazy("The thread is not pinned.", "%(count)d threads are not pinned.", "count"),
)
SUSPEND = Deed(
    "suspend",
    moderation.suspend_person,
    may_suspend,
    lambda person: not person.is_suspended,
    _("Suspend"),
    ngettext_lazy("Suspend this member?", "Suspend these %(count)d members?", "count"),
    _("They can log in and read, but not write; they are told the reason."),
    ngettext_lazy("The member is suspended.", "%(count)d members are suspended.", "count"),
    SuspensionForm,
)
LIFT = Deed(
    "lift",
    moderation.lift_suspension,
    may_suspend,
    lambda person: person.suspended_at is not None,
    _("Lift the suspension"),
    ngettext_lazy(
        "Lift the suspension of this member?",
        "Lift the suspension of these %(count)d members?",
        "count",
    ),
    _("They can write again."),
    ngettext_lazy("The member can write again.", "%(count)d members can write again.", "count"),
)

# Every deed there is, by what it is done to. The page and the desk offer these and no others.
DEEDS: dict[str, list[Deed]] = {
    "post": [HIDE, UNHIDE],
    "thread": [LOCK, UNLOCK, PIN, UNPIN],
    "person": [SUSPEND, LIFT],
}
