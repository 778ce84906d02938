"""Settings that administrators edit as rows, with every change in the moderation log.

A model that is registered here also needs a name in `CONFIGURED_MODELS` of
`forum.moderation.configuration`.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from forum.admin.site import ForAdministrators, ModeratorModelAdmin, admin_site, moderator
from forum.models import ModerationEffect, ReasonTemplate, ReviewRule
from forum.moderation.configuration import set_up, take_down
from forum.moderation.forms import TextField
from forum.moderation.registry import actions_on
from forum.moderation.targets import MEMBER, PENDING, POST, THREAD
from forum.permissions import can_list_members


class ConfiguredForm(forms.ModelForm):
    """The form of a row, with the reason for the change."""

    why = TextField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("For the moderation log. Optional."),
    )


def _choices() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """Return the actions that ask for a reason, grouped by the kind of their targets."""
    headings = (
        (POST, _("Posts")),
        (PENDING, _("Pending posts")),
        (THREAD, _("Threads")),
        (MEMBER, _("Members")),
    )
    choices = [
        (heading, [(action.slug, action.button) for action in actions_on(kind)])
        for kind, heading in headings
    ]
    return [*choices, (_("Decisions"), [("undo", _("Undo")), ("appeal", _("Decide an appeal"))])]


class ReasonTemplateForm(ConfiguredForm):
    deeds = forms.MultipleChoiceField(
        label=_("Offered for"),
        choices=_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Select none to offer it for everything."),
    )

    class Meta:
        model = ReasonTemplate
        fields = ["text", "deeds", "position", "is_active"]


class ReviewRuleForm(ConfiguredForm):
    class Meta:
        model = ReviewRule
        fields = ["kind", "terms", "number", "minutes", "about", "is_active", "note"]


class ConfiguredAdmin(ForAdministrators, ModeratorModelAdmin):
    """Rows that are added, changed and deleted by one action each, which writes the log."""

    form: type[ConfiguredForm]
    sortable_by = None  # short lists
    actions = None

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        set_up(obj, actor=moderator(request), reason=form.cleaned_data["why"])

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        take_down(obj, actor=moderator(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)


@admin.register(ReasonTemplate, site=admin_site)
class ReasonTemplateAdmin(ConfiguredAdmin):
    form = ReasonTemplateForm
    log_kind = ModerationEffect.Kind.REASON
    list_display = ["text", "offered_for", "position", "is_active"]
    ordering = ["position", "id"]

    @admin.display(description=_("offered for"))
    def offered_for(self, template: ReasonTemplate) -> str:
        return ", ".join(template.deeds) or str(_("everything"))


@admin.register(ReviewRule, site=admin_site)
class ReviewRuleAdmin(ConfiguredAdmin):
    """The review rules; moderators of the site may read them."""

    form = ReviewRuleForm
    log_kind = ModerationEffect.Kind.RULE
    list_display = ["__str__", "about", "is_active", "note"]
    list_filter = ["kind", "is_active"]
    ordering = ["id"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return can_list_members(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return can_list_members(request.user)
