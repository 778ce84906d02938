"""Timeout of database statements on pages."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from forum.models import Thread
from tests.html import Page


@pytest.mark.django_db(transaction=True)
def test_page_whose_query_takes_too_long_shows_an_error_page(
    visitor: Client, thread: Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.views.read_only.STATEMENT_TIMEOUT", "100ms")
    address = thread.get_absolute_url()
    other_connection = connection.copy()
    with other_connection.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE forum_thread IN ACCESS EXCLUSIVE MODE")
        response = visitor.get(address)
        cursor.execute("ROLLBACK")
    other_connection.close()
    assert response.status_code == 503
    assert "busy right now" in Page(response)
    assert visitor.get(address).status_code == 200
