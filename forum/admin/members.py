"""Members and their roles."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from forum.admin.configured import ConfiguredForm
from forum.admin.moderated import ModeratedAdmin
from forum.admin.site import ForAdministrators, admin_site, moderator
from forum.models import Role, User
from forum.moderation.forms import TextField
from forum.moderation.members import add_member
from forum.moderation.roles import set_roles
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


class MemberForm(ConfiguredForm):
    """The form of a member: the reason why roles are changed."""

    why = TextField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("Why you change the roles below. The member will read it. Optional."),
    )

    class Meta:
        model = User
        fields: tuple[str, ...] = ()


class NewMemberForm(ConfiguredForm):
    """The form of a new member, whose address counts as confirmed."""

    email = forms.EmailField(label=_("E-mail address"), help_text=_("Counts as confirmed."))
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        max_length=128,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Leave empty to let the member choose one with “Forgot your password?”."),
    )

    class Meta:
        model = User
        fields = ["username", "email"]

    def clean_username(self) -> str:
        return get_adapter().clean_username(self.cleaned_data["username"])

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"].lower()
        if User.objects.with_email(address).exists():
            raise ValidationError(_("Another account has this address."))
        return address

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password)
        return password


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
    list_filter = [IsSuspended, "is_active", "role_assignments__kind", "date_joined"]
    ordering = ["-id"]
    sortable_by = ["username", "date_joined"]
    search_fields = ["username", "email"]
    search_help_text = _("Part of a name or e-mail address")
    fields = readonly_fields = ("username", "email", "date_joined", "last_login", "state", "log")
    inlines = [RoleInline]
    form = MemberForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return User.objects.prefetch_related("role_assignments__board").select_related(
            "suspended_action"
        )

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return can_list_members(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return whether the page can be saved, for the roles on it."""
        return can_administer(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return can_administer(request.user)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else NewMemberForm

    def get_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return ["username", "email", "password", "why"]
        return (*self.fields, "why") if can_administer(request.user) else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.readonly_fields if obj else ()

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else ()

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Add a new member; of others only the roles are edited here."""
        if change:
            return
        new = form.cleaned_data
        entry = add_member(
            new["username"],
            address=new["email"],
            password=new["password"],
            actor=moderator(request),
            reason=new["why"],
        )
        obj.pk = entry.effects.get().target_id

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Set the roles, with one entry in the log; nothing else is edited on the page."""
        for formset in formsets:
            kept = (each for each in formset.forms if each not in formset.deleted_forms)
            roles = [each.cleaned_data for each in kept if each.cleaned_data.get("kind")]
            set_roles(
                form.instance,
                [
                    {"kind": role["kind"], "board": role["board"].pk if role["board"] else None}
                    for role in roles
                ],
                actor=moderator(request),
                reason=form.cleaned_data["why"],
            )

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
