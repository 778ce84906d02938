"""A fragment is a file: it renders alone, and the page and htmx are given the very same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from forum.models import Notification
from tests.addresses import addresses, desk_addresses, one_each
from tests.scene import Scene

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TEMPLATES = Path(__file__).parents[2] / "templates"
FRAGMENTS = {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("_*.html")}
# Rendered once a process and filled for every post; see forum.presenters.compiled_templates.
STENCILS = {
    *("posts/_post.html", "posts/_backlinks.html", "posts/_tombstone.html", "drafts/_offer.html"),
    "pending_posts/_line.html",
}
# What answers a request of htmx with a part of a page; everything else answers with a page.
ONLY_SENT = {
    *("draft-discard", "draft-take-back", "inbox-mark", "person-suggest"),
    *("thread-seen", "post-read", "post-unread", "pending-post-withdraw"),
}
IN_PARTS = {
    *("thread-detail", "thread-map", "thread-start", "help-keys", "post-detail"),
    *("post-reply", "post-edit", "post-menu", "post-report", "help-markdown"),
    *("post-branch", "post-quote", "post-quoted"),
}

HTMX = {"hx-request": "true"}
TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value=)"\w+"')


def same(html: str) -> str:
    """Leave out what may differ: the masked token, and white space."""
    return "".join(TOKEN.sub(r'\1""', html).split())


def visits(scene: Scene) -> Iterator[tuple[str, HttpResponse]]:
    """Answers in which every fragment is to be found."""
    found = addresses(scene)
    reply = found["post-reply visible"]
    thread = found["thread-detail open"]
    several = urlencode({"id": [scene.posts[key].pk for key in ("visible", "by-bob")]}, True)
    for name, path in [
        *(("alice", path) for key, path in found.items() if not key.startswith("account_logout")),
        *(("carol", found[key]) for key in found if key.endswith(("hide visible", "-suspend bob"))),
        ("carol", found["thread-lock open"]),
        ("carol", found["thread-detail open"]),
        ("bob", found["post-report visible"]),
        ("carol", f"/moderate/post/hide/?{several}"),
        ("carol", desk_addresses(scene)["admin:forum_case_change"]),
        ("visitor", found["home"]),
        ("carol", found["appeals"]),
    ]:
        yield path, scene.client(name).get(path)
    alice = scene.client("alice")
    yield thread, alice.get(thread, headers=HTMX)
    yield "pending_post", alice.post(reply, {"source": scene.tokens["pending"]}, headers=HTMX)
    yield "pending_post", scene.client("carol").get(f"/pending/{scene.pending_post.pk}/approve/")
    case = reverse("admin:forum_case_change", args=[scene.pending_post.case.pk])
    yield "pending_post", scene.client("carol").get(case)
    later = f"{thread}?at=p{scene.posts['deleted'].pk}"
    yield later, alice.get(later)
    came = f"/t/{scene.threads['open'].pk}/arrivals/?after=0"
    yield came, alice.get(came, headers=HTMX)
    yield came, alice.get(f"{came}&show=all", headers=HTMX)
    yield reply, alice.get(reply, headers=HTMX)
    yield reply, alice.post(reply, {"source": "A *reply*."}, headers=HTMX)
    yield reply, alice.post(reply, {"source": "A **preview**.", "do": "preview"}, headers=HTMX)
    yield reply, scene.client("visitor").get(reply, headers=HTMX)
    yield (
        reply,
        alice.post(reply, {"source": "A draft.", "do": "save", "autosave_seq": 1}, headers=HTMX),
    )
    to_opening = f"/p/{scene.posts['open-opening'].pk}/reply/"
    yield reply, alice.post(to_opening, {"source": "Oh.", "do": "discard"}, headers=HTMX)
    post = scene.posts["visible"]
    quoted = f"/p/{post.pk}/quoted/"
    yield quoted, alice.get(quoted, headers=HTMX)
    since = f"/p/{post.pk}/history/?since={post.number}"
    yield since, alice.get(since)
    yield since, alice.get(since, headers=HTMX)
    yield post.get_absolute_url(), alice.get(post.get_absolute_url(), headers=HTMX)
    yield "keys", alice.post("/keys/", {"keys": "off"}, headers=HTMX)
    yield "unread", alice.post(f"/p/{post.pk}/unread/", headers=HTMX)
    yield "people", alice.get("/people/?q=bo", headers=HTMX)
    notification = Notification.objects.filter(member=scene.people["alice"]).earliest("id")
    yield (
        "inbox",
        alice.post("/inbox/mark/", {"notice": notification.pk, "do": "read"}, headers=HTMX),
    )
    yield "settings", alice.post("/account/settings/", {"zone": "nowhere"})
    yield "settings", alice.post("/account/settings/", {"zone": "UTC"}, follow=True)


def rendered(response: HttpResponse) -> list[tuple[Template, Context]]:
    """Every template of an answer with what it was given."""
    contexts = getattr(response, "context", None) or []
    if isinstance(contexts, Context):  # Django's test client unpacks a single one
        contexts = [contexts]
    return list(zip(getattr(response, "templates", []), contexts, strict=True))


def test_every_fragment_renders_alone_as_it_does_in_the_page(scene: Scene) -> None:
    seen: set[str] = set()
    for address, response in visits(scene):
        whole = same(response.content.decode())
        for template, context in rendered(response):
            if template.name in FRAGMENTS - STENCILS:
                alone = template.render(Context(context.flatten()))
                assert same(alone) in whole, f"{template.name} at {address}"
                seen.add(template.name)
    assert FRAGMENTS - STENCILS - seen == set(), "no page shows these"


def test_posts_of_a_page_are_the_stencils(scene: Scene) -> None:
    page = scene.client("bob").get(scene.threads["open"].get_absolute_url()).content.decode()
    for state in ("visible", "hidden", "deleted"):
        pk = scene.posts[state].pk
        kind = "post" if state == "visible" else "post gone"
        assert f'<article class="{kind}" id="p{pk}"' in page


def is_page(response: HttpResponse) -> bool:
    return response.content.lstrip().lower().startswith(b"<!doctype html")


def opened(scene: Scene) -> dict[str, str]:
    """Addresses that show alice something."""
    return {
        key: path
        for key, path in addresses(scene).items()
        if key.split()[0] not in {"alive", "ready", "theme", "keys", "account_logout"} | ONLY_SENT
    }


def test_without_htmx_everything_is_a_page(scene: Scene) -> None:
    client = scene.client("alice")
    for key, path in one_each(opened(scene)).items():
        response = client.get(path)
        assert is_page(response) or response.status_code in {301, 302}, key


def test_htmx_is_sent_parts_of_pages_only_where_it_asks_for_them(scene: Scene) -> None:
    client = scene.client("alice")
    for key, path in opened(scene).items():
        response = client.get(path, headers=HTMX)
        assert response.headers["Vary"].lower().count("hx-request") == 1, key
        if response.status_code == 200:
            assert is_page(response) is (key.split()[0] not in IN_PARTS), key


INJECTED = 'x"><script>alert(1)</script>'
ODD: list[tuple[dict[str, str], bool]] = [
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


@pytest.mark.parametrize(("headers", "whole"), ODD, ids=lambda value: str(value)[:60])
@pytest.mark.parametrize("route", ["thread-detail open", "post-reply visible"])
def test_odd_headers_give_a_page_or_a_fragment_by_rule(
    scene: Scene, route: str, headers: dict[str, str], whole: bool
) -> None:
    client: Client = scene.client("alice")
    response = client.get(addresses(scene)[route], headers=headers)
    assert response.status_code == 200
    assert is_page(response) is whole
    told = response.content.decode() + str(response.headers)
    assert "alert(1)" not in told
    assert "evil.example" not in told
    assert "Set-Cookie: x=1" not in told
