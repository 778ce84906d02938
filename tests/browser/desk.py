"""Every page of the moderators' desk, and the states of a page that look different."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, expect

from forum.models import Erasure, PendingPost, Post
from tests.browser.shown import Shown, at, named
from tests.browser.world import World, opening_of


def desk(model: str, page: str = "changelist", *args: object) -> Callable[[World], str]:
    return named(f"admin:forum_{model}_{page}", *args)


def selection(kind: str, slug: str, of: Callable[[World], int]) -> Callable[[World], str]:
    """The page that asks for a reason before an action on what was selected."""
    return lambda world: f"{reverse('moderate', args=[kind, slug])}?id={of(world)}"


def reported(world: World, **which: object) -> Post:
    return Post.objects.filter(thread=world.forked, case__isnull=False, **which)[0]


def case(**which: object) -> Callable[[World], str]:
    """The first such post of those that somebody reported, as moderators look at it."""
    return lambda world: reverse("admin:forum_case_change", args=[reported(world, **which).case.pk])


def waiting(**which: object) -> PendingPost:
    return PendingPost.objects.waiting().filter(**which).earliest("pk")


def pending_post_case(**which: object) -> Callable[[World], str]:
    """The first such post that waits, as moderators look at it."""
    return lambda _world: reverse("admin:forum_case_change", args=[waiting(**which).case.pk])


def erasure(world: World) -> str:
    """The address of the erasure of an account that erin asked for."""
    asked = Erasure.objects.filter(asked_by=world.erin).earliest("pk")
    return reverse("admin:forum_erasure_change", args=[asked.pk])


def show_reporters(page: Page) -> None:
    page.get_by_role("button", name="Show reporters").click()
    expect(page.get_by_text("erin:")).to_be_visible()


DESK: dict[str, Shown] = {
    "desk": Shown(named("admin:index"), "erin"),
    "desk, queue, answered": Shown(at("/admin/?state=closed"), "carol"),
    "desk, case": Shown(case(author__username="bob"), "carol"),
    "desk, case, edited": Shown(case(edited_at__isnull=False), "erin", steps=show_reporters),
    "desk, queue, held": Shown(at("/admin/?kind=pending_post"), "carol"),
    "desk, case, held": Shown(pending_post_case(parent__isnull=False), "carol"),
    "desk, case, held thread": Shown(pending_post_case(board__isnull=False), "carol"),
    "desk, case, held edit": Shown(pending_post_case(edits__isnull=False), "carol"),
    "desk, held": Shown(desk("pendingpost"), "carol"),
    "desk, held post": Shown(desk("pendingpost", "change", 1), "carol"),
    "desk, approve": Shown(
        selection("pending_post", "approve", lambda _world: waiting().pk), "carol"
    ),
    "desk, rules": Shown(desk("reviewrule"), "erin"),
    "desk, rule": Shown(desk("reviewrule", "add"), "erin"),
    "desk, dismiss": Shown(selection("post", "dismiss", lambda world: reported(world).pk), "carol"),
    "desk, posts": Shown(desk("post"), "carol"),
    "desk, post": Shown(desk("post", "change", 1), "carol"),
    "desk, hide": Shown(
        selection("post", "hide", lambda world: opening_of(world.forked).pk), "carol"
    ),
    "desk, threads": Shown(desk("thread"), "carol"),
    "desk, thread": Shown(desk("thread", "change", 1), "carol"),
    "desk, lock": Shown(selection("thread", "lock", lambda world: world.forked.pk), "carol"),
    "desk, members": Shown(desk("user"), "carol"),
    "desk, member": Shown(desk("user", "change", 1), "erin"),
    "desk, suspend": Shown(selection("person", "suspend", lambda world: world.bob.pk), "carol"),
    "desk, log": Shown(desk("moderationaction"), "carol"),
    "desk, log entry": Shown(desk("moderationaction", "change", 3), "carol"),
    "desk, models": Shown(named("admin:app_list", "forum"), "erin"),
    "desk, boards": Shown(desk("board"), "erin"),
    "desk, board": Shown(desk("board", "add"), "erin"),
    "desk, board, change": Shown(desk("board", "change", 1), "erin"),
    "desk, board, history": Shown(desk("board", "history", 1), "erin"),
    "desk, erasures": Shown(desk("erasure"), "carol"),
    "desk, erasure": Shown(erasure, "carol"),
    "desk, erasure, by oneself": Shown(erasure, "erin"),
    "desk, reasons": Shown(desk("reasontemplate"), "erin"),
    "desk, reason": Shown(desk("reasontemplate", "add"), "erin"),
    "desk, reason, delete": Shown(desk("reasontemplate", "delete", 1), "erin"),
    "desk, categories": Shown(desk("category"), "erin"),
    "desk, category": Shown(desk("category", "change", 1), "erin"),
}
