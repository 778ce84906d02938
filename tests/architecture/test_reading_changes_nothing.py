"""GET and HEAD change no row, for any reader and address."""

from __future__ import annotations

import pytest

from tests.addresses import addresses, admin_addresses, one_each
from tests.scene import Scene, all_rows, changed_since

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.mark.parametrize("name", ["visitor", "erin"])
def test_reading_every_page_changes_no_row(scene: Scene, name: str) -> None:
    before = all_rows()
    client = scene.client(name)
    found = addresses(scene)
    for address in [*found.values(), *admin_addresses(scene).values()]:
        client.get(address)
    for address in one_each(found).values():
        client.head(address)
        client.get(address, headers={"hx-request": "true"})
    assert changed_since(before) == set()
    assert client.get("/account/settings/").status_code == (302 if name == "visitor" else 200)


def test_check_notices_a_change(scene: Scene) -> None:
    before = all_rows()
    scene.client("alice").post(f"/p/{scene.posts['visible'].pk}/delete/")
    assert changed_since(before) == {
        "forum_post",
        "forum_thread",
    }
