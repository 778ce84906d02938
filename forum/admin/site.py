"""The moderation admin: access, and the parts that its pages share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.exceptions import (
    DisallowedModelAdminLookup,
    DisallowedModelAdminToField,
)
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from forum.errors import NotAllowed, UserError
from forum.lib.numbers import capped
from forum.models import Case, User
from forum.permissions import can_access_admin, can_administer
from forum.queries.moderation_counts import moderation_work_of

# Moderators find rows by filters and search, not on the last page.
MAX_ROWS_COUNTED = 10_000
# The site has the first three already. The others tell of any object, asked for by its number.
DOORS_OF_DJANGO = {
    *("logout", "password_change", "password_change_done"),
    *("autocomplete", "view_on_site"),
}


# The order of the header's links; models not named come last.
MAX_NAMES_SHOWN = (
    *("Case", "PendingPost", "Post", "Thread", "User", "ModerationAction", "Board", "Category"),
    *("Tag", "SiteText", "Erasure", "ReasonTemplate", "ReviewRule"),
)
PLACES = {name: place for place, name in enumerate(MAX_NAMES_SHOWN)}


class ModerationAdminSite(admin.AdminSite):
    """The admin site for moderators; logging in and passwords are on the forum's own pages."""

    site_title = settings.SITE_NAME
    site_header = _("Moderation")
    index_title = _("Moderation")
    enable_nav_sidebar = False  # the header leads everywhere, on a phone too

    def __init__(self) -> None:
        super().__init__(name="admin")
        self.disable_action("delete_selected")

    def has_permission(self, request: HttpRequest) -> bool:
        return can_access_admin(request.user)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        urls = super().get_urls()
        return [url for url in urls if getattr(url, "name", None) not in DOORS_OF_DJANGO]

    def index(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the review queue as the first page."""
        return self.get_model_admin(Case).changelist_view(request, extra_context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the apps in the order in which moderators need them."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["models"].sort(key=lambda model: PLACES.get(model["object_name"], len(PLACES)))
        return apps

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add how much of each kind awaits this moderator, for the header."""
        context = super().each_context(request)
        if self.has_permission(request):
            work = moderation_work_of(moderator(request))
            context["waiting"] = {
                "cases": capped(work.cases),
                "appeals": capped(work.appeals),
                "erasures": capped(work.erasures),
                "erasures_due": capped(work.erasures_due),
            }
        return context

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if self.has_permission(request):
                return inner(request, *args, **kwargs)
            if request.user.is_authenticated:
                raise NotAllowed(_("Only moderators can see this page."))
            return redirect_to_login(request.get_full_path())

        return door

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the forum's own login, which leads back here."""
        if self.has_permission(request):
            return redirect("admin:index")
        return redirect_to_login(request.GET.get("next", request.path))


admin_site = ModerationAdminSite()


def moderator(request: HttpRequest) -> User:
    """Return the moderator who uses the admin."""
    assert isinstance(request.user, User)
    return request.user


class BoundedPaginator(Paginator):
    """A paginator that counts up to `MAX_ROWS_COUNTED` only."""

    @cached_property
    def count(self) -> int:
        listed: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return listed.order_by()[:MAX_ROWS_COUNTED].count()


class ForModerators:
    """Permissions of pages for moderators: nothing is added, changed or deleted by hand."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return can_access_admin(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ForAdministrators:
    """Permissions of settings for administrators."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return can_administer(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return can_administer(request.user)

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


class OrderedChangeList(ChangeList):
    """A list that is sorted by columns with an index only: there may be a million rows.

    Only filters offered on the page are accepted. Django would filter by any field of the model, so
    that guesses could be tried on a password hash or on hidden text.
    """

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        try:
            if not self.search_form_class(request.GET).is_valid():
                raise IncorrectLookupParameters
            super().__init__(request, *args, **kwargs)
        except (
            DataError,  # from PostgreSQL, when the rows are counted
            DisallowedModelAdminLookup,
            DisallowedModelAdminToField,
            IncorrectLookupParameters,
        ) as error:
            raise UserError(_("This list has no such filter, search or page.")) from error
        self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_filters(self, request: HttpRequest) -> Any:
        """Refuse parameters of no filter on the page, and values that it does not offer."""
        found = super().get_filters(request)
        filters: list[admin.ListFilter] = found[0]
        declared = {name for each in filters for name in each.expected_parameters()}
        if self.date_hierarchy:
            declared |= {f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day")}
        if self.get_filters_params().keys() - declared - {"id"}:
            raise DisallowedModelAdminLookup
        if not all(self._offers_what_was_chosen(each) for each in filters):
            raise IncorrectLookupParameters
        return found

    def _offers_what_was_chosen(self, each: admin.ListFilter) -> bool:
        """Return whether the page offers the chosen value; any date is accepted."""
        is_empty = all(value in ("", [""]) for value in each.used_parameters.values())
        if is_empty or isinstance(each, admin.DateFieldListFilter):
            return True
        return any(choice["selected"] for choice in each.choices(self))

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Refuse to sort by a column that is not offered; Django would."""
        asked = self.params.get(ORDER_VAR, "")
        columns = [part.lstrip("-") for part in asked.split(".") if part]
        offered = {str(self.list_display.index(name)) for name in self.sortable_by or ()}
        if not offered.issuperset(columns):
            raise IncorrectLookupParameters
        return super().get_ordering(request, queryset)


class ModeratorModelAdmin(admin.ModelAdmin):
    """A list whose cost does not grow with the forum."""

    sortable_by: ClassVar[list[str] | tuple[str, ...] | None] = ()
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = list_max_show_all = 50
    view_on_site: Any = False
    empty_value_display = ""  # on a phone, Django's "-" would be a line of its own
    log_kind = ""  # the kind of its rows in the moderation log, if they are targets there

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OrderedChangeList

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to what the moderation log says about this object."""
        if not self.has_view_permission(request):
            raise NotAllowed
        if not self.log_kind:
            raise Http404
        log = reverse("admin:forum_moderationaction_changelist")
        return redirect(f"{log}?{urlencode({'about': f'{self.log_kind}-{object_id}'})}")

    # What was done is in the moderation log; Django's own list of changes could be edited.

    def log_addition(self, *_args: Any) -> Any:
        return None

    log_change = log_deletions = log_addition  # type: ignore[assignment]

    def construct_change_message(self, *_args: Any, **_named: Any) -> Any:
        return ""

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        """Return whether a popup may name a row by this field: only by its id."""
        return to_field == self.opts.pk.name


class YesNo(admin.EmptyFieldListFilter):
    """A filter by whether a time is set."""

    titles = {
        "hidden_at": _("hidden"),
        "deleted_at": _("deleted"),
        "edited_at": _("edited"),
        "locked_at": _("locked"),
        "pinned_at": _("pinned"),
        "removed_at": _("removed"),
        "unlisted_at": _("unlisted"),
    }

    def __init__(self, field: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(field, *args, **kwargs)
        self.title = self.titles[field.name]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice, words in zip(
            super().choices(changelist), (_("All"), _("No"), _("Yes")), strict=True
        ):
            yield {**choice, "display": words}
