"""A page that takes the database too long."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from forum.models import Thread
from tests.html import Page


@pytest.mark.django_db(transaction=True)
def test_statement_that_takes_too_long_is_given_up_with_a_page_of_ours(
    visitor: Client, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.views.read_only.STATEMENT_TIMEOUT", "100ms")
    address = thread.get_absolute_url()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE forum_thread IN ACCESS EXCLUSIVE MODE")
        response = visitor.get(address)
        cursor.execute("ROLLBACK")
    other.close()
    assert response.status_code == 503
    assert "busy right now" in Page(response)
    assert visitor.get(address).status_code == 200
