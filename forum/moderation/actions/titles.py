"""Changing the title of a thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.actions.notification_mail import forget_subject
from forum.actions.threads import clean_title
from forum.log_entry_types import LogEntryType
from forum.models import ModerationAction, Thread
from forum.models.threads import TITLE_CODE_POINTS, slug_of
from forum.models.visibility import Reader
from forum.moderation.base import Plan, StateAction
from forum.moderation.forms import ModerationForm
from forum.moderation.registry import register, register_state
from forum.moderation.targets import THREAD, TargetState
from forum.permissions import can_moderate_thread


def _write_title(values: Sequence[tuple[Thread, str]], action: ModerationAction) -> None:
    for thread, title in values:
        thread.title, thread.slug = title, slug_of(title)
        thread.save(update_fields=["title", "slug"])
        forget_subject(thread.pk)


TITLE = register_state(
    TargetState(
        kind=THREAD.kind,
        key="title",
        read=lambda thread: thread.title,
        write=_write_title,
        permission=can_moderate_thread,
    )
)


class TitleForm(ModerationForm):
    title = forms.CharField(label=_("Title"), max_length=TITLE_CODE_POINTS)
    field_order = ["title", "reason", "note", "seen"]


class RetitleThread(StateAction[Thread]):
    """Give a thread another title; its old address leads to it."""

    entry = LogEntryType(
        "retitle-thread",
        _("changed a title"),
        inverse="retitle-thread",
        notifies=True,
        notification=_("The title of your thread was changed."),
    )
    kind = THREAD
    slug = "retitle"
    position = 16
    button = _("Change title")
    question = ngettext_lazy("Change this title?", "Change these %(count)d titles?", "count")
    outcome = _("Everyone sees the new title. Old links keep working.")
    done = ngettext_lazy("Title changed.", "%(count)d titles changed.", "count")
    form = TitleForm
    is_for_one = True
    state = TITLE

    def initial(self, target: Thread, reader: Reader) -> dict[str, Any]:
        return {"title": target.title}

    def plan(self, targets: Sequence[Thread], *, title: str) -> Plan:
        return self.set_to(targets, clean_title(title))


retitle_thread = register(RetitleThread())
