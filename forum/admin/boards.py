"""Categories, boards and the front page’s text, as administrators set them up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from forum.admin.configured import ConfiguredAdmin, ConfiguredForm
from forum.admin.site import admin_site, moderator
from forum.models import Board, Category, ModerationEffect, SiteText, User


class CategoryForm(ConfiguredForm):
    class Meta:
        model = Category
        fields = ["name", "position"]


@admin.register(Category, site=admin_site)
class CategoryAdmin(ConfiguredAdmin):
    form = CategoryForm
    log_kind = ModerationEffect.Kind.CATEGORY
    list_display = ["name", "position"]
    ordering = ["position", "name"]


class BoardForm(ConfiguredForm):
    class Meta:
        model = Board
        fields = [
            *("category", "name", "slug", "description", "position", "closed_at", "takes_mail")
        ]
        help_texts = {"slug": _("Part of the address. Old addresses lead to the new one.")}


@admin.register(Board, site=admin_site)
class BoardAdmin(ConfiguredAdmin):
    form = BoardForm
    log_kind = ModerationEffect.Kind.BOARD
    list_display = ["name", "category", "position", "is_closed", "description"]
    list_select_related = ["category"]
    ordering = ["category__position", "position", "name"]
    prepopulated_fields = {"slug": ["name"]}
    # Django's own two fields for one time have no labels.
    formfield_overrides = {
        models.DateTimeField: {
            "form_class": forms.DateTimeField,
            "widget": forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        }
    }

    def view_on_site(self, board: Board) -> str:
        return board.get_absolute_url()

    @admin.display(boolean=True, description=_("closed"))
    def is_closed(self, board: Board) -> bool:
        return board.is_closed


class SiteTextForm(ConfiguredForm):
    class Meta:
        model = SiteText
        fields = ["introduction"]


@admin.register(SiteText, site=admin_site)
class SiteTextAdmin(ConfiguredAdmin):
    """The front page’s text; there is only one, which adding another replaces."""

    form = SiteTextForm
    log_kind = ModerationEffect.Kind.SITE
    list_display = ["introduction"]

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        obj.pk = 1
        super().save_model(request, obj, form, change)


def boards_of(person: User) -> QuerySet[Board]:
    """Return the boards that this person moderates."""
    if person.roles.is_site_moderator:
        return Board.objects.all()
    return Board.objects.filter(pk__in=person.roles.board_ids)


class InBoard(admin.SimpleListFilter):
    """A filter by the board of the thread; `path` leads from the listed model to the thread."""

    title = _("board")
    parameter_name = "board"
    path = "board"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        return [
            (str(pk), name) for pk, name in boards_of(moderator(request)).values_list("pk", "name")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in dict(self.lookup_choices):
            return queryset
        return queryset.filter(**{self.path: self.value()})
