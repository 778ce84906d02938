"""The moderation log; it is read-only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from forum.admin.site import ForModerators, ModeratorModelAdmin, admin_site, moderator
from forum.lib.numbers import parse_number
from forum.models import ModerationAction, ModerationEffect
from forum.models.posts import post_path
from forum.moderation.configuration import CONFIGURED_MODELS
from forum.permissions import can_undo


class About(admin.SimpleListFilter):
    """A filter by one target, such as “post-12”; the History links lead there."""

    title = _("about")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        kind, _dash, number = (self.value() or "").rpartition("-")
        self.target = (kind, parse_number(number))
        if kind not in ModerationEffect.Kind.values or self.target[1] is None:
            return []
        label = ModerationEffect.Kind(kind).label
        return [(str(self.value()), f"{label} {number}")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        kind, number = self.target
        if self.value() is None or number is None:
            return queryset
        about = ModerationEffect.objects.filter(kind=kind, target_id=number)
        return queryset.filter(pk__in=about.values("action"))


@admin.register(ModerationAction, site=admin_site)
class LogAdmin(ForModerators, ModeratorModelAdmin):
    list_display = ["created_at", "actor", "act", "targets", "reason"]
    list_filter = [("actor", admin.RelatedOnlyFieldListFilter), About, "act", "created_at"]
    date_hierarchy = "created_at"
    sortable_by = ["created_at"]
    list_display_links = ["created_at", "act"]
    ordering = ["-id"]
    actions = None
    change_form_template = "admin/forum/record.html"
    fields = readonly_fields = (
        *("created_at", "actor", "act", "board", "thread", "reason", "note"),
        *("undoes", "undone_by", "effects"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModerationAction]:
        return ModerationAction.objects.for_admin(moderator(request))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        action = kwargs["obj"]
        if self.undone_by(action) is None and can_undo(moderator(request), action):
            context["tools"] = [(reverse("log-undo", args=[action.pk]), _("Undo"))]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("about"))
    def targets(self, action: ModerationAction) -> SafeString:
        return format_html_join(", ", "{}", ((_link(effect),) for effect in action.effects.all()))

    @admin.display(description=_("what changed"))
    def effects(self, action: ModerationAction) -> SafeString:
        return format_html_join(
            "",
            "<p>{}: {} → {}</p>",
            (
                (_link(effect), _as_text(effect.before), _as_text(effect.after))
                for effect in action.effects.all()
            ),
        )

    @admin.display(description=_("undone by"))
    def undone_by(self, action: ModerationAction) -> ModerationAction | None:
        return getattr(action, "undone_by", None)


def _link(effect: ModerationEffect) -> SafeString:
    return format_html('<a href="{}">{}</a>', _address(effect), effect)


def _address(effect: ModerationEffect) -> str:
    if effect.kind == ModerationEffect.Kind.POST:
        return post_path(effect.target_id)
    if effect.kind == ModerationEffect.Kind.THREAD:
        return reverse("thread-short", args=[effect.target_id])
    if effect.kind == ModerationEffect.Kind.PENDING_POST:
        return reverse("pending-post-detail", args=[effect.target_id])
    model = (
        "user"
        if effect.kind == ModerationEffect.Kind.PERSON
        else CONFIGURED_MODELS[effect.kind]._meta.model_name
    )
    return reverse(f"admin:forum_{model}_change", args=[effect.target_id])


def _as_text(state: dict[str, object]) -> str:
    return json.dumps(state, ensure_ascii=False)[1:-1].replace('"', "")
