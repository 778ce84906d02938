"""Forged requests: from other sites, with additional fields, or with redirects to other sites."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from forum.models import Post, Role, Thread, User
from forum.moderation.forms import ModerationForm, TimeLimitForm
from forum.views.form_drafts import BYTES_KEPT
from tests.addresses import addresses, admin_addresses, one_each
from tests.scene import PASSWORD, Scene, all_rows, changed_since, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

EVIL = "https://evil.example"
# Data that would change something at every address, if it were accepted.
FORM_DATA = {
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
    """Return one address of each route: CSRF checks do not depend on the object."""
    return one_each(addresses(scene) | admin_addresses(scene))


def token_of(client: Client) -> str:
    """Return the CSRF token for this browser."""
    client.get("/accounts/password/change/")
    return client.cookies["csrftoken"].value


# Forms without a token. The first two change cookies only, and are refused by where they come from;
# the last is sent by mail programs, with a signature in its address.
WITHOUT_TOKEN = {"theme", "order", "keys", "unsubscribe"}


@pytest.mark.parametrize(
    ("name", "headers"),
    [("visitor", {}), ("alice", {"hx-request": "true"}), ("erin", {})],
    ids=["visitor", "alice with htmx", "erin"],
)
def test_requests_without_csrf_token_change_nothing(
    scene: Scene, name: str, headers: dict[str, str]
) -> None:
    client = scene.client(name, enforce_csrf_checks=True)
    before = all_rows()
    for key, path in unsafe_addresses(scene).items():
        if key in WITHOUT_TOKEN:
            continue
        response = client.post(path, FORM_DATA, headers=headers)
        assert response.status_code in {302, 403, 404, 405}, key
        if response.status_code == 302:
            # Redirected before any check: to the login page, or because they are logged in.
            assert name == "visitor" or key.split()[0].startswith(("admin:", "account_")), key
    assert changed_since(before) == set()


LARGE_FORM = FORM_DATA | {"source": "Many words. " * 20_000, "title": "A title " * 1_000}


@pytest.mark.parametrize("checks", [True, False], ids=["without token", "with token"])
def test_forms_of_visitors_are_stored_nowhere(scene: Scene, checks: bool) -> None:
    """Anybody can write an Origin header, get a token, and send as many forms as they like."""
    client = scene.client("visitor", enforce_csrf_checks=checks)
    rows, sessions = all_rows(), Session.objects.count()
    for path in unsafe_addresses(scene).values():
        client.post(path, LARGE_FORM, headers={"origin": "http://testserver"})
    counted = {"forum_ratelimit"}  # a row for each address that forms come from
    assert changed_since(rows) <= counted
    assert Session.objects.count() == sessions


@pytest.mark.parametrize("name", ["alice", "erin"])
def test_refused_forms_of_members_take_a_limited_amount_of_space(scene: Scene, name: str) -> None:
    client = scene.client(name, enforce_csrf_checks=True)
    rows, sessions = all_rows(), Session.objects.count()
    for path in unsafe_addresses(scene).values():
        client.post(path, LARGE_FORM, headers={"origin": "http://testserver"})
    assert changed_since(rows) == set()
    assert Session.objects.count() == sessions
    sizes = [len(session.session_data) for session in Session.objects.all()]
    assert max(sizes) < 2 * BYTES_KEPT


FOREIGN: list[dict[str, str]] = [
    {"origin": "null"},
    {"origin": EVIL},
    {"origin": "http://testserver.evil.example"},
    {"origin": "http://testserver:81"},
    {"origin": "https://testserver"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_csrf_token_does_not_help_another_site(scene: Scene, headers: dict[str, str]) -> None:
    client = scene.client("alice", enforce_csrf_checks=True)
    token = token_of(client)
    reply = addresses(scene)["post-reply visible"]
    before = all_rows()
    response = client.post(reply, FORM_DATA | {"csrfmiddlewaretoken": token}, headers=headers)
    assert response.status_code == 403
    assert changed_since(before) == set()


def test_csrf_token_of_another_member_does_not_help(scene: Scene) -> None:
    token = token_of(scene.client("bob"))
    client = scene.client("alice", enforce_csrf_checks=True)
    token_of(client)
    reply = addresses(scene)["post-reply visible"]
    assert client.post(reply, FORM_DATA | {"csrfmiddlewaretoken": token}).status_code == 403
    # A token in the address does not help either: other sites can write addresses.
    own = client.cookies["csrftoken"].value
    assert client.post(f"{reply}?csrfmiddlewaretoken={own}", FORM_DATA).status_code == 403
    assert not Post.objects.filter(source="Forged words.").exists()


def test_csrf_token_of_the_form_is_accepted(scene: Scene) -> None:
    client = scene.client("alice", enforce_csrf_checks=True)
    token = token_of(client)
    reply = addresses(scene)["post-reply visible"]
    assert client.post(reply, FORM_DATA | {"csrfmiddlewaretoken": token}).status_code == 302
    assert Post.objects.filter(source="Forged words.").exists()


@pytest.mark.parametrize("method", ["get", "options"])
def test_safe_methods_cannot_be_overridden(scene: Scene, method: str) -> None:
    before = all_rows()
    client = scene.client("alice")
    query = "?_method=POST&source=Forged&reason=forged&zone=Asia/Tokyo"
    for path in one_each(addresses(scene)).values():
        getattr(client, method)(path + query, headers={"x-http-method-override": "POST"})
    assert changed_since(before) == set()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_other_methods_change_nothing(scene: Scene, method: str) -> None:
    before = all_rows()
    for name in ("visitor", "erin"):
        client = scene.client(name)
        for key, path in one_each(addresses(scene)).items():
            status = getattr(client, method)(path).status_code
            assert status in {302, 403, 404, 405} or key.startswith("account_"), key
    assert changed_since(before) == set()


# -- Additional form fields -----------------------------------------------------------------------

FIELDS = {
    field.attname for model in (Post, Thread, User, Role) for field in model._meta.concrete_fields
} | {"author", "thread", "parent", "board", "is_staff", "is_superuser", "pinned", "hidden", "roles"}
SETTINGS_FIELDS = {"zone", "follow_own_posts", "mentions_pass_mute"}
UNEXPECTED_FIELDS = FIELDS - {"source", "title", "nonce"} - SETTINGS_FIELDS
# The columns that an edit changes: the text, and the numbers and times of changes.
TEXT_COLUMNS = {"source", "html", "excerpt", "edited_at", "latest_number", "changed_number"}
# The columns in which two replies of one member to the same post differ.
OWN_COLUMNS = TEXT_COLUMNS | {"id", "number", "lft", "rght", "created_at", "nonce"}
VALUES: list[Any] = ["1", "on", "null", "2000-01-01", ["1", "2"]]


def columns(row: Post | Thread | User, exclude: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in exclude
    }


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_reply_accepts_only_its_text(scene: Scene, value: Any) -> None:
    reply = addresses(scene)["post-reply visible"]
    alice = scene.client("alice")
    users = list(User.objects.order_by("id").values())
    alice.post(reply, {"source": "As it is meant."})
    first = Post.objects.latest("id")
    response = alice.post(reply, dict.fromkeys(UNEXPECTED_FIELDS, value) | {"source": "With more."})
    assert response.status_code == 302
    second = Post.objects.latest("id")
    assert second.pk != first.pk
    assert columns(second, OWN_COLUMNS) == columns(first, OWN_COLUMNS)
    assert second.number == first.number + 1
    assert list(User.objects.order_by("id").values()) == users


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_edit_accepts_only_its_text(scene: Scene, value: Any) -> None:
    post = Post.objects.get(pk=scene.posts["visible"].pk)
    thread = columns(post.thread, {"next_number"})
    before = columns(post, TEXT_COLUMNS)
    data = dict.fromkeys(UNEXPECTED_FIELDS, value) | {"source": "With more."}
    assert scene.client("alice").post(f"/p/{post.pk}/edit/", data).status_code == 302
    post.refresh_from_db()
    assert post.source == "With more."
    assert columns(post, TEXT_COLUMNS) == before
    assert columns(Thread.objects.get(pk=post.thread_id), {"next_number"}) == thread


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_new_thread_accepts_only_title_and_text(scene: Scene, value: Any) -> None:
    data = dict.fromkeys(UNEXPECTED_FIELDS, value) | {"source": "With more.", "title": "Mine"}
    assert scene.client("bob").post("/b/gardens/new/", data).status_code == 302
    thread = Thread.objects.latest("id")
    assert (thread.board, thread.author) == (scene.board, scene.people["bob"])
    assert not any((thread.pinned_at, thread.locked_at, thread.deleted_at, thread.merged_into))


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_settings_accept_only_their_own_fields(scene: Scene, value: Any) -> None:
    roles = list(Role.objects.order_by("id").values())
    data = dict.fromkeys(UNEXPECTED_FIELDS, value) | {"zone": "Asia/Tokyo"}
    bob = scene.people["bob"]
    before = columns(User.objects.get(pk=bob.pk), {"zone"})
    assert scene.client("bob").post("/account/settings/", data).status_code == 302
    assert columns(User.objects.get(pk=bob.pk), {"zone"}) == before
    assert list(Role.objects.order_by("id").values()) == roles


def test_json_is_rejected(scene: Scene) -> None:
    reply = addresses(scene)["post-reply visible"]
    response = scene.client("alice").post(
        reply, {"source": "Words."}, content_type="application/json"
    )
    assert response.status_code == 422


def test_moderation_forms_have_only_the_expected_fields() -> None:
    assert set(ModerationForm.base_fields) == {"ready", "reason", "note", "seen"}
    assert set(TimeLimitForm.base_fields) == {"ready", "reason", "note", "seen", "until"}


# -- Redirects to other sites ---------------------------------------------------------------------

FOREIGN_ADDRESSES = [
    *("//evil.example", "/\\evil.example", "///evil.example", "https:evil.example", EVIL),
    *("\t//evil.example", "http://testserver@evil.example/", "javascript:alert(1)"),
    *(
        "http://testserver.evil.example/",
        "//evil.example\r\nX: y",
        "https://evil.example\\@testserver",
    ),
    *("http:///evil.example", "\x00//evil.example", "data:text/html,x"),
]


def is_local_redirect(response: Any) -> bool:
    location = response.headers.get("Location", "/")
    return location.startswith("/") and not location.startswith(("//", "/\\"))


@pytest.mark.parametrize("place", FOREIGN_ADDRESSES, ids=ascii)
def test_logging_in_never_redirects_to_another_site(scene: Scene, place: str) -> None:
    login_pages = [
        reverse(name)
        for name in ("account_login", "account_signup", "account_logout", "admin:login")
    ]
    credentials = {"login": "bob", "password": PASSWORD}
    for login_page in login_pages:
        for name in ("visitor", "carol"):
            for query in ({}, {"next": place}):
                with undone():
                    client = scene.client(name)
                    response = client.post(
                        login_page, credentials | query, query_params={"next": place}
                    )
                    assert is_local_redirect(response), login_page
            response = scene.client(name).get(login_page, query_params={"next": place})
            assert is_local_redirect(response), login_page


@pytest.mark.parametrize("place", FOREIGN_ADDRESSES, ids=ascii)
def test_changing_the_theme_redirects_to_this_site_only(scene: Scene, place: str) -> None:
    referer = place.replace("\r\n", "")
    response = scene.client("bob").post("/theme/", {"theme": "dark"}, headers={"referer": referer})
    assert response.status_code == 302
    assert response.headers["Location"] == "/"
    own = "http://testserver/b/gardens/"
    response = scene.client("bob").post("/theme/", {"theme": "dark"}, headers={"referer": own})
    assert response.headers["Location"] == own
