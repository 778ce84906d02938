"""Requests for permanent deletion, with exact counts, for those who can confirm them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from forum.admin.pages import PageAdmin
from forum.admin.site import admin_site, moderator
from forum.errors import Conflict, Invalid
from forum.models import Erasure
from forum.models.version_tokens import version_of
from forum.moderation.erasure.requests import confirm_erasure, drop_erasure
from forum.moderation.forms import ModerationForm
from forum.permissions import can_confirm_erasure, can_list_members
from forum.presenters.erasures import extent_of


class ErasureState(admin.SimpleListFilter):
    title = _lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("Pending")), ("due", _("Due within a week"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found = {"open": Erasure.objects.open(), "due": Erasure.objects.due_soon()}
        chosen = found.get(self.value() or "")
        return queryset if chosen is None else queryset.filter(pk__in=chosen.values("pk"))


@admin.register(Erasure, site=admin_site)
class ErasureAdmin(PageAdmin):
    """Requests for permanent deletion, each confirmed or refused by a second person."""

    list_display = ["target", "asked_by", "asked_at", "due", "reason", "state"]
    list_filter = [ErasureState]
    list_select_related = ["post__author", "person", "asked_by"]
    ordering = ["-id"]
    sortable_by = ["asked_by", "asked_at"]
    date_hierarchy = "asked_at"
    actions = None
    steps = ["confirm", "refuse"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Erasure]:
        return Erasure.objects.select_related("post__author", "post__thread__board", "person")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return can_list_members(request.user)

    def show(
        self, request: HttpRequest, row: Erasure, form: ModerationForm | None = None
    ) -> HttpResponse:
        actor = moderator(request)
        context = self.admin_site.each_context(request) | {
            "title": _("Delete permanently?") if row.is_open else _("Permanent deletion"),
            "opts": self.opts,
            "asked": row,
            "extent": extent_of(row) if row.is_open else "",
            "permission": can_confirm_erasure(actor, row),
            "is_asker": row.asked_by_id == actor.pk,
            "form": form or ModerationForm(action="erase"),
            "version": version_of([row.target]),
            "command": f"manage.py confirm_erasure {row.pk}",
        }
        status = 422 if form else 200
        return TemplateResponse(request, "admin/forum/erasure.html", context, status=status)

    # -- Deciding ---------------------------------------------------------------------------------

    def confirm(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Delete the target permanently."""
        asked = self.one(request, row_id)
        try:
            confirm_erasure(asked, actor=moderator(request), seen=request.POST.get("seen") or None)
        except (Conflict, Invalid) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Permanently deleted."))
        return redirect(self._page(asked))

    def refuse(self, request: HttpRequest, row_id: int) -> HttpResponse:
        """Refuse the request with a reason, or withdraw one's own."""
        asked = self.one(request, row_id)
        form = ModerationForm(request.POST, action="erase")
        if not form.is_valid():
            return self.show(request, asked, form)
        reason, note = form.cleaned_data["reason"], form.cleaned_data["note"]
        try:
            drop_erasure(asked, actor=moderator(request), reason=reason, note=note)
        except (Conflict, Invalid) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Cancelled. Nothing was deleted."))
        return redirect(self._page(asked))

    def _page(self, asked: Erasure) -> str:
        return reverse("admin:forum_erasure_change", args=[asked.pk])

    # -- Columns ----------------------------------------------------------------------------------

    @admin.display(description=_lazy("what"))
    def target(self, asked: Erasure) -> str:
        if asked.post:
            return _("a post by %(name)s") % {"name": asked.post.author}
        return _("the account %(name)s") % {"name": asked.person}

    @admin.display(description=_lazy("due"))
    def due(self, asked: Erasure) -> Any:
        return asked.due_at if asked.is_open else None

    @admin.display(description=_lazy("state"))
    def state(self, asked: Erasure) -> str:
        if asked.is_open:
            return _("awaiting confirmation")
        return str(asked.get_outcome_display() or Erasure.Outcome.EXPIRED.label)
