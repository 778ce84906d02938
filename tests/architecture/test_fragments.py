"""Template fragments render alone, with the same result in a page and in a response to htmx."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from forum.actions.bounces import MAX_BOUNCES, record_bounce
from forum.models import Notification
from tests.addresses import XML_ROUTES, addresses, admin_addresses, one_each
from tests.scene import Scene

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TEMPLATES = Path(__file__).parents[2] / "templates"
FRAGMENTS = {
    str(path.relative_to(TEMPLATES))
    for path in TEMPLATES.rglob("_*.html")
    if path.parent.name != "mail"  # parts of messages
}
# Rendered once per process and filled for every post; see forum.presenters.compiled_templates.
COMPILED_TEMPLATES = {
    *("posts/_post.html", "posts/_backlinks.html", "posts/_tombstone.html", "drafts/_offer.html"),
    *("pending_posts/_line.html", "received_mail/_line.html", "thread_lists/_thread.html"),
}
# Routes that send a fragment or nothing to htmx; all others respond with a page.
WITHOUT_PAGE = {
    *("draft-discard", "draft-take-back", "inbox-mark", "person-suggest"),
    *("thread-seen", "post-read", "post-unread", "pending-post-withdraw"),
    *("threads-read", "threads-read-undo", "subscription", "person-ignore", "person-stop-ignoring"),
    *("bookmark-remove", "bookmark-restore", "feed-revoke"),
}
WITH_FRAGMENT = {
    *("thread-detail", "thread-map", "thread-start", "thread-title", "help-keys", "post-detail"),
    *("post-reply", "post-edit", "post-menu", "post-report", "post-bookmark", "help-markdown"),
    *("post-branch", "post-quote", "post-quoted"),
}

HTMX = {"hx-request": "true"}
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value=)"\w+"')


def normalise(html: str) -> str:
    """Remove the masked token and white space, which may differ."""
    return "".join(TOKEN.sub(r'\1""', html).split())


def request_fragments(scene: Scene) -> Iterator[tuple[str, HttpResponse]]:
    """Yield responses that together contain every fragment."""
    paths = addresses(scene)
    reply = paths["post-reply visible"]
    thread = paths["thread-detail open"]
    selection = urlencode({"id": [scene.posts[key].pk for key in ("visible", "by-bob")]}, True)
    for name, path in [
        *(("alice", path) for key, path in paths.items() if not key.startswith("account_logout")),
        *(("carol", paths[key]) for key in paths if key.endswith(("hide visible", "-suspend bob"))),
        ("carol", paths["thread-lock open"]),
        ("carol", paths["thread-detail open"]),
        ("bob", paths["post-report visible"]),
        ("carol", f"/moderate/post/hide/?{selection}"),
        ("carol", admin_addresses(scene)["admin:forum_case_change"]),
        ("visitor", paths["home"]),
        ("carol", paths["appeals"]),
    ]:
        yield path, scene.client(name).get(path)
    alice = scene.client("alice")
    yield thread, alice.get(thread, headers=HTMX)
    yield "pending_post", alice.post(reply, {"source": scene.tokens["pending"]}, headers=HTMX)
    yield "pending_post", scene.client("carol").get(f"/pending/{scene.pending_post.pk}/approve/")
    case = reverse("admin:forum_case_change", args=[scene.pending_post.case.pk])
    yield "pending_post", scene.client("carol").get(case)
    later_page = f"{thread}?at=p{scene.posts['deleted'].pk}"
    yield later_page, alice.get(later_page)
    live_updates = f"/t/{scene.threads['open'].pk}/arrivals/?after=0"
    yield live_updates, alice.get(live_updates, headers=HTMX)
    yield live_updates, alice.get(f"{live_updates}&show=all", headers=HTMX)
    yield reply, alice.get(reply, headers=HTMX)
    yield reply, alice.post(reply, {"source": "A *reply*."}, headers=HTMX)
    yield reply, alice.post(reply, {"source": "A **preview**.", "do": "preview"}, headers=HTMX)
    yield reply, scene.client("visitor").get(reply, headers=HTMX)
    yield (
        reply,
        alice.post(reply, {"source": "A draft.", "do": "save", "autosave_seq": 1}, headers=HTMX),
    )
    opening_reply = f"/p/{scene.posts['open-opening'].pk}/reply/"
    yield reply, alice.post(opening_reply, {"source": "Oh.", "do": "discard"}, headers=HTMX)
    post = scene.posts["visible"]
    quoted = f"/p/{post.pk}/quoted/"
    yield quoted, alice.get(quoted, headers=HTMX)
    history = f"/p/{post.pk}/history/?since={post.number}"
    yield history, alice.get(history)
    yield history, alice.get(history, headers=HTMX)
    yield post.get_absolute_url(), alice.get(post.get_absolute_url(), headers=HTMX)
    seen = f"/t/{scene.threads['open'].pk}/seen/"
    yield seen, alice.post(seen, {"numbers": str(post.number)}, headers=HTMX)
    edit = f"/p/{post.pk}/edit/"
    yield edit, alice.post(edit, {"source": "Edited."}, headers=HTMX)
    yield "keys", alice.post("/keys/", {"keys": "off"}, headers=HTMX)
    yield "unread", alice.post(f"/p/{post.pk}/unread/", headers=HTMX)
    yield "people", alice.get("/people/?q=bo", headers=HTMX)
    yield "search", alice.get("/search/?q=author:alice", headers=HTMX)
    notification = Notification.objects.filter(member=scene.people["alice"]).earliest("id")
    yield (
        "inbox",
        alice.post("/inbox/mark/", {"notification": notification.pk, "do": "read"}, headers=HTMX),
    )
    for _bounce in range(MAX_BOUNCES):
        record_bounce(scene.people["alice"], is_permanent=True)
    yield "settings", alice.post("/account/settings/", {"zone": "nowhere"})
    yield "settings", alice.post("/account/settings/", {"zone": "UTC"}, follow=True)


def rendered_templates(response: HttpResponse) -> list[tuple[Template, Context]]:
    """Return every template of a response with its context."""
    contexts = getattr(response, "context", None) or []
    if isinstance(contexts, Context):  # Django's test client unpacks a list of one context
        contexts = [contexts]
    return list(zip(getattr(response, "templates", []), contexts, strict=True))


def test_every_fragment_renders_alone_as_in_its_page(scene: Scene) -> None:
    rendered: set[str] = set()
    for address, response in request_fragments(scene):
        whole = normalise(response.content.decode())
        for template, context in rendered_templates(response):
            if template.name in FRAGMENTS - COMPILED_TEMPLATES:
                fragment = template.render(Context(context.flatten()))
                assert normalise(fragment) in whole, f"{template.name} at {address}"
                rendered.add(template.name)
    assert FRAGMENTS - COMPILED_TEMPLATES - rendered == set(), "no page shows these"


def test_posts_of_a_page_come_from_compiled_templates(scene: Scene) -> None:
    page = scene.client("bob").get(scene.threads["open"].get_absolute_url()).content.decode()
    for state in ("visible", "hidden", "deleted"):
        pk = scene.posts[state].pk
        kind = "post" if state == "visible" else "post tombstone"
        assert f'<article class="{kind}" id="p{pk}"' in page


def is_page(response: HttpResponse) -> bool:
    return response.content.lstrip().lower().startswith(b"<!doctype html")


def readable_addresses(scene: Scene) -> dict[str, str]:
    """Return the addresses of pages and fragments that alice can read."""
    return {
        key: path
        for key, path in addresses(scene).items()
        if key.split()[0]
        not in {
            "alive",
            "ready",
            "robots",
            "theme",
            "keys",
            "order",
            "post-undelete",
            "account_logout",
            "bookmarks-csv",
            "bookmarks-json",
        }
        | WITHOUT_PAGE
        | XML_ROUTES
    }


@cache
def responses_to_alice(scene: Scene) -> dict[str, HttpResponse]:
    """Return the response at one address of each route."""
    client = scene.client("alice")
    return {key: client.get(path) for key, path in one_each(readable_addresses(scene)).items()}


def test_every_response_without_htmx_is_a_page(scene: Scene) -> None:
    for key, response in responses_to_alice(scene).items():
        assert is_page(response) or response.status_code in {301, 302}, key


def test_title_of_every_page_is_one_line(scene: Scene) -> None:
    for key, response in responses_to_alice(scene).items():
        if response.status_code == 200:
            title = TITLE.search(response.content.decode())
            assert title, key
            assert title[1] == " ".join(title[1].split()), key


def test_htmx_receives_fragments_from_the_listed_routes_only(scene: Scene) -> None:
    client = scene.client("alice")
    for key, path in readable_addresses(scene).items():
        response = client.get(path, headers=HTMX)
        assert response.headers["Vary"].lower().count("hx-request") == 1, key
        if response.status_code == 200:
            assert is_page(response) is (key.split()[0] not in WITH_FRAGMENT), key


INJECTED = 'x"><script>alert(1)</script>'
ODD_HEADERS: list[tuple[dict[str, str], bool]] = [
    ({"hx-request": "TRUE"}, True),
    ({"hx-request": "true, true"}, True),
    ({"hx-request": "1"}, True),
    ({"hx-request": ""}, True),
    ({"hx-request": "true", "hx-boosted": "true"}, True),
    ({"hx-request": "true", "hx-history-restore-request": "true"}, True),
    ({"hx-request": "true", "hx-target": INJECTED}, False),
    ({"hx-request": "true", "hx-target": "#p1, body"}, False),
    ({"hx-request": "true", "hx-trigger": INJECTED, "hx-trigger-name": INJECTED}, False),
    ({"hx-request": "true", "hx-trigger-name": "a%0d%0aSet-Cookie:%20x=1"}, False),
    ({"hx-request": "true", "hx-prompt": INJECTED}, False),
    ({"hx-request": "true", "hx-current-url": "https://evil.example/" + "x" * 100_000}, False),
    ({"hx-request": "true", "hx-current-url": "//[not an address"}, False),
    (
        {"hx-request": "true", "hx-current-url-uri-autoencoded": "true", "hx-current-url": "%"},
        False,
    ),
    ({"hx-request": "true", "triggering-event": "{not json"}, False),
]


@pytest.mark.parametrize(("headers", "whole"), ODD_HEADERS, ids=lambda value: str(value)[:60])
@pytest.mark.parametrize("route", ["thread-detail open", "post-reply visible"])
def test_odd_headers_give_a_page_or_a_fragment(
    scene: Scene, route: str, headers: dict[str, str], whole: bool
) -> None:
    client: Client = scene.client("alice")
    response = client.get(addresses(scene)[route], headers=headers)
    assert response.status_code == 200
    assert is_page(response) is whole
    sent = response.content.decode() + str(response.headers)
    assert "alert(1)" not in sent
    assert "evil.example" not in sent
    assert "Set-Cookie: x=1" not in sent
