"""Help with Markdown, as a page and as a fragment in the composer."""

from __future__ import annotations

from django.test import Client

from tests.html import Page

HTMX = {"HTTP_HX_REQUEST": "true"}


def test_help_page_shows_markdown_and_its_result(visitor: Client) -> None:
    html = visitor.get("/help/markdown/").content.decode()
    assert "<pre># A heading</pre>" in html
    assert "<h2>A heading</h2>" in html
    assert "<strong>more important</strong>" in html
    assert "<p>A line break<br>" in html
    assert '<figure class="quote"' in html
    assert "Not found in this thread" not in html
    assert "<td>April</td>" in html
    assert "Ask @alice" in html


def test_help_mentions_the_reader(as_bob: Client, visitor: Client) -> None:
    assert '<a class="mention" href="/u/bob/">' in as_bob.get("/help/markdown/").content.decode()
    assert 'class="mention"' not in visitor.get("/help/markdown/").content.decode()


def test_help_says_where_a_mention_ends(visitor: Client) -> None:
    for headers in ({}, HTMX):
        text = Page(visitor.get("/help/markdown/", **headers)).text
        assert "@山田さん mentions 山田" in text


def test_composer_receives_the_help_as_a_fragment(as_bob: Client) -> None:
    html = as_bob.get("/help/markdown/", **HTMX).content.decode()
    assert html.lstrip().startswith("<section")
    assert "data-focus" in html
    assert "<h4>A heading</h4>" in html
    assert "Not found in this thread" not in html
