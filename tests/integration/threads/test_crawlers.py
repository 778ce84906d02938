"""Search engines: which pages they may read, and which of several is the page of a thread."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.models import Post
from tests.html import Page


def test_threads_boards_and_profiles_may_be_read_and_forms_may_not(
    visitor: Client, reply: Post
) -> None:
    response = visitor.get("/robots.txt")
    assert response.headers["Content-Type"].startswith("text/plain")
    lines = response.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    closed = [line.removeprefix("Disallow: ") for line in lines if line.startswith("Disallow")]
    for address in ("/p/1/reply/", "/p/1/menu/", "/accounts/login/", "/search/?q=moss"):
        assert address.startswith(tuple(closed)), address
    thread = reply.thread
    for address in ("/", thread.get_absolute_url(), thread.board.get_absolute_url(), "/u/bob/"):
        assert not address.startswith(tuple(closed)), address


@pytest.mark.parametrize("query", ["", "?order=time", "?fold=all", "?order=newest&fold=all"])
def test_orders_and_folds_of_a_thread_name_the_one_page(
    visitor: Client, reply: Post, query: str, settings
) -> None:
    settings.SITE_URL = "https://forum.example"
    address = reply.thread.get_absolute_url()
    link = Page(visitor.get(f"{address}{query}")).find('link[rel="canonical"]')
    assert link["href"] == f"https://forum.example{address}"


def test_acts_on_posts_are_not_to_be_followed(visitor: Client, reply: Post) -> None:
    page = Page(visitor.get(reply.thread.get_absolute_url()))
    links = page.find_all(f"#p{reply.pk} .post-actions a")
    assert links
    assert {link.get("rel") for link in links} == {"nofollow"}
