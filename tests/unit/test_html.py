"""The helper for reading pages in tests."""

from __future__ import annotations

import pytest

from tests.html import Page

THREAD = """<!doctype html><html><head><title>Moss</title></head><body>
<div class="messages"><div class="note">Posted. </div></div><h1>Moss</h1>
<ol><li class="node"><article class="post" id="p2"><h3><a href="/u/bob/"><bdi>bob</bdi></a>
<span class="visually-hidden">replies to alice</span></h3>
<div class="text"><p>Only&nbsp;where<br>wet.</p></div>
</article><ol>
<li class="node"><article class="post tombstone" id="p3"><p>Deleted.</p></article></li></ol>
</li></ol><form action="/t/1/seen/"><input name="a" value="1"><input type="checkbox" name="b">
<select name="c"><option value="x">X</option><option value="y" selected>Y</option></select>
<textarea name="d">
Words &amp; more</textarea><button name="all" value="1">Mark all</button></form></body></html>"""


def test_page_has_posts_links_and_messages():
    page = Page(THREAD)
    assert page.title == "Moss"
    assert page.post_ids == [2, 3]
    assert page.post("p2").byline == "bob replies to alice"
    assert page.post(2).body == "Only where wet."
    assert page.post("p3").is_tombstone
    assert page.messages == ["Posted."]
    assert page.links == {"bob": "/u/bob/"}
    assert not page.is_fragment


def test_form_has_the_values_of_its_fields():
    form = Page(THREAD).form("Mark all")
    assert form.action == "/t/1/seen/"
    assert form.fields == {"a": "1", "c": "y", "d": "Words & more"}
    assert form.buttons == {"Mark all": {"all": "1"}}
    assert form.options == {"c": ["x", "y"]}


@pytest.mark.parametrize(
    ("selector", "texts"),
    [
        ("#p3", ["Deleted."]),
        ("li li .post", ["Deleted."]),
        ("ol.none", []),
        ('a[href="/u/bob/"]', ["bob"]),
        ('a[href*="bob"], .visually-hidden', ["bob", "replies to alice"]),
        ("article.post.tombstone p", ["Deleted."]),
    ],
)
def test_selector_finds_elements_in_order(selector, texts):
    assert Page(THREAD).texts(selector) == texts


@pytest.mark.parametrize("html", ["<p>", "</p>", "<b><i></b></i>"])
def test_wrongly_nested_html_fails(html):
    with pytest.raises(AssertionError):
        Page(html)


def test_unknown_selector_fails():
    with pytest.raises(AssertionError):
        Page(THREAD).find_all("li:first-child")
