"""Previews: the same HTML as the post will have."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forum.actions.posts import reply_to
from forum.models import Post, RateLimit, User
from tests.sampling import examples
from tests.scene import undone

HTMX = {"HTTP_HX_REQUEST": "true"}
TEXT = re.compile(
    r'<div class="text" dir="auto"[^>]*>.*?</div>'
    r'(?=\s*</section>|\s*<footer|\s*<p class="meta backlinks")',
    re.DOTALL,
)
# On the thread’s page a quote links to an anchor, elsewhere to the page.
ANCHOR_LINK = re.compile(r'href="(?:/t/[^"#]*)?#p(\d+):~:text=')
# The link that opens a quote exists only once it is posted.
OPEN_QUOTE_LINK = re.compile(r" <a [^>]*data-js-peek>.*?</a>")

PARTS = (
    *("@bob ", "@bob @carol ", "@nobody ", "Plain words.\n\n", "*And* so, @Carol: `@alice`.\n\n"),
    *("> Only where the bricks stay wet all winter.\n\n", "> Nobody ever said this here.\n\n"),
    *("> the bricks\n\n", "> > Does moss harm the bricks?\n>\n> Only where\n\n", "# Heading\n\n"),
    *(
        "## Another @bob\n\n",
        "```python\nprint('@carol')\n```\n\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n",
    ),
    *("- one\n- two\n\n", "مرحبا @bob، وهذا هو الجواب.\n\n", "日本語の段落です。\n\n", "---\n\n"),
    *(
        "</textarea><script>alert(1)</script>\n\n",
        "https://example.org/a_b?c=1&d\n\n",
        "    code\n\n",
    ),
)


def text_in(html: str) -> str:
    return normalise(TEXT.findall(html)[-1])


def normalise(text: str) -> str:
    """Remove differences that depend on the page a text is shown on."""
    return ANCHOR_LINK.sub(r'href="#p\1:~:text=', OPEN_QUOTE_LINK.sub("", text))


def preview_of(client: Client, parent: Post, data: dict[str, object]) -> str | None:
    RateLimit.objects.all().delete()
    response = client.post(f"/p/{parent.pk}/reply/", {**data, "do": "preview"}, **HTMX)
    return text_in(response.content.decode()) if response.status_code == 200 else None


@settings(max_examples=examples(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.sampled_from(PARTS), min_size=1, max_size=6))
def test_preview_of_a_reply_is_the_same_as_the_post(
    as_alice: Client, opening: Post, reply: Post, carol: User, parts: list[str]
) -> None:
    data = {"source": "".join(parts), "quoted_post_ids": [opening.pk, reply.pk]}
    with undone():
        previewed = preview_of(as_alice, reply, data)
        response = as_alice.post(f"/p/{reply.pk}/reply/", data, **HTMX)
        if previewed is None:
            assert response.status_code == 422
        else:
            assert response.status_code == 201
            assert text_in(response.content.decode()) == previewed


def test_preview_of_an_edit_is_the_same_as_the_post(
    as_alice: Client, opening: Post, reply: Post, alice: User
) -> None:
    post = reply_to(reply, author=alice, source="> Only where the bricks stay wet\n\nSo?")
    source = "@bob\n\n> Only where the bricks stay wet\n\n# So?\n\n> the bricks"
    data = {"source": source, "do": "preview"}
    previewed = as_alice.post(f"/p/{post.pk}/edit/", data, **HTMX)
    as_alice.post(f"/p/{post.pk}/edit/", {"source": source})
    page = as_alice.get(post.thread.get_absolute_url()).content.decode()
    shown = page[page.index(f'id="p{post.pk}"') :]
    first = TEXT.search(shown)
    assert first
    assert normalise(first[0]) == text_in(previewed.content.decode())


def test_preview_of_a_thread_is_the_same_as_the_opening_post(as_alice: Client, board) -> None:
    data = {"title": "Lichen", "source": "# What is it?\n\n> A plant?\n\n@alice asks."}
    previewed = as_alice.post(f"{board.get_absolute_url()}new/", {**data, "do": "preview"}, **HTMX)
    as_alice.post(f"{board.get_absolute_url()}new/", data)
    page = as_alice.get(Post.objects.get().thread.get_absolute_url()).content.decode()
    assert TEXT.findall(page)[0] == text_in(previewed.content.decode())


@pytest.mark.parametrize(
    ("head", "line"),
    [("@bob", "to bob"), ("@bob @carol", "to bob, also to carol"), ("@carol", None)],
)
def test_preview_names_the_people_replied_to(
    as_alice: Client, reply: Post, carol: User, head: str, line: str | None
) -> None:
    data = {"source": f"{head} So it is.", "do": "preview"}
    html = as_alice.post(f"/p/{reply.pk}/reply/", data, **HTMX).content.decode()
    to_lines = re.findall(r'<p class="reply-to">(.*?)</p>', html, re.DOTALL)
    assert [" ".join(each.split()) for each in to_lines] == ([line] if line else [])
