"""Requests that no page of ours sends: from other sites, with other fields, to other places."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from forum.models import Post, Role, Thread, User
from forum.moderation.forms import ModerationForm, TimeLimitForm
from tests.addresses import addresses, desk_addresses, one_each
from tests.scene import PASSWORD, Scene, all_rows, changed_since, undone

pytestmark = pytest.mark.django_db

EVIL = "https://evil.example"
# What would do something everywhere, if it were taken.
FILLED = {
    "source": "Forged words.",
    "title": "A forged thread",
    "reason": "forged",
    "zone": "Asia/Tokyo",
    "theme": "dark",
    "name": "Forged",
    "do": "",
    "_save": "1",
}


def unsafe_addresses(scene: Scene) -> dict[str, str]:
    """One of each route: the method and the token are looked at before what it is about."""
    return one_each(addresses(scene) | desk_addresses(scene))


def token_of(client: Client) -> str:
    """The token that a form of the site carries for this browser."""
    client.get("/accounts/password/change/")
    return client.cookies["csrftoken"].value


@pytest.mark.parametrize(
    ("name", "headers"),
    [("visitor", {}), ("alice", {"hx-request": "true"}), ("erin", {})],
    ids=["visitor", "alice with htmx", "erin"],
)
def test_nothing_is_done_without_the_token(
    scene: Scene, name: str, headers: dict[str, str]
) -> None:
    client = scene.client(name, enforce_csrf_checks=True)
    before = all_rows()
    for key, path in unsafe_addresses(scene).items():
        response = client.post(path, FILLED, headers=headers)
        assert response.status_code in {302, 403, 404, 405}, key
        if response.status_code == 302:
            # Sent away before anything was looked at: to log in, or because they are.
            assert name == "visitor" or key.split()[0].startswith(("admin:", "account_")), key
    assert changed_since(before) == set()


FOREIGN: list[dict[str, str]] = [
    {"origin": "null"},
    {"origin": EVIL},
    {"origin": "http://testserver.evil.example"},
    {"origin": "http://testserver:81"},
    {"origin": "https://testserver"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_token_does_not_help_another_site(scene: Scene, headers: dict[str, str]) -> None:
    client = scene.client("alice", enforce_csrf_checks=True)
    token = token_of(client)
    reply = addresses(scene)["post-reply visible"]
    before = all_rows()
    response = client.post(reply, FILLED | {"csrfmiddlewaretoken": token}, headers=headers)
    assert response.status_code == 403
    assert changed_since(before) == set()


def test_token_of_somebody_else_does_not_help(scene: Scene) -> None:
    token = token_of(scene.client("bob"))
    client = scene.client("alice", enforce_csrf_checks=True)
    token_of(client)
    reply = addresses(scene)["post-reply visible"]
    assert client.post(reply, FILLED | {"csrfmiddlewaretoken": token}).status_code == 403
    # Nor does one in the address, which other sites can write.
    own = client.cookies["csrftoken"].value
    assert client.post(f"{reply}?csrfmiddlewaretoken={own}", FILLED).status_code == 403
    assert not Post.objects.filter(source="Forged words.").exists()


def test_token_of_the_form_is_taken(scene: Scene) -> None:
    client = scene.client("alice", enforce_csrf_checks=True)
    token = token_of(client)
    reply = addresses(scene)["post-reply visible"]
    assert client.post(reply, FILLED | {"csrfmiddlewaretoken": token}).status_code == 302
    assert Post.objects.filter(source="Forged words.").exists()


@pytest.mark.parametrize("method", ["get", "options"])
def test_safe_method_cannot_be_made_unsafe(scene: Scene, method: str) -> None:
    before = all_rows()
    client = scene.client("alice")
    query = "?_method=POST&source=Forged&reason=forged&zone=Asia/Tokyo"
    for path in one_each(addresses(scene)).values():
        getattr(client, method)(path + query, headers={"x-http-method-override": "POST"})
    assert changed_since(before) == set()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_other_methods_do_nothing(scene: Scene, method: str) -> None:
    before = all_rows()
    for name in ("visitor", "erin"):
        client = scene.client(name)
        for key, path in one_each(addresses(scene)).items():
            status = getattr(client, method)(path).status_code
            assert status in {302, 403, 404, 405} or key.startswith("account_"), key
    assert changed_since(before) == set()


# -- Fields that a form does not have ------------------------------------------------------------

FIELDS = {
    field.attname for model in (Post, Thread, User, Role) for field in model._meta.concrete_fields
} | {"author", "thread", "parent", "board", "is_staff", "is_superuser", "pinned", "hidden", "roles"}
NOT_ASKED = FIELDS - {"source", "title", "nonce", "zone"}
# What a post says, and when readers last saw it change: all that an edit alters.
SAID = {"source", "html", "excerpt", "edited_at", "latest_number", "changed_number"}
# What two posts of the same person at the same place differ in.
OF_EACH = SAID | {"id", "number", "lft", "rght", "created_at", "nonce"}
VALUES: list[Any] = ["1", "on", "null", "2000-01-01", ["1", "2"]]


def columns(row: Post | Thread | User, exclude: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in exclude
    }


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_reply_takes_nothing_but_its_text(scene: Scene, value: Any) -> None:
    reply = addresses(scene)["post-reply visible"]
    alice = scene.client("alice")
    users = list(User.objects.order_by("id").values())
    alice.post(reply, {"source": "As it is meant."})
    plain = Post.objects.latest("id")
    response = alice.post(reply, dict.fromkeys(NOT_ASKED, value) | {"source": "With more."})
    assert response.status_code == 302
    more = Post.objects.latest("id")
    assert more.pk != plain.pk
    assert columns(more, OF_EACH) == columns(plain, OF_EACH)
    assert more.number == plain.number + 1
    assert list(User.objects.order_by("id").values()) == users


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_edit_takes_nothing_but_its_text(scene: Scene, value: Any) -> None:
    post = Post.objects.get(pk=scene.posts["visible"].pk)
    thread = columns(post.thread, {"next_number"})
    before = columns(post, SAID)
    more = dict.fromkeys(NOT_ASKED, value) | {"source": "With more."}
    assert scene.client("alice").post(f"/p/{post.pk}/edit/", more).status_code == 302
    post.refresh_from_db()
    assert post.source == "With more."
    assert columns(post, SAID) == before
    assert columns(Thread.objects.get(pk=post.thread_id), {"next_number"}) == thread


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_new_thread_takes_nothing_but_title_and_text(scene: Scene, value: Any) -> None:
    more = dict.fromkeys(NOT_ASKED, value) | {"source": "With more.", "title": "Mine"}
    assert scene.client("bob").post("/b/gardens/new/", more).status_code == 302
    thread = Thread.objects.latest("id")
    assert (thread.board, thread.author) == (scene.board, scene.people["bob"])
    assert not any((thread.pinned_at, thread.locked_at, thread.deleted_at, thread.merged_into))


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_settings_take_nothing_but_the_zone(scene: Scene, value: Any) -> None:
    roles = list(Role.objects.order_by("id").values())
    more = dict.fromkeys(NOT_ASKED, value) | {"zone": "Asia/Tokyo"}
    bob = scene.people["bob"]
    before = columns(User.objects.get(pk=bob.pk), {"zone"})
    assert scene.client("bob").post("/account/settings/", more).status_code == 302
    assert columns(User.objects.get(pk=bob.pk), {"zone"}) == before
    assert list(Role.objects.order_by("id").values()) == roles


def test_json_is_no_form(scene: Scene) -> None:
    reply = addresses(scene)["post-reply visible"]
    sent = scene.client("alice").post(reply, {"source": "Words."}, content_type="application/json")
    assert sent.status_code == 422


def test_moderators_send_only_a_reason_a_note_and_an_end() -> None:
    assert set(ModerationForm.base_fields) == {"ready", "reason", "note", "seen"}
    assert set(TimeLimitForm.base_fields) == {"ready", "reason", "note", "seen", "until"}


# -- Places that are not ours ---------------------------------------------------------------------

ELSEWHERE = [
    *("//evil.example", "/\\evil.example", "///evil.example", "https:evil.example", EVIL),
    *("\t//evil.example", "http://testserver@evil.example/", "javascript:alert(1)"),
    *(
        "http://testserver.evil.example/",
        "//evil.example\r\nX: y",
        "https://evil.example\\@testserver",
    ),
    *("http:///evil.example", "\x00//evil.example", "data:text/html,x"),
]


def leads_home(response: Any) -> bool:
    location = response.headers.get("Location", "/")
    return location.startswith("/") and not location.startswith(("//", "/\\"))


@pytest.mark.parametrize("place", ELSEWHERE, ids=ascii)
def test_nobody_is_led_elsewhere(scene: Scene, place: str) -> None:
    doors = [
        reverse(name)
        for name in ("account_login", "account_signup", "account_logout", "admin:login")
    ]
    credentials = {"login": "bob", "password": PASSWORD}
    for door in doors:
        for name in ("visitor", "carol"):
            for sent in ({}, {"next": place}):
                with undone():
                    client = scene.client(name)
                    response = client.post(door, credentials | sent, query_params={"next": place})
                    assert leads_home(response), door
            response = scene.client(name).get(door, query_params={"next": place})
            assert leads_home(response), door


@pytest.mark.parametrize("place", ELSEWHERE, ids=ascii)
def test_theme_leads_back_to_our_own_page_only(scene: Scene, place: str) -> None:
    referer = place.replace("\r\n", "")
    response = scene.client("bob").post("/theme/", {"theme": "dark"}, headers={"referer": referer})
    assert response.status_code == 302
    assert response.headers["Location"] == "/"
    own = "http://testserver/b/gardens/"
    response = scene.client("bob").post("/theme/", {"theme": "dark"}, headers={"referer": own})
    assert response.headers["Location"] == own
