"""Tags, as moderators make, rename and merge them."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from forum.admin.configured import ConfiguredAdmin, ConfiguredForm
from forum.admin.site import admin_site
from forum.models import ModerationEffect, Tag
from forum.permissions import can_make_tags


class TagForm(ConfiguredForm):
    class Meta:
        model = Tag
        fields = ["name", "slug", "synonym_of"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["synonym_of"])
        field.queryset = Tag.objects.main().exclude(pk=self.instance.pk)


@admin.register(Tag, site=admin_site)
class TagAdmin(ConfiguredAdmin):
    form = TagForm
    log_kind = ModerationEffect.Kind.TAG
    list_display = ["name", "slug", "synonym_of"]
    list_select_related = ["synonym_of"]
    ordering = ["name"]
    prepopulated_fields = {"slug": ["name"]}

    def view_on_site(self, tag: Tag) -> str:
        return tag.get_absolute_url()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(can_make_tags(request.user))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(can_make_tags(request.user))

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission
