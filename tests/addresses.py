"""Addresses of the site: every route of the URLconf, with one example of each in the scene."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from forum.admin import admin_site
from forum.models import Appeal, Case, ModerationAction
from forum.moderation.registry import actions_on
from tests.scene import Scene


def routes() -> Iterator[str]:
    """Yield the name of every route, or its pattern if it has no name."""
    yield from _routes(get_resolver(), "")


def _routes(resolver: URLResolver, namespace: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else namespace
            yield from _routes(entry, inner)
        else:
            assert isinstance(entry, URLPattern)
            yield namespace + (entry.name or str(entry.pattern))


def routes_with(parameters: set[str]) -> Iterator[str]:
    """Yield the names of the site's own routes that take exactly these parameters."""
    reverse_dict = get_resolver().reverse_dict
    for route in routes():
        if ":" not in route and any(
            set(names) == parameters
            for pattern in reverse_dict.getlist(route)
            for _form, names in pattern[0]
        ):
            yield route


@cache
def addresses(scene: Scene) -> dict[str, str]:
    """Return the paths of the site's own pages, by "name of the route, state of its target"."""
    found = {name: reverse(name) for name in routes_with(parameters=set())}
    board_routes = routes_with(parameters={"slug"})
    found |= {name: reverse(name, args=[scene.board.slug]) for name in board_routes}
    found |= _lists(scene)
    for state, thread in scene.threads.items():
        for name in THREAD_ROUTES.get(state, ()):
            found[f"{name} {state}"] = reverse(name, args=[thread.pk])
        found[f"thread-detail {state}"] = thread.get_absolute_url()
        found[f"thread-feed {state}"] = f"{thread.get_absolute_url()}feed.atom"
    for state in ("visible", "hidden", "deleted", "deleted-opening"):
        route_names = DELETED_POST_ROUTES if state == "deleted-opening" else POST_ROUTES
        for name in (*route_names, *PUBLISHED_POST_ROUTES) if state == "visible" else route_names:
            found[f"{name} {state}"] = reverse(name, args=[scene.posts[state].pk])
    for ordinal, state in enumerate(("visible", "hidden", "deleted")):
        quote = [scene.posts["quoting"].pk, ordinal]
        found[f"post-quote {state}"] = reverse("post-quote", args=quote)
        found[f"post-quoted {state}"] = reverse("post-quoted", args=[scene.posts[state].pk])
    for person in ("bob", "dan", "carol"):
        for name in person_routes(person):
            found[f"{name} {person}"] = reverse(name, args=[person])
    entry = ModerationAction.objects.get(act="hide-post").pk
    for name in LOG_ENTRY_ROUTES:
        found[name] = reverse(name, args=[entry])
    for route, row in PRIVATE_ROUTES.items():
        found[route] = reverse(route, args=[getattr(scene, row).pk])
    found |= {name: reverse(name, args=[scene.pending_post.pk]) for name in PENDING_POST_ROUTES}
    found |= {name: reverse(name, args=[scene.tag.slug]) for name in ("tag-detail", "tag-feed")}
    found |= {name: reverse(name, args=[1]) for name in ("sitemap-threads", "sitemap-people")}
    found["inbox-feed"] = reverse("inbox-feed", args=["unknown-key"])
    found["following-feed"] = reverse("following-feed", args=["unknown-key"])
    found["feed-revoke"] = reverse("feed-revoke", args=[1])
    found["search-feed for words"] = f"{reverse('search-feed')}?q=words"
    found |= _subscriptions(scene)
    selected = reverse("moderate", args=["post", "hide"])
    found["moderate"] = f"{selected}?id={scene.posts['visible'].pk}"
    found["appeal-answer"] = reverse("appeal-answer", args=[Appeal.objects.get().pk])
    found["account_confirm_email"] = reverse("account_confirm_email", args=["MQ:1aaaaa:odd"])
    found["unsubscribe"] = reverse("unsubscribe", args=["MQ:1aaaaa:odd"])
    odd = ["1", "set-password"]
    found["account_reset_password_from_key"] = reverse("account_reset_password_from_key", args=odd)
    return found


def _subscriptions(scene: Scene) -> dict[str, str]:
    """Return the paths that mute a post's branch, a removed thread, a board and a tag."""
    targets = {
        "post": f"p{scene.posts['visible'].pk}",
        "removed": f"t{scene.threads['removed'].pk}",
        "board": f"b{scene.board.pk}",
        "tag": f"g{scene.tag.pk}",
    }
    return {
        f"subscription {state}": reverse("subscription", args=[target, "mute"])
        for state, target in targets.items()
    }


def _lists(scene: Scene) -> dict[str, str]:
    """Return the paths of the lists of threads, of all boards, of one, and of a tag."""
    slug = scene.board.slug
    return {
        "threads": reverse("threads", args=["newest"]),
        "threads unread": reverse("threads", args=["unread"]),
        "threads mine": reverse("threads", args=["mine"]),
        "board-threads": reverse("board-threads", args=[slug, "newest"]),
        "board-threads waiting": reverse("board-threads", args=[slug, "waiting"]),
        "tag-threads": reverse("tag-threads", args=[scene.tag.slug, "newest"]),
        "tag-threads unread": reverse("tag-threads", args=[scene.tag.slug, "unread"]),
        "threads-read-undo": reverse("threads-read-undo", args=[1]),
    }


# Read by programs.
XML_ROUTES = {
    *("site-feed", "board-feed", "tag-feed", "thread-feed", "thread-feed-short", "branch-feed"),
    *("person-feed", "search-feed", "inbox-feed", "following-feed"),
    *("sitemap", "sitemap-boards", "sitemap-threads", "sitemap-people"),
}
THREAD_ROUTES = {
    "open": (
        *(
            "thread-short",
            "thread-feed-short",
            *(f"thread-{action.slug}" for action in actions_on("thread")),
        ),
        *("thread-seen", "thread-served", "thread-next", "thread-jump", "thread-map"),
        *("thread-arrivals", "thread-title", "thread-tags"),
    ),
    "locked": ("thread-short", "thread-lock"),
    "removed": ("thread-short", "thread-remove", "thread-restore", "thread-seen", "thread-map"),
    "deleted": ("thread-short", "thread-lock", "thread-seen", "thread-next", "thread-map"),
}
POST_ROUTES = (
    *("post-detail", "post-reply", "post-edit", "post-delete", "post-history", "post-menu"),
    *("post-undelete", "post-left-out"),
    *("post-hide", "post-unhide", "post-read", "post-unread", "post-report"),
    *("post-branch", "branch-feed", "post-bookmark"),
)
# Moderation pages of a published post.
PUBLISHED_POST_ROUTES = tuple(
    name
    for name in (f"post-{action.slug}" for action in actions_on("post"))
    if name not in ("post-hide", "post-unhide")
)
# Pages of the opening post of a deleted thread.
DELETED_POST_ROUTES = ("post-detail", "post-reply", "post-hide")
# Addresses of alice's own rows, by their name in the scene.
PRIVATE_ROUTES = {
    **dict.fromkeys(("bookmark-remove", "bookmark-restore"), "bookmark"),
    **dict.fromkeys(("draft-discard", "draft-take-back"), "draft"),
}
# Pages of the log entry for the hidden post.
LOG_ENTRY_ROUTES = ("log-entry", "log-undo", "log-appeal")
PENDING_POST_ROUTES = (
    "pending-post-detail",
    "pending-post-withdraw",
    *(f"pending_post-{action.slug}" for action in actions_on("pending_post")),
)
PERSON_ROUTES = (
    *("person-detail", "person-feed", "person-ignore", "person-stop-ignoring"),
    *(f"person-{action.slug}" for action in actions_on("person")),
)


def person_routes(person: str) -> list[str]:
    """Return the pages of a member: all actions on bob, and on dan and carol those that differ."""
    repeated = {f"person-{action.slug}" for action in actions_on("person")}
    repeated -= {"person-suspend", "person-lift"}
    return [name for name in PERSON_ROUTES if person == "bob" or name not in repeated]


# Admin pages that act on one row by a button.
ROW_STEPS = {
    "erasure": ("confirm", "refuse"),
    "case": ("claim", "release", "next", "previous", "reporters"),
}


@cache
def admin_addresses(scene: Scene) -> dict[str, str]:
    """Return the paths of the admin's pages, by the name of the route."""
    objects = {
        "category": scene.board.category.pk,
        "board": scene.board.pk,
        "sitetext": scene.introduction.pk,
        "post": scene.posts["visible"].pk,
        "thread": scene.threads["open"].pk,
        "user": scene.people["bob"].pk,
        "case": Case.objects.get(pending_post=None).pk,
        "erasure": scene.erasure.pk,
        "reasontemplate": scene.reason.pk,
        "tag": scene.tag.pk,
        "pendingpost": scene.pending_post.pk,
        "reviewrule": scene.rule.pk,
        "moderationaction": ModerationAction.objects.get(act="lock-thread").pk,
    }
    found = {f"admin:{name}": reverse(f"admin:{name}") for name in ("index", "login", "jsi18n")}
    found["admin:app_list"] = reverse("admin:app_list", args=["forum"])
    found["admin:(?P<url>.*)$"] = "/admin/nothing/here/"
    found["admin:<path:object_id>/"] = f"/admin/forum/post/{objects['post']}/"
    for model in admin_site._registry:
        name = model._meta.model_name or ""
        for page in ("changelist", "add"):
            found[f"admin:forum_{name}_{page}"] = reverse(f"admin:forum_{name}_{page}")
        for page in ("change", "delete", "history"):
            route = f"admin:forum_{name}_{page}"
            found[route] = reverse(route, args=[objects[name]])
        for step in ROW_STEPS.get(name, ()):
            route = f"admin:forum_{name}_{step}"
            found[route] = reverse(route, args=[objects[name]])
    return found


def one_each(found: dict[str, str]) -> dict[str, str]:
    """Return the first address of each route, with the target in its simplest state."""
    routes_seen: set[str] = set()
    first = {}
    for key, path in found.items():
        route = key.split()[0]
        if route not in routes_seen:
            first[key] = path
        routes_seen.add(route)
    return first
