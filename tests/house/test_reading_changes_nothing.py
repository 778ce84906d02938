"""GET and HEAD change nothing, whoever asks for whatever."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from tests.addresses import addresses, desk_addresses
from tests.scene import Scene

pytestmark = pytest.mark.django_db

# Who visits, and what is typed and not yet taken, is kept by visiting.
MAY_CHANGE = {"django_session"}


def state() -> dict[str, tuple[int, str]]:
    """Of each table, how many rows it has and a hash of them all."""
    tables = {model._meta.db_table for model in apps.get_models()} - MAY_CHANGE
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(
                f"SELECT count(*), coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') "
                f'FROM "{table}" AS t'
            )
            found[table] = cursor.fetchone()
    return found


@pytest.mark.parametrize("name", ["visitor", "alice", "erin"])
def test_reading_every_page_changes_no_row(scene: Scene, name: str) -> None:
    before = state()
    client = scene.client(name)
    for address in [*addresses(scene).values(), *desk_addresses(scene).values()]:
        client.head(address)
        client.get(address)
        client.get(address, headers={"hx-request": "true"})
    assert {table for table, rows in state().items() if rows != before[table]} == set()
    assert client.get("/account/settings/").status_code == (302 if name == "visitor" else 200)


def test_a_change_would_be_noticed(scene: Scene) -> None:
    before = state()
    scene.client("alice").post(f"/p/{scene.posts['visible'].pk}/delete/")
    assert {table for table, rows in state().items() if rows != before[table]} == {
        "forum_post",
        "forum_thread",
    }
