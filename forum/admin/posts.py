"""Posts, as moderators list them; their text and place in the tree are read-only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.admin import search as admin_search
from forum.admin.boards import InBoard
from forum.admin.moderated import ModeratedAdmin
from forum.admin.site import YesNo, admin_site, moderator
from forum.models import Post
from forum.moderation.targets import POST
from forum.presenters.history import source_for
from forum.queries.admin_posts import containing_text, posts_for_admin


class InBoardOfThread(InBoard):
    path = "thread__board"


@admin.register(Post, site=admin_site)
class PostAdmin(ModeratedAdmin):
    kind = POST
    has_cases = True
    place = _("View in thread")
    list_display = [
        *("shown_words", "author", "thread", "depth", "is_answered", "state", "created_at"),
        "in_thread",
    ]
    list_filter = [
        ("hidden_at", YesNo),
        ("deleted_at", YesNo),
        ("edited_at", YesNo),
        InBoardOfThread,
        "created_at",
    ]
    ordering = ["-id"]
    search_fields = ["source"]
    search_help_text = _("Words of one of the latest 100,000 posts, a post’s number, or @author")
    fields = readonly_fields = (
        *("thread", "answers", "depth", "author", "created_at", "edited_at"),
        *("state", "text", "log"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Post]:
        return posts_for_admin(moderator(request))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Post | None:
        post = super().get_object(request, object_id, from_field)
        if post is not None:
            post.shown_words = source_for(post, moderator(request))
        return post

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Post], search_term: str
    ) -> tuple[QuerySet[Post], bool]:
        if not search_term:
            return queryset, False
        found = admin_search.by_number_or_author(queryset, search_term)
        if found is not None:
            return found, False
        return containing_text(queryset, search_term, moderator(request)), False

    @admin.display(description=_("text"))
    def shown_words(self, post: Post) -> str:
        return post.shown_excerpt or f"#{post.pk}"

    @admin.display(description=_("text"))
    def text(self, post: Post) -> SafeString:
        return mark_safe(linebreaks(post.shown_words, autoescape=True))  # noqa: S308 - escaped

    @admin.display(description=_("depth"))
    def depth(self, post: Post) -> int:
        return post.get_level()

    @admin.display(description=_("replies"), boolean=True)
    def is_answered(self, post: Post) -> bool:
        return bool(post.is_answered)  # type: ignore[attr-defined]

    @admin.display(description=_("parent"))
    def answers(self, post: Post) -> SafeString | str:
        if post.parent_id is None:
            return gettext("none (opening post)")
        page = reverse("admin:forum_post_change", args=[post.parent_id])
        return format_html('<a href="{}">#{}</a>', page, post.parent_id)

    @admin.display(description=_("state"))
    def state(self, post: Post) -> str:
        states = (
            (post.is_hidden, _("hidden")),
            (post.is_deleted, _("deleted")),
            (post.is_edited, _("edited")),
        )
        return ", ".join(str(name) for holds, name in states if holds)

    @admin.display(description=_("page"))
    def in_thread(self, post: Post) -> SafeString:
        return format_html('<a href="{}">{}</a>', post.get_absolute_url(), self.place)
