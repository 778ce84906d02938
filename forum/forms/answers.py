"""Answering what members reported, and giving that to a colleague."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.actions import reports
from forum.actions.claims import assign_case, assign_held
from forum.forms.deed import Deed
from forum.forms.moderation import ModerationForm
from forum.models import User
from forum.models.reports import is_reported, was_reported
from forum.models.roles import moderators_except
from forum.models.version_tokens import reports_stamp_of
from forum.permissions import can_answer_reports, can_decide_on


class AssignForm(ModerationForm):
    to = forms.ChoiceField(label=_("To whom"), required=False)
    field_order = ["to", "reason", "note", "seen"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.moderators = {str(each.pk): each for each in moderators_except(())}
        names = sorted((each.username, pk) for pk, each in self.moderators.items())
        choices = [("", _("Nobody: whoever comes first")), *((pk, name) for name, pk in names)]
        self.fields["to"] = forms.ChoiceField(
            label=self.fields["to"].label, required=False, choices=choices
        )
        self.fields["reason"].help_text = _("They read it, and the log keeps it.")

    def clean_to(self) -> User | None:
        return self.moderators.get(self.cleaned_data["to"])


UPHOLD = Deed(
    "uphold",
    reports.uphold_reports,
    can_answer_reports,
    is_reported,
    _("Seen to"),
    ngettext_lazy(
        "Answer the reports on this post: it was seen to?",
        "Answer the reports on these %(count)d posts: they were seen to?",
        "count",
    ),
    _("Whoever reported it hears that a moderator acted. The post itself stays as it is."),
    ngettext_lazy(
        "The reports on the post are answered.",
        "The reports on %(count)d posts are answered.",
        "count",
    ),
    stamp=reports_stamp_of,
)
DISMISS = Deed(
    "dismiss",
    reports.dismiss_reports,
    can_answer_reports,
    is_reported,
    _("Dismiss the reports"),
    ngettext_lazy(
        "Dismiss the reports on this post?",
        "Dismiss the reports on these %(count)d posts?",
        "count",
    ),
    _("The post stays as it is. Whoever reported it hears so, with the reason."),
    ngettext_lazy(
        "The reports on the post are dismissed.",
        "The reports on %(count)d posts are dismissed.",
        "count",
    ),
    stamp=reports_stamp_of,
)
REOPEN = Deed(
    "reopen",
    reports.reopen_reports,
    can_answer_reports,
    lambda post: not post.is_hidden and not post.is_deleted and was_reported(post),
    _("Open the reports again"),
    ngettext_lazy(
        "Open the reports on this post again?",
        "Open the reports on these %(count)d posts again?",
        "count",
    ),
    _("They are in the queue again, and the answer that was given is taken back."),
    ngettext_lazy(
        "The reports on the post are open again.",
        "The reports on %(count)d posts are open again.",
        "count",
    ),
    stamp=reports_stamp_of,
)
ASSIGN = Deed(
    "assign",
    assign_case,
    can_answer_reports,
    is_reported,
    _("Give it to a moderator"),
    ngettext_lazy(
        "Give this case to a moderator?", "Give these %(count)d cases to a moderator?", "count"
    ),
    _("They hear of it in their inbox, and it stays theirs until they or you give it away."),
    ngettext_lazy("The case is given away.", "%(count)d cases are given away.", "count"),
    AssignForm,
)
ASSIGN_HELD = replace(
    ASSIGN,
    name="give",  # the queue offers both for several, each under its own name
    button=_("Give what waits to a moderator"),
    run=assign_held,
    may=can_decide_on,
    applies=lambda held: held.is_waiting,
)
