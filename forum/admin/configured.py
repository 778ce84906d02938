"""What administrators set up and the moderation log tells of: reasons, and whatever else there is.

Registering a model here takes its name in `forum.actions.configuration.KINDS` besides.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from forum.actions.configuration import set_up, take_down
from forum.admin.site import ForAdministrators, ModeratorModelAdmin, admin_site, moderator
from forum.forms.configuration import ConfiguredForm, HoldRuleForm, ReasonTemplateForm
from forum.models import HoldRule, ReasonTemplate
from forum.permissions import can_list_members


class ConfiguredAdmin(ForAdministrators, ModeratorModelAdmin):
    """Rows that are added, changed and deleted by one action each, which writes the log."""

    form: type[ConfiguredForm]
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
    list_display = ["text", "offered_for", "position", "is_active"]
    ordering = ["position", "id"]

    @admin.display(description=_("offered for"))
    def offered_for(self, template: ReasonTemplate) -> str:
        return ", ".join(template.deeds) or str(_("everything"))


@admin.register(HoldRule, site=admin_site)
class HoldRuleAdmin(ConfiguredAdmin):
    """Moderators of the site may read what they work by."""

    form = HoldRuleForm
    list_display = ["__str__", "about", "is_active", "note"]
    list_filter = ["kind", "is_active"]
    ordering = ["id"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return can_list_members(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return can_list_members(request.user)
