"""Threads, as moderators list them."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from forum.admin import search as admin_search
from forum.admin.boards import InBoard
from forum.admin.moderated import ModeratedAdmin
from forum.admin.site import YesNo, admin_site, moderator
from forum.models import Thread
from forum.moderation.targets import THREAD


@admin.register(Thread, site=admin_site)
class ThreadAdmin(ModeratedAdmin):
    kind = THREAD
    place = _("View thread")
    list_display = ["title", "board", "author", "post_count", "last_post_at", "state"]
    list_filter = [
        InBoard,
        ("locked_at", YesNo),
        ("pinned_at", YesNo),
        ("deleted_at", YesNo),
        ("removed_at", YesNo),
        ("unlisted_at", YesNo),
        "created_at",
    ]
    list_select_related = ["board", "author"]
    ordering = ["-id"]
    sortable_by = ["last_post_at"]
    search_fields = ["title"]
    search_help_text = _("Words of a title, a thread’s number, or @author")
    fields = readonly_fields = (
        *("title", "board", "author", "created_at", "post_count", "last_post_at"),
        *("state", "merged_into", "log"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Thread]:
        return Thread.objects.moderated_by(moderator(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Thread], search_term: str
    ) -> tuple[QuerySet[Thread], bool]:
        found = admin_search.by_number_or_author(queryset, search_term)
        return queryset.filter(title__icontains=search_term) if found is None else found, False

    @admin.display(description=_("state"))
    def state(self, thread: Thread) -> str:
        states = (
            (thread.is_pinned, _("pinned")),
            (thread.is_locked, _("locked")),
            (thread.is_deleted, _("deleted")),
            (thread.is_removed, _("removed")),
            (thread.is_unlisted, _("unlisted")),
            (thread.merged_into_id, _("merged")),
        )
        return ", ".join(str(name) for holds, name in states if holds)
