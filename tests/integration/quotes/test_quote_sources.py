"""Finding the source of a quote: only posts that contain the words, and never a wrong author."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from forum.actions.posts import edit_post, reply_to
from forum.actions.quote_sources import posts_in
from forum.actions.threads import start_thread
from forum.models import Board, Post, Quote, Revision, User
from forum.models.quotes import QuoteStatus
from forum.moderation.actions.post_hiding import hide_post
from tests.html import Page

TEXT = "Only where the bricks stay wet all winter."
NOT_FOUND = "Not found in this thread"
ALTERED = "Altered in the quote"


def make_old(post: Post) -> None:
    """Make a post older than the time in which an edit leaves no mark."""
    for revision in Revision.objects.filter(post=post):
        revision.created_at -= timedelta(hours=1)
        revision.save(update_fields=["created_at"])


def quote_of(words: str) -> str:
    return "".join(f"> {line}\n" for line in words.split("\n")) + "\nSo?"


def status(post: Post, reader: User) -> QuoteStatus | None:
    """Return the status of a post's first quote."""
    row = Quote.objects.on_posts([post.pk], reader).get(post.pk, {}).get(0)
    return row.status if row else None


def test_source_is_the_first_post_and_not_one_that_quotes_it(
    reply: Post, alice: User, carol: User, bob: User
) -> None:
    quoting = reply_to(reply, author=alice, source=quote_of(TEXT))
    for parent in (quoting, reply_to(quoting, author=carol, source="Well.")):
        second_quote = reply_to(parent, author=carol, source=quote_of(TEXT))
        assert second_quote.quotes.get().source_post == reply


def test_nested_quote_has_two_sources(
    reply: Post, alice: User, carol: User, visitor: Client
) -> None:
    middle = reply_to(reply, author=alice, source=f"> {TEXT}\n\nMine never stay wet that long.")
    source = f"> > {TEXT}\n>\n> Mine never stay wet that long.\n\nLucky you."
    last = reply_to(middle, author=carol, source=source)
    found = last.quotes.order_by("ordinal").values_list("ordinal", "source_post")
    assert list(found) == [(0, middle.pk), (1, reply.pk)]
    page = Page(visitor.get(reply.thread.get_absolute_url()))
    assert page.text.count("alice wrote") == 1
    assert page.text.count("bob wrote") == 2


def test_words_before_and_after_a_quote_are_not_combined(
    reply: Post, alice: User, carol: User
) -> None:
    between = reply_to(
        reply, author=alice, source=f"It harms nothing at all.\n\n> {TEXT}\n\nSays who exactly?"
    )
    quoting = reply_to(
        between, author=carol, source=quote_of(f"It harms nothing at all.\n\n{TEXT}\n\nSays who?")
    )
    assert not quoting.quotes.exists()


CHANGED = {
    "one letter": "Only where the bricks stay wet all winters.",
    "a word": "Only where the bricks stay dry all winter.",
    "not": "Not only where the bricks stay wet all winter.",
    "homoglyph": "Only where the br\u0456cks stay wet all winter.",
    "zero width": "Only where the bri\u200bcks stay wet all winter.",
    "right to left": "Only where the \u202ebricks\u202c stay wet all winter.",
    "cut in the middle": "Only the bricks stay wet all winter.",
    "case": "only where the bricks stay wet ALL winter.",
    "joined from two posts": "Does moss harm the bricks? Only where the bricks stay wet.",
}


@pytest.mark.parametrize("words", CHANGED.values(), ids=CHANGED)
def test_changed_words_have_no_source(reply: Post, alice: User, as_bob: Client, words: str) -> None:
    post = reply_to(reply, author=alice, source=quote_of(words))
    assert not post.quotes.exists()
    assert NOT_FOUND in Page(as_bob.get(reply.thread.get_absolute_url()))


@pytest.mark.parametrize("words", list(CHANGED.values())[:-1], ids=list(CHANGED)[:-1])
def test_changed_words_with_a_stated_source_are_marked_as_altered(
    reply: Post, alice: User, as_bob: Client, words: str
) -> None:
    post = reply_to(reply, author=alice, source=quote_of(words), quoted_post_ids=[reply.pk])
    assert status(post, alice) is QuoteStatus.ALTERED
    page = Page(as_bob.get(reply.thread.get_absolute_url()))
    assert ALTERED in page
    assert NOT_FOUND not in page.html


def test_words_combined_from_two_posts_have_no_source_even_if_both_are_stated(
    opening: Post, reply: Post, alice: User
) -> None:
    words = "Does moss harm the bricks? Only where they stay wet."
    post = reply_to(
        reply, author=alice, source=quote_of(words), quoted_post_ids=[opening.pk, reply.pk]
    )
    assert status(post, alice) in (None, QuoteStatus.ALTERED)
    two = reply_to(
        reply,
        author=alice,
        source=quote_of("Does moss harm the bricks? It does, and roots do even more, I am sure."),
        quoted_post_ids=[opening.pk, reply.pk],
    )
    assert not two.quotes.exists()


def test_mostly_different_words_are_not_marked_as_altered(reply: Post, alice: User) -> None:
    for words in (
        "Where it is wet, of course.",
        "All winter",
        "Bricks and mortar are not the same.",
    ):
        post = reply_to(reply, author=alice, source=quote_of(words), quoted_post_ids=[reply.pk])
        assert not post.quotes.exists(), words


def test_quote_changed_by_an_edit_is_marked_as_altered_without_a_stated_source(
    reply: Post, alice: User
) -> None:
    post = reply_to(reply, author=alice, source=quote_of(TEXT))
    edit_post(post, actor=alice, source=quote_of(TEXT.replace("wet", "dry")))
    assert status(post, alice) is QuoteStatus.ALTERED
    edit_post(post, actor=alice, source=quote_of(TEXT))
    assert status(post, alice) is QuoteStatus.EXACT


def test_altered_quote_stays_altered_when_its_source_is_edited_to_match(
    reply: Post, alice: User, bob: User
) -> None:
    post = reply_to(
        reply, author=alice, source=quote_of(TEXT.replace("wet", "dry")), quoted_post_ids=[reply.pk]
    )
    make_old(reply)
    edit_post(reply, actor=bob, source=TEXT.replace("wet", "dry"))
    assert status(post, alice) is QuoteStatus.ALTERED


def test_shortened_quote_is_marked_and_single_words_do_not_match(
    reply: Post, alice: User, bob: User, as_bob: Client
) -> None:
    source = reply_to(
        reply, author=bob, source="I think that he is not at all guilty of any of these things."
    )
    short = reply_to(
        source, author=alice, source=quote_of("I think that he is … guilty of any of these things.")
    )
    assert status(short, alice) is QuoteStatus.EXACT
    assert "Shortened" in Page(as_bob.get(reply.thread.get_absolute_url()))
    for words in ("I … am … guilty of any of these things", "he is … guilty … of these things."):
        patched = reply_to(
            source, author=alice, source=quote_of(words), quoted_post_ids=[source.pk]
        )
        assert status(patched, alice) is not QuoteStatus.EXACT, words


def test_source_is_found_in_an_earlier_revision(reply: Post, alice: User, bob: User) -> None:
    reply_to(reply, author=alice, source="Ah.")
    make_old(reply)
    edit_post(reply, actor=bob, source="I take that back: it harms nothing.")
    post = reply_to(reply, author=alice, source=quote_of(TEXT))
    assert status(post, alice) is QuoteStatus.CHANGED


def test_post_of_another_thread_is_a_source_only_if_stated(
    reply: Post, board: Board, alice: User, bob: User, as_bob: Client
) -> None:
    text = "Lime washes off within a year or two."
    other = start_thread(board, author=bob, title="Lime", source=text).posts.get()
    assert not reply_to(reply, author=alice, source=quote_of(text)).quotes.exists()
    post = reply_to(reply, author=alice, source=quote_of(text), quoted_post_ids=[other.pk])
    assert post.quotes.get().source_post == other
    page = Page(as_bob.get(reply.thread.get_absolute_url()))
    assert page.texts("cite") == ["Lime"]
    place = f"/t/{other.thread_id}/lime/#p{other.pk}:~:text=Lime%20washes"
    assert any(address.startswith(place) for address in page.addresses)


SCRIPTS = {
    "CJK": "苔は煉瓦を傷めません。冬のあいだずっと濡れている所だけが傷みます。",
    "Arabic": "لا يضر الطحلب بالطوب إلا حيث يبقى مبللا طوال الشتاء",
    "Thai": "มอสไม่ทำลายอิฐเว้นแต่ในที่ที่เปียกตลอดฤดูหนาว",
    "code": "```py\ndef moss(wall):\n    return wall.is_wet  # all winter\n```",
    "marks": "Only *where* the [bricks](https://a.example) stay `wet` all winter, & “so” on — no?",
}


@pytest.mark.parametrize("source", SCRIPTS.values(), ids=SCRIPTS)
def test_words_in_any_script_are_found(opening: Post, alice: User, bob: User, source: str) -> None:
    post = reply_to(opening, author=bob, source=source)
    plain = post.latest_revision().plain
    for words in (plain, source):
        found = reply_to(post, author=alice, source=quote_of(words))
        assert status(found, alice) is QuoteStatus.EXACT


def test_long_post_can_be_quoted_whole_or_in_fifty_pieces(
    opening: Post, alice: User, bob: User
) -> None:
    lines = [f"Sentence {n} of a long story about moss on walls." for n in range(190)]
    post = reply_to(opening, author=bob, source="\n\n".join(lines))
    whole = reply_to(post, author=alice, source="\n>\n".join(f"> {x}" for x in lines) + "\n\nYes.")
    assert status(whole, alice) is QuoteStatus.EXACT
    pieces = reply_to(
        post,
        author=alice,
        source="\n\nand\n\n".join(f"> {line}" for line in lines[:60]) + "\n\nOk.",
    )
    assert pieces.quotes.count() == 50


ELSEWHERE = "Whoever limes a wall in March limes it twice."


@pytest.mark.parametrize("address", ["/p/{0}/", "/p/{0}/?from=x", "{1}#p{0}"])
def test_source_in_another_thread_is_found_by_a_link_in_the_reply(
    board: Board, reply: Post, alice: User, bob: User, settings: Any, address: str
) -> None:
    other = start_thread(board, author=bob, title="Lime", source=ELSEWHERE)
    source = other.posts.get()
    post_link = settings.SITE_URL + address.format(source.pk, other.get_absolute_url())
    found = reply_to(reply, author=alice, source=f"> {ELSEWHERE}\n\nSee [there]({post_link}).")
    assert found.quotes.get().source_post == source
    without_link = reply_to(reply, author=alice, source=quote_of(ELSEWHERE))
    assert not without_link.quotes.exists()


def test_link_to_an_unreadable_post_does_not_make_it_a_source(
    board: Board, reply: Post, alice: User, bob: User, carol: User, settings: Any
) -> None:
    other = start_thread(board, author=bob, title="Lime", source="Of lime.").posts.get()
    hidden = reply_to(other, author=bob, source=ELSEWHERE)
    hide_post(hidden, actor=carol, reason="Rude")
    post_link = f"{settings.SITE_URL}/p/{hidden.pk}/"
    second_quote = reply_to(reply, author=alice, source=f"> {ELSEWHERE}\n\n[So]({post_link}).")
    assert not second_quote.quotes.exists()


def test_only_addresses_of_this_site_are_recognised_as_posts(settings: Any) -> None:
    site = settings.SITE_URL
    odd = ["/p/0/", "/p/99999999999999999999/", "/p/", "/t/1/x/", ".evil.example/p/1/"]
    assert posts_in([f"{site}{address}" for address in odd]) == []
    assert posts_in(["https://evil.example/p/1/", "/p/1/"]) == []
    assert posts_in([f"{site}/p/{n}/" for n in (3, 3, 1, 4, 5, 9, 2, 6)]) == [3, 1, 4, 5, 9]
