"""The text that is shown, quoted, compared and linked to is the same text."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.actions.posts import edit_post, reply_to
from forum.models import Post, User
from tests.html import Page

ADDRESS = "https://garden.example/walls/moss_and_ferns?year=2026&part=2"
LONG = "https://garden.example/" + "a-long-way/" * 12 + "end"


def caption(client: Client, quoting: Post) -> str:
    page = Page(client.get(quoting.thread.get_absolute_url()))
    return page.find(f"#p{quoting.pk} figcaption").text


def quote_by(reply: Post, author: User, words: str) -> Post:
    return reply_to(reply, author=author, source=f"> {words}\n\nSo?", quoted_post_ids=[reply.pk])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("written", "quoted"),
    [
        (f"Look at {ADDRESS} for more.", f"Look at {ADDRESS} for more."),
        (f"Look at {ADDRESS} for more.", f"Look at {ADDRESS.removeprefix('https://')} for more."),
        (f"Look at {ADDRESS} for more.", f"Look at <{ADDRESS}> for more."),
        (f"Look at {ADDRESS} for more.", f"Look at `{ADDRESS}` for more."),
        (f"Look at <{ADDRESS}> for more.", f"Look at {ADDRESS.replace('https', 'HTTP')} for more."),
        ("Write to <moss@garden.example> today.", "Write to moss@garden.example today."),
        ("Write to <moss@garden.example> today.", "Write to mailto:moss@garden.example today."),
        (f"It shows ![]({ADDRESS}) and more.", f"It shows {ADDRESS} and more."),
        (f"It shows []({ADDRESS}) and more.", f"It shows {ADDRESS} and more."),
        (f"See {LONG} for more.", f"See {LONG} for more."),
        (f"看{ADDRESS}。谢谢你们", f"看{ADDRESS}。谢谢你们"),
        ("The first line\nand the second.", "The first line and the second."),
        ("The first line and\nthe second.", "The first line and\n> the second."),
        ("A hand\u00adbook\ufeff of moss, old.", "A hand\u00adbook\ufeff of moss, old."),
        ("Un cafe\u0301 au lait, s’il vous plaît.", "Un café au lait, s'il vous plaît."),
        ("`def f(x):` is how it begins.", "def f(x): is how it begins."),
    ],
)
def test_quote_of_the_visible_words_is_exact(
    as_alice: Client, reply: Post, alice: User, bob: User, written: str, quoted: str
) -> None:
    edit_post(reply, actor=bob, source=written)
    assert "bob wrote" in (found := caption(as_alice, quote_by(reply, alice, quoted)))
    assert "Altered" not in found
    assert "Not found" not in found


def test_words_are_found_in_the_thread_by_what_is_visible(
    as_alice: Client, opening: Post, reply: Post, alice: User, bob: User
) -> None:
    """Search the whole thread: nobody says where the words are from."""
    edit_post(reply, actor=bob, source=f"Regardez {ADDRESS} et le cafe\u0301terraformé, s.v.p.")
    words = f"Regardez {ADDRESS} et le cafeterraformé, s.v.p.".replace("cafe", "café")
    other = reply_to(opening, author=bob, source="Something else.")
    quoting = reply_to(other, author=alice, source=f"> {words}\n\nSo?")
    assert "bob wrote" in caption(as_alice, quoting)


@pytest.mark.parametrize("changed", ["garden.example/other", "meadow.example/walls"])
def test_other_address_is_an_altered_quote(
    as_alice: Client, reply: Post, alice: User, bob: User, changed: str
) -> None:
    edit_post(reply, actor=bob, source="Look at https://garden.example/walls for more of it.")
    quoting = quote_by(reply, alice, f"Look at https://{changed} for more of it.")
    assert "Altered in the quote" in caption(as_alice, quoting)


def test_link_to_the_words_is_made_of_what_is_visible(
    as_alice: Client, reply: Post, alice: User, bob: User
) -> None:
    edit_post(reply, actor=bob, source=f"Look at {ADDRESS}\nfor much more of it.")
    quoting = quote_by(reply, alice, f"Look at {ADDRESS}\n> for much more of it.")
    page = Page(as_alice.get(quoting.thread.get_absolute_url()))
    link = page.find_all(f"#p{quoting.pk} figcaption a")[0]["href"]
    start, end = link.partition(":~:text=")[2].split(",")
    assert start.startswith("Look%20at%20garden.example%2Fwalls%2Fmoss_and_ferns")
    assert "http" not in start
    assert end == "for%20much%20more%20of%20it."


@pytest.mark.parametrize("own", ["No.", "No, it should not stay, and I can say why.", "否。"])
def test_line_after_a_quote_is_the_authors_own(
    as_alice: Client, opening: Post, reply: Post, alice: User, own: str
) -> None:
    source = f"> Only where the bricks stay wet all winter.\n{own}"
    quoting = reply_to(reply, author=alice, source=source)
    assert "bob wrote" in (found := caption(as_alice, quoting))
    assert "Altered" not in found
    page = Page(as_alice.get(quoting.thread.get_absolute_url()))
    assert page.find(f"#p{quoting.pk} blockquote").text == reply.source
    assert quoting.excerpt == own


def test_quote_button_without_scripts_keeps_code_links_and_lists(
    as_alice: Client, reply: Post, alice: User, bob: User
) -> None:
    source = "See [this](https://garden.example):\n\n2. dig\n\n```\nif wet:\n    wait\n```"
    edit_post(reply, actor=bob, source=source)
    page = Page(as_alice.get(f"/p/{reply.pk}/reply/?quote=1"))
    quote = page.find("textarea").source.removeprefix("\n")
    assert quote == "".join(f"> {line}".rstrip() + "\n" for line in source.split("\n")) + "\n"
    quoting = reply_to(reply, author=alice, source=f"{quote}Yes.")
    assert "Altered" not in caption(as_alice, quoting)
    assert "bob wrote" in caption(as_alice, quoting)


def test_excerpt_and_quote_leave_out_the_same_mentions_as_the_page(
    as_alice: Client, reply: Post, alice: User, carol: User
) -> None:
    """The line “to …” has the mentions of a reply that begin with its parent's author."""
    to_bob = reply_to(reply, author=alice, source="@bob Certainly not.")
    to_others = reply_to(reply, author=alice, source="@carol and @bob please look.")
    to_nobody = reply_to(reply, author=alice, source="@bob @nobody please look.")
    for post, words in [
        (to_bob, "Certainly not."),
        (to_others, to_others.source),
        (to_nobody, "@nobody please look."),
    ]:
        assert post.excerpt == words
        page = Page(as_alice.get(f"/p/{post.pk}/reply/?quote=1"))
        assert page.find("textarea").source.strip() == f"> {words}"
        shown = Page(as_alice.get(post.thread.get_absolute_url())).find(f"#p{post.pk} .text")
        assert shown.text == words
