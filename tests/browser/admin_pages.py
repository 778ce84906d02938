"""Every page of the moderation admin, and the states of a page that look different."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, expect

from forum.models import Erasure, PendingPost, Post
from tests.browser.page_specs import PageSpec, literal_url, named_url
from tests.browser.sample_data import SampleData, get_opening_post


def admin_url(model: str, page: str = "changelist", *args: object) -> Callable[[SampleData], str]:
    return named_url(f"admin:forum_{model}_{page}", *args)


def reason_page_url(
    target_kind: str, slug: str, selected_pk: Callable[[SampleData], int]
) -> Callable[[SampleData], str]:
    """Return the page that asks for a reason before an action on the selected rows."""
    return lambda sample_data: (
        f"{reverse('moderate', args=[target_kind, slug])}?id={selected_pk(sample_data)}"
    )


def get_reported_post(sample_data: SampleData, **filters: object) -> Post:
    return Post.objects.filter(thread=sample_data.forked, case__isnull=False, **filters)[0]


def case_url(**filters: object) -> Callable[[SampleData], str]:
    """Return the case page of the first reported post that matches."""
    return lambda sample_data: reverse(
        "admin:forum_case_change", args=[get_reported_post(sample_data, **filters).case.pk]
    )


def get_pending_post(**filters: object) -> PendingPost:
    return PendingPost.objects.waiting().filter(**filters).earliest("pk")


def pending_post_case_url(**filters: object) -> Callable[[SampleData], str]:
    """Return the case page of the first pending post that matches."""
    return lambda _sample_data: reverse(
        "admin:forum_case_change", args=[get_pending_post(**filters).case.pk]
    )


def erasure_url(sample_data: SampleData) -> str:
    """Return the address of the account deletion that erin requested."""
    request = Erasure.objects.filter(asked_by=sample_data.erin).earliest("pk")
    return reverse("admin:forum_erasure_change", args=[request.pk])


def show_reporters(page: Page) -> None:
    page.get_by_role("button", name="Show reporters").click()
    expect(page.get_by_text("erin:")).to_be_visible()


ADMIN_PAGES: dict[str, PageSpec] = {
    "admin": PageSpec(named_url("admin:index"), "erin"),
    "admin, queue, answered": PageSpec(literal_url("/admin/?state=closed"), "carol"),
    "admin, case": PageSpec(case_url(author__username="bob"), "carol"),
    "admin, case, edited": PageSpec(
        case_url(edited_at__isnull=False), "erin", steps=show_reporters
    ),
    "admin, queue, held": PageSpec(literal_url("/admin/?kind=pending_post"), "carol"),
    "admin, case, held": PageSpec(pending_post_case_url(parent__isnull=False), "carol"),
    "admin, case, held thread": PageSpec(pending_post_case_url(board__isnull=False), "carol"),
    "admin, case, held edit": PageSpec(pending_post_case_url(edits__isnull=False), "carol"),
    "admin, held": PageSpec(admin_url("pendingpost"), "carol"),
    "admin, held post": PageSpec(admin_url("pendingpost", "change", 1), "carol"),
    "admin, approve": PageSpec(
        reason_page_url("pending_post", "approve", lambda _sample_data: get_pending_post().pk),
        "carol",
    ),
    "admin, rules": PageSpec(admin_url("reviewrule"), "erin"),
    "admin, rule": PageSpec(admin_url("reviewrule", "add"), "erin"),
    "admin, dismiss": PageSpec(
        reason_page_url("post", "dismiss", lambda sample_data: get_reported_post(sample_data).pk),
        "carol",
    ),
    "admin, posts": PageSpec(admin_url("post"), "carol"),
    "admin, post": PageSpec(admin_url("post", "change", 1), "carol"),
    "admin, hide": PageSpec(
        reason_page_url(
            "post", "hide", lambda sample_data: get_opening_post(sample_data.forked).pk
        ),
        "carol",
    ),
    "admin, threads": PageSpec(admin_url("thread"), "carol"),
    "admin, thread": PageSpec(admin_url("thread", "change", 1), "carol"),
    "admin, lock": PageSpec(
        reason_page_url("thread", "lock", lambda sample_data: sample_data.forked.pk), "carol"
    ),
    "admin, members": PageSpec(admin_url("user"), "carol"),
    "admin, member, add": PageSpec(admin_url("user", "add"), "erin"),
    "admin, member": PageSpec(admin_url("user", "change", 1), "erin"),
    "admin, suspend": PageSpec(
        reason_page_url("person", "suspend", lambda sample_data: sample_data.bob.pk), "carol"
    ),
    "admin, log": PageSpec(admin_url("moderationaction"), "carol"),
    "admin, log entry": PageSpec(admin_url("moderationaction", "change", 3), "carol"),
    "admin, models": PageSpec(named_url("admin:app_list", "forum"), "erin"),
    "admin, boards": PageSpec(admin_url("board"), "erin"),
    "admin, board": PageSpec(admin_url("board", "add"), "erin"),
    "admin, board, change": PageSpec(admin_url("board", "change", 1), "erin"),
    "admin, board, history": PageSpec(admin_url("board", "history", 1), "erin"),
    "admin, erasures": PageSpec(admin_url("erasure"), "carol"),
    "admin, erasure": PageSpec(erasure_url, "carol"),
    "admin, erasure, by oneself": PageSpec(erasure_url, "erin"),
    "admin, reasons": PageSpec(admin_url("reasontemplate"), "erin"),
    "admin, reason": PageSpec(admin_url("reasontemplate", "add"), "erin"),
    "admin, reason, delete": PageSpec(admin_url("reasontemplate", "delete", 1), "erin"),
    "admin, tags": PageSpec(admin_url("tag"), "carol"),
    "admin, tag": PageSpec(admin_url("tag", "add"), "carol"),
    "admin, categories": PageSpec(admin_url("category"), "erin"),
    "admin, category": PageSpec(admin_url("category", "change", 1), "erin"),
}
