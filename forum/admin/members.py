"""Members and their roles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from forum.admin.moderated import ModeratedAdmin
from forum.admin.site import ForAdministrators, admin_site
from forum.models import Role, User
from forum.moderation.targets import MEMBER
from forum.permissions import can_administer, can_list_members


class RoleFormSet(BaseInlineFormSet):
    """The roles of a member; at least one administrator has to remain."""

    def clean(self) -> None:
        super().clean()
        kept = (form.cleaned_data for form in self.forms if form not in self.deleted_forms)
        if any(role.get("kind") == Role.Kind.ADMINISTRATOR for role in kept):
            return
        others = Role.objects.exclude(person=self.instance)
        if not others.filter(kind=Role.Kind.ADMINISTRATOR).exists():
            raise ValidationError(
                _("The site needs at least one administrator. Appoint another one first.")
            )


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


@admin.register(User, site=admin_site)
class MemberAdmin(ModeratedAdmin):
    kind = MEMBER
    place = _("View profile")
    list_display = ["username", "email", "date_joined", "state", "appointments"]
    list_filter = [IsSuspended, "role_assignments__kind", "date_joined"]
    ordering = ["-id"]
    search_fields = ["username", "email"]
    search_help_text = _("Part of a name or e-mail address")
    fields = readonly_fields = ("username", "email", "date_joined", "last_login", "state", "log")
    inlines = [RoleInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return User.objects.prefetch_related("role_assignments__board").select_related(
            "suspended_action"
        )

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return can_list_members(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether the page can be saved, for the roles on it."""
        return can_administer(request.user)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save nothing of the member: only the roles are edited here."""

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
            for role in person.role_assignments.all()
        )
