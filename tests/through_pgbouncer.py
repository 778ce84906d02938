"""A plugin of pytest that lets tests reach the database through PgBouncer: `make test-pgbouncer`.

The test database is created and removed without it. Set `PREPARED_STATEMENTS=False`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests.pgbouncer import PGBOUNCER, pgbouncer_before


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if PGBOUNCER is None:
        for item in items:
            item.add_marker(pytest.mark.skip(reason="PgBouncer is not installed"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Put PgBouncer between the tests and their database."""
    keys = connection.settings_dict
    direct = {key: keys[key] for key in ("HOST", "PORT")}
    with (
        pgbouncer_before(Path(keys["HOST"]), database=keys["NAME"], ignored="options") as port,
        django_db_blocker.unblock(),
    ):
        connection.close()
        keys |= {"HOST": "127.0.0.1", "PORT": port}
        yield
        connection.close()
        keys |= direct
