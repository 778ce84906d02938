"""Changing the tags of a thread."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.actions.tags import check_tag_count, set_tags
from forum.log_entry_types import LogEntryType
from forum.models import ModerationAction, Tag, Thread
from forum.models.tags import tag_ids
from forum.models.visibility import Reader
from forum.moderation.base import Plan, StateAction
from forum.moderation.forms import ModerationForm
from forum.moderation.registry import register, register_state
from forum.moderation.targets import THREAD, TargetState
from forum.permissions import can_moderate_thread


def _write_tags(values: Sequence[tuple[Thread, list[int]]], _action: ModerationAction) -> None:
    for thread, tags in values:
        set_tags(thread, tags)


TAGS = register_state(
    TargetState(
        kind=THREAD.kind,
        key="tags",
        read=tag_ids,
        write=_write_tags,
        permission=can_moderate_thread,
    )
)


class TagsForm(ModerationForm):
    tags = forms.ModelMultipleChoiceField(
        Tag.objects.main(),
        label=_("Tags"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("At most five."),
    )
    field_order = ["tags", "reason", "note", "seen"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelMultipleChoiceField, self.fields["tags"])
        field.choices = list(field.iterator(field))  # read here, not by the template


class TagThread(StateAction[Thread]):
    """Give a thread other tags."""

    entry = LogEntryType(
        "tag-thread",
        _("changed tags"),
        inverse="tag-thread",
        notifies=True,
        notification=_("The tags of your thread were changed."),
    )
    kind = THREAD
    slug = "tag"
    position = 17
    button = _("Change tags")
    question = ngettext_lazy("Change these tags?", "Change the tags of %(count)d threads?", "count")
    outcome = _("The thread moves to the lists of these tags.")
    done = ngettext_lazy("Tags changed.", "Tags of %(count)d threads changed.", "count")
    form = TagsForm
    is_for_one = True
    state = TAGS

    def initial(self, target: Thread, reader: Reader) -> dict[str, Any]:
        return {"tags": tag_ids(target)}

    def plan(self, targets: Sequence[Thread], *, tags: Collection[Tag]) -> Plan:
        check_tag_count(tags)
        return self.set_to(targets, sorted(tag.pk for tag in tags))


change_tags = register(TagThread())
