"""Visitors: reading sets no cookie, and pages have no token."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.addresses import addresses
from tests.scene import Scene

pytestmark = pytest.mark.django_db


def test_reading_sets_no_cookie_and_needs_no_token(scene: Scene) -> None:
    for key, address in addresses(scene).items():
        if key.startswith("account"):
            continue
        response = Client().get(address)
        assert not response.cookies, key
        if response.status_code == 200 and not response.streaming:
            assert b"csrfmiddlewaretoken" not in response.content, key


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 302),
        ({"sec-fetch-site": "cross-site", "origin": "http://testserver"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://testserver"}, 302),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
@pytest.mark.parametrize(
    "form", [("/theme/", "theme", "dark"), ("/order/", "order", "time"), ("/keys/", "keys", "off")]
)
def test_preferences_are_taken_from_own_pages_only(
    db: None, form: tuple[str, str, str], headers: dict[str, str], status: int
) -> None:
    address, name, value = form
    client = Client(enforce_csrf_checks=True)
    response = client.post(address, {name: value}, headers=headers)
    assert response.status_code == status
    assert (name in response.cookies) is (status == 302)
