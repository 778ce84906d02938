"""Members and their roles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from forum.admin import words
from forum.admin.deeds import DeedAdmin
from forum.admin.site import ForAdministrators, desk
from forum.forms.deeds import DEEDS
from forum.models import ModerationEffect, Role, User
from forum.permissions import may_administer, may_see_members


class RoleFormSet(BaseInlineFormSet):
    """Somebody always remains to administer the site."""

    def clean(self) -> None:
        super().clean()
        kept = (form.cleaned_data for form in self.forms if form not in self.deleted_forms)
        if any(role.get("kind") == Role.Kind.ADMINISTRATOR for role in kept):
            return
        others = Role.objects.exclude(person=self.instance)
        if not others.filter(kind=Role.Kind.ADMINISTRATOR).exists():
            raise ValidationError(_("The site needs an administrator: appoint another one first."))


class RoleInline(ForAdministrators, admin.StackedInline):
    model = Role
    formset = RoleFormSet
    fields = ["kind", "board"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        return super().get_queryset(request).select_related("board", "person")


class IsSuspended(admin.SimpleListFilter):
    title = _("suspended")
    parameter_name = "suspended"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("1", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        suspended = User.objects.suspended().values("pk")
        return queryset.filter(pk__in=suspended) if self.value() == "1" else queryset


@admin.register(User, site=desk)
class MemberAdmin(DeedAdmin):
    deeds = DEEDS["person"]
    kind = ModerationEffect.Kind.PERSON
    place = _("View profile")
    list_display = ["username", "email", "date_joined", "state", "appointments"]
    list_filter = [IsSuspended, "roles__kind", "date_joined"]
    ordering = ["-id"]
    search_fields = ["username", "email"]
    search_help_text = _("A part of a name or of an e-mail address.")
    fields = readonly_fields = ("username", "email", "date_joined", "last_login", "state", "log")
    inlines = [RoleInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return User.objects.prefetch_related("roles__board").select_related("suspended_action")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_see_members(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The page is saved for the roles on it."""
        return may_administer(request.user)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Nothing of a member is changed here but their roles."""

    @admin.display(description=_("suspension"))
    def state(self, person: User) -> str:
        if not person.is_suspended or person.suspended_action is None:
            return ""
        reason = person.suspended_action.reason
        if person.suspended_until is None:
            return _("suspended: %(reason)s") % {"reason": reason}
        until = date_format(localtime(person.suspended_until), "SHORT_DATETIME_FORMAT")
        return _("suspended until %(until)s: %(reason)s") % {"until": until, "reason": reason}

    @admin.display(description=_("roles"))
    def appointments(self, person: User) -> str:
        return ", ".join(
            f"{role.get_kind_display()} ({role.board or _('all boards')})"
            for role in person.roles.all()
        )

    def summary(self, targets: Sequence[User]) -> str:
        return words.people(len(targets))
