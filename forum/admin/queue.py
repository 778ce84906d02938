"""The review queue: open cases, the first page of the moderation admin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from forum.admin import search as admin_search
from forum.admin.boards import InBoard
from forum.admin.review import ReviewAdmin, decisions_on
from forum.admin.site import OrderedChangeList, admin_site, moderator
from forum.lib.numbers import parse_number
from forum.models import Case, Post, Quote, Report, Thread, User
from forum.models.review_queue import QUEUE_ORDER, CaseQuerySet, worked_on
from forum.models.roles import prefetch_roles
from forum.models.visibility import if_readable
from forum.presenters.report_badge import describe_reasons
from forum.presenters.times import day, time_tag
from forum.queries.branches import in_branches

NEW_ACCOUNT = timedelta(days=7)


class ChoiceFilter(admin.SimpleListFilter):
    """A filter with a named condition for each of its values."""

    values: dict[str, tuple[Any, Callable[[User], Q]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        self.reader = moderator(request)
        return [(value, label) for value, (label, _question) in self.values.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.values.get(self.value() or "")
        return queryset.filter(chosen[1](self.reader)) if chosen else queryset


class CaseStateFilter(ChoiceFilter):
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


class AssigneeFilter(ChoiceFilter):
    title = _lazy("assignee")
    parameter_name = "by"
    values = {
        "me": (_lazy("Me"), lambda reader: Q(assignee=reader) & worked_on()),
        "nobody": (_lazy("Unassigned"), lambda _reader: ~worked_on()),
    }


class ReasonFilter(admin.SimpleListFilter):
    title = _lazy("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return Report.Reason.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if self.value() not in Report.Reason.values:
            return queryset
        said = Report.objects.filter(reason=self.value())
        return queryset.filter(post__in=said.values("post"))


class CaseKindFilter(ChoiceFilter):
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


class NewAccountFilter(ChoiceFilter):
    title = _lazy("account")
    parameter_name = "account"
    values = {
        "new": (
            _lazy("New this week"),
            lambda _reader: _came_after(timezone.now() - NEW_ACCOUNT),
        ),
    }


class AnsweredFilter(ChoiceFilter):
    title = _lazy("replies")
    parameter_name = "replies"
    values = {
        "yes": (_lazy("Yes"), lambda _reader: Q(is_answered=True)),
        "no": (_lazy("No"), lambda _reader: Q(is_answered=False)),
    }


def _older_than(days: int) -> Callable[[User], Q]:
    return lambda _reader: Q(opened_at__lt=timezone.now() - timedelta(days=days))


class CaseAgeFilter(ChoiceFilter):
    title = _lazy("awaiting review")
    parameter_name = "age"
    values = {
        "1": (_lazy("Over a day ago"), _older_than(1)),
        "3": (_lazy("Over three days ago"), _older_than(3)),
        "7": (_lazy("Over a week ago"), _older_than(7)),
    }


class InBranch(admin.SimpleListFilter):
    """A filter by a branch, given by the post at its head; a case leads there."""

    title = _lazy("branch")
    parameter_name = "branch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        self.head: Post | None = None
        if number := parse_number(self.value() or ""):
            posts = Post.objects.filter(thread__in=Thread.objects.moderated_by(moderator(request)))
            self.head = posts.filter(pk=number).first()
        return [(str(self.head.pk), f"#{self.head.pk}")] if self.head else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if self.value() is None or self.head is None:
            return queryset
        return cast(CaseQuerySet, queryset).about(in_branches([self.head]))


class InBoardOfCase(InBoard):
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in dict(self.lookup_choices):
            return queryset
        return cast(CaseQuerySet, queryset).in_boards([int(self.value() or 0)])


class QueueChangeList(OrderedChangeList):
    """The list of cases, with the decisions that this moderator may take on each."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        prefetch_roles(case.author for case in self.result_list)
        for case in self.result_list:
            case.decisions = decisions_on(case, request)


@admin.register(Case, site=admin_site)
class CaseAdmin(ReviewAdmin):
    """The review queue, with every action on posts and pending posts as a bulk action."""

    change_list_template = "admin/forum/queue.html"
    list_display = [
        *("about", "author", "thread", "reasons", "weight_in_words", "since", "state", "answers"),
    ]
    list_display_links = None
    list_filter = [
        CaseStateFilter,
        ReasonFilter,
        InBoardOfCase,
        InBranch,
        AssigneeFilter,
        CaseKindFilter,
        NewAccountFilter,
        AnsweredFilter,
        CaseAgeFilter,
    ]
    search_fields = ["post__source"]
    search_help_text = _lazy("Words of a post, its number, or @author")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        return Case.objects.for_admin(moderator(request))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return QueueChangeList

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        if request.GET.get("state") == "closed":
            return [F("closed_at").desc(), "-id"]
        return list(QUEUE_ORDER)

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

    @admin.display(description=_lazy("decision"))
    def answers(self, case: Case) -> SafeString:
        return format_html_join(
            " ",
            '<a href="{}" data-js-key="{}">{}</a>',
            case.decisions,  # type: ignore[attr-defined]
        )

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
        if person := case.worked_on_by:
            return _("claimed by %(name)s") % {"name": person}
        return _("open, deleted by its author") if case.post and case.post.is_deleted else _("open")
