"""Pending posts, decided or not; their text is read-only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from forum.admin import search as admin_search
from forum.admin.boards import InBoard
from forum.admin.moderated import ModeratedAdmin
from forum.admin.site import admin_site, moderator
from forum.models import PendingPost
from forum.models.pending_posts import PendingPostQuerySet
from forum.moderation.targets import PENDING


class InBoardOfPendingPost(InBoard):
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in dict(self.lookup_choices):
            return queryset
        assert isinstance(queryset, PendingPostQuerySet)
        return queryset.in_boards([int(self.value() or 0)])


@admin.register(PendingPost, site=admin_site)
class PendingPostAdmin(ModeratedAdmin):
    kind = PENDING
    has_cases = True
    place = _("View page")
    list_display = ["shown_words", "author", "place_of", "why", "state", "created_at"]
    list_filter = ["state", "kind", InBoardOfPendingPost, "created_at"]
    ordering = ["-id"]
    search_fields = ["source"]
    search_help_text = _("Words of a text or title, its number, or @author")
    fields = readonly_fields = (
        *("author", "place_of", "created_at", "why", "rule", "state"),
        *("title", "text", "log"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PendingPost]:
        return PendingPost.objects.moderated_by(moderator(request)).with_context()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PendingPost], search_term: str
    ) -> tuple[QuerySet[PendingPost], bool]:
        if not search_term:
            return queryset, False
        found = admin_search.by_number_or_author(queryset, search_term)
        if found is None:
            found = queryset.filter(source__icontains=search_term) | queryset.filter(
                title__icontains=search_term
            )
        return found, False

    @admin.display(description=_("text"))
    def shown_words(self, pending: PendingPost) -> str:
        return pending.title or pending.excerpt

    @admin.display(description=_("text"))
    def text(self, pending: PendingPost) -> SafeString:
        return mark_safe(linebreaks(pending.source, autoescape=True))  # noqa: S308 - escaped

    @admin.display(description=_("where"))
    def place_of(self, pending: PendingPost) -> SafeString:
        if pending.thread is None:
            return format_html("<bdi>{}</bdi>", pending.board or "")
        address = pending.thread.get_absolute_url()
        return format_html('<a href="{}"><bdi>{}</bdi></a>', address, pending.thread)
