"""Headers of every response: security headers, caching, and trusted host names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

from forum import urls
from forum.middleware import ResponseMark
from tests.addresses import XML_ROUTES, addresses, admin_addresses, one_each
from tests.scene import Scene, undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret words of a traceback")


# The site with an additional address that raises an error.
urlpatterns = [*urls.urlpatterns, path("broken/", broken)]
handler400, handler403, handler404 = urls.handler400, urls.handler403, urls.handler404


@pytest.fixture(autouse=True)
def site_with_broken_page(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True


def all_responses(scene: Scene, name: str) -> Iterator[tuple[str, HttpResponse]]:
    """Yield responses by route: pages, redirects, errors, fragments, missing pages."""
    client = scene.client(name, raise_request_exception=False)
    for key, address in one_each(addresses(scene) | admin_addresses(scene)).items():
        if key.startswith("account_logout"):
            continue
        yield key, client.get(address)
        if key.startswith(("thread-detail", "post-reply", "post-menu")):
            yield f"{key} as a fragment", client.get(address, headers={"hx-request": "true"})
            with undone():
                yield f"{key} posted", client.post(address)
    yield "nowhere", client.get("/nowhere/")
    yield "broken", client.get("/broken/")
    yield "static", client.get("/static/css/forum.css")
    with undone():
        yield "too much", client.post("/theme/", {"theme": "x" * 2_000_000})


def cache_directives(response: HttpResponse) -> set[str]:
    return {word.strip() for word in response.headers["Cache-Control"].split(",")}


def assert_not_shared(key: str, response: HttpResponse) -> None:
    if key in {"static", "admin:jsi18n"} or key.split(maxsplit=1)[0] in XML_ROUTES:
        return  # the same for everybody
    if key.startswith(("account", "admin:", "alive", "ready")) and response.status_code == 200:
        assert "no-store" in cache_directives(response), key
    assert cache_directives(response) & {"no-store", "private"}, key
    assert "public" not in cache_directives(response), key
    assert "no-cache" in cache_directives(response), key
    assert "hx-request" in response.headers["Vary"].lower(), key


@pytest.mark.parametrize("name", ["visitor", "alice", "erin"])
def test_every_response_has_security_headers_and_is_not_cached_by_proxies(
    scene: Scene, name: str
) -> None:
    statuses = set()
    for key, response in all_responses(scene, name):
        statuses.add(response.status_code)
        assert_not_shared(key, response)
        headers = response.headers
        assert "default-src 'none'" in headers["Content-Security-Policy"], key
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], key
        assert "unsafe" not in headers["Content-Security-Policy"], key
        assert headers["X-Content-Type-Options"] == "nosniff", key
        assert headers["Referrer-Policy"] == "same-origin", key
        if key != "static":
            assert headers["X-Frame-Options"] == "DENY", key
            assert headers[ResponseMark.HEADER] == "1", (
                f"scripts would take {key} for somebody else's"
            )
        if "Content-Type" in headers and not key.startswith("bookmarks-json"):
            assert "charset" in headers["Content-Type"], key
        if not response.streaming:
            assert "secret words" not in response.content.decode(), key
    assert {200, 302, 404, 405, 413, 500} <= statuses


def test_csrf_error_page_has_the_response_mark(scene: Scene) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/inbox/mark/", {"do": "read"})
    assert response.status_code == 403
    assert response.headers[ResponseMark.HEADER] == "1"


def test_thread_may_be_cached_by_the_browser(scene: Scene) -> None:
    response = scene.client("alice").get(scene.threads["open"].get_absolute_url())
    assert cache_directives(response) == {"private", "no-cache"}


# -- Host names -----------------------------------------------------------------------------------

HOSTS: list[dict[str, Any]] = [
    {"HTTP_HOST": "evil.example"},
    {"HTTP_HOST": "forum.example.evil.example"},
    {"HTTP_HOST": "forum.example@evil.example"},
    {"HTTP_HOST": "forum.example, evil.example"},
    {"HTTP_HOST": "forum.example:80:90"},
    {"HTTP_HOST": ""},
    {"HTTP_HOST": "[::1"},
    {"HTTP_HOST": "forum.example/evil"},
]
UNTRUSTED_HEADERS: list[dict[str, Any]] = [
    {"HTTP_X_FORWARDED_HOST": "evil.example"},
    {"HTTP_FORWARDED": "host=evil.example"},
    {"HTTP_X_HOST": "evil.example"},
    {"HTTP_X_ORIGINAL_URL": "/admin/"},
    {"HTTP_X_REWRITE_URL": "/admin/"},
    {"HTTP_X_FORWARDED_PREFIX": "//evil.example"},
]


@pytest.mark.parametrize("environ", HOSTS, ids=str)
def test_unknown_host_is_rejected(
    scene: Scene, settings: Settings, environ: dict[str, Any]
) -> None:
    settings.ALLOWED_HOSTS = ["forum.example"]
    response = Client().get("/", **environ)
    assert response.status_code == 400
    assert b"evil.example" not in response.content


@pytest.mark.parametrize("environ", UNTRUSTED_HEADERS, ids=str)
def test_host_is_not_taken_from_other_headers(
    scene: Scene, settings: Settings, environ: dict[str, Any]
) -> None:
    settings.ALLOWED_HOSTS = ["forum.example"]
    client = Client(HTTP_HOST="forum.example", **environ)
    for address in ("/", "/accounts/login/", "/b/gardens/new/", f"/t/{scene.threads['open'].pk}/"):
        response = client.get(address)
        assert response.status_code in {200, 301, 302}
        body_and_location = response.content.decode() + response.headers.get("Location", "")
        assert "evil.example" not in body_and_location
        assert "/admin/" not in body_and_location
