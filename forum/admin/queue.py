"""The review queue: open cases, the first page of the moderation admin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from forum.admin import search as admin_search
from forum.admin.boards import InBoard
from forum.admin.review import ReviewAdmin
from forum.admin.site import admin_site, moderator
from forum.models import Case, Quote, Report, User
from forum.models.posts import if_readable
from forum.models.reports import CaseQuerySet, worked_on
from forum.presenters.report_badge import describe_reasons
from forum.presenters.times import day, time_tag

NEW_ACCOUNT = timedelta(days=7)


class Choice(admin.SimpleListFilter):
    """A filter with a named condition for each of its values."""

    values: dict[str, tuple[Any, Callable[[User], Q]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        self.reader = moderator(request)
        return [(value, label) for value, (label, _question) in self.values.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.values.get(self.value() or "")
        return queryset.filter(chosen[1](self.reader)) if chosen else queryset


class CaseState(Choice):
    """A filter by the state of the case: open ones unless another state is chosen."""

    title = _lazy("state")
    parameter_name = "state"
    values = {
        "open": (_lazy("Open"), lambda _reader: Q(closed_at=None)),
        "closed": (_lazy("Closed"), lambda _reader: Q(closed_at__isnull=False)),
    }

    def value(self) -> str:
        return super().value() or "open"

    def choices(self, changelist: ChangeList) -> Any:
        return list(super().choices(changelist))[1:]


class WorkedOn(Choice):
    title = _lazy("assignee")
    parameter_name = "by"
    values = {
        "me": (_lazy("Me"), lambda reader: Q(assignee=reader) & worked_on()),
        "nobody": (_lazy("Unassigned"), lambda _reader: ~worked_on()),
    }


class Reason(admin.SimpleListFilter):
    title = _lazy("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return Report.Reason.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if self.value() not in Report.Reason.values:
            return queryset
        said = Report.objects.filter(reason=self.value())
        return queryset.filter(post__in=said.values("post"))


class CaseKind(Choice):
    title = _lazy("kind")
    parameter_name = "kind"
    values = {
        "opening": (_lazy("Opening post"), lambda _reader: Q(pending_post=None, post__parent=None)),
        "reply": (_lazy("Reply"), lambda _reader: Q(post__parent__isnull=False)),
        "pending_post": (
            _lazy("Pending post"),
            lambda _reader: Q(pending_post__isnull=False, pending_post__edits=None),
        ),
        "edit": (_lazy("Pending edit"), lambda _reader: Q(pending_post__edits__isnull=False)),
    }


def _came_after(moment: datetime) -> Q:
    return Q(post__author__date_joined__gte=moment) | Q(
        pending_post__author__date_joined__gte=moment
    )


class Account(Choice):
    title = _lazy("account")
    parameter_name = "account"
    values = {
        "new": (
            _lazy("New this week"),
            lambda _reader: _came_after(timezone.now() - NEW_ACCOUNT),
        ),
    }


class Answered(Choice):
    title = _lazy("replies")
    parameter_name = "replies"
    values = {
        "yes": (_lazy("Yes"), lambda _reader: Q(is_answered=True)),
        "no": (_lazy("No"), lambda _reader: Q(is_answered=False)),
    }


def _older_than(days: int) -> Callable[[User], Q]:
    return lambda _reader: Q(opened_at__lt=timezone.now() - timedelta(days=days))


class Age(Choice):
    title = _lazy("awaiting review")
    parameter_name = "age"
    values = {
        "1": (_lazy("Over a day ago"), _older_than(1)),
        "3": (_lazy("Over three days ago"), _older_than(3)),
        "7": (_lazy("Over a week ago"), _older_than(7)),
    }


class InBoardOfCase(InBoard):
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in dict(self.lookup_choices):
            return queryset
        return cast(CaseQuerySet, queryset).in_boards([int(self.value() or 0)])


@admin.register(Case, site=admin_site)
class CaseAdmin(ReviewAdmin):
    """The review queue, with every action on posts and pending posts as a bulk action."""

    change_list_template = "admin/forum/queue.html"
    list_display = [
        *("about", "author", "thread", "reasons", "weight_in_words", "since", "state", "answers"),
    ]
    list_display_links = None
    list_filter = [CaseState, Reason, InBoardOfCase, WorkedOn, CaseKind, Account, Answered, Age]
    search_fields = ["post__source"]
    search_help_text = _lazy("Words of a post, its number, or @author")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return Case.objects.for_admin(moderator(request))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": _("Review queue")} | (extra_context or {})
        return super().changelist_view(request, context)

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        if request.GET.get("state") == "closed":
            return [F("closed_at").desc(), "-id"]
        return [F("weight").desc(), "opened_at", "id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Case], search_term: str
    ) -> tuple[QuerySet[Case], bool]:
        if not search_term:
            return queryset, False
        found = admin_search.by_number_or_author(queryset, search_term, path="post__")
        of_pending_post = admin_search.by_number_or_author(
            queryset, search_term, path="pending_post__"
        )
        if found is None or of_pending_post is None:
            reader = moderator(request)
            source = if_readable(reader, "source", "post__")
            # Words that they may not read in their source can't be guessed by their quotes.
            quoting = Quote.objects.unreadable_with(search_term, reader).values("post")
            said = Q(said__icontains=search_term) & ~Q(post__in=quoting)
            pending = Q(pending_post__source__icontains=search_term) | Q(
                pending_post__title__icontains=search_term
            )
            found = queryset.alias(said=source).filter(said | pending)
        elif search_term.startswith("@"):
            found |= of_pending_post
        return found, False

    # -- Columns ----------------------------------------------------------------------------------

    @admin.display(description=_lazy("post"))
    def about(self, case: Case) -> SafeString:
        """Return the button that claims the case and opens it."""
        return format_html(
            '<button class="open" formaction="{}" formmethod="post">{}</button>',
            reverse("admin:forum_case_claim", args=[case.pk]),
            case.excerpt or str(case),
        )

    @admin.display(description=_lazy("author"))
    def author(self, case: Case) -> SafeString:
        author = case.author
        since = _("joined %(day)s") % {"day": day(author.date_joined)}
        return format_html("<bdi>{}</bdi><br><small>{}</small>", author, since)

    @admin.display(description=_lazy("thread"))
    def thread(self, case: Case) -> SafeString:
        if case.thread is None:
            return format_html("<small>{}</small>", case.board or _("deleted board"))
        return format_html(
            '<a href="{}"><bdi>{}</bdi></a><br><small>{}</small>',
            case.about.get_absolute_url(),
            case.thread.title,
            case.thread.board.name,
        )

    @admin.display(description=_lazy("why"))
    def reasons(self, case: Case) -> str:
        if case.pending_post:
            return _("Pending: %(why)s") % {"why": case.pending_post.why}
        return describe_reasons(case.reasons)

    @admin.display(description=_lazy("weight"))
    def weight_in_words(self, case: Case) -> str:
        return f"{case.weight:.1f}"

    @admin.display(description=_lazy("waiting since"))
    def since(self, case: Case) -> SafeString:
        return time_tag(case.opened_at)

    @admin.display(description=_lazy("state"))
    def state(self, case: Case) -> str:
        if not case.is_open:
            return _("closed")
        person = case.worked_on_by
        return _("claimed by %(name)s") % {"name": person} if person else _("open")
