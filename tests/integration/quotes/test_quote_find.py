"""Whose words a quote is: found only where somebody said them, never put into a mouth."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from forum.actions.posts import edit_post, reply_to
from forum.actions.quotes import posts_in
from forum.actions.threads import start_thread
from forum.models import Board, Post, Quote, Revision, User
from forum.models.quotes import QuoteStatus
from forum.moderation.actions.post_hiding import hide_post
from tests.html import Page

SAID = "Only where the bricks stay wet all winter."
NOT_HERE = "Not found in this thread"
ALTERED = "Altered in the quote"


def age(post: Post) -> None:
    """Let the time pass in which an edit leaves no trace."""
    for revision in Revision.objects.filter(post=post):
        revision.created_at -= timedelta(hours=1)
        revision.save(update_fields=["created_at"])


def quoted(words: str) -> str:
    return "".join(f"> {line}\n" for line in words.split("\n")) + "\nSo?"


def status(post: Post, reader: User) -> QuoteStatus | None:
    """What the page says of a post's first quote."""
    row = Quote.objects.on_posts([post.pk], reader).get(post.pk, {}).get(0)
    return row.status if row else None


def test_first_to_say_it_is_named_not_who_quotes_it(
    reply: Post, alice: User, carol: User, bob: User
) -> None:
    quoting = reply_to(reply, author=alice, source=quoted(SAID))
    for answered in (quoting, reply_to(quoting, author=carol, source="Well.")):
        again = reply_to(answered, author=carol, source=quoted(SAID))
        assert again.quotes.get().source_post == reply


def test_quote_of_a_quote_names_both(
    reply: Post, alice: User, carol: User, visitor: Client
) -> None:
    middle = reply_to(reply, author=alice, source=f"> {SAID}\n\nMine never stay wet that long.")
    source = f"> > {SAID}\n>\n> Mine never stay wet that long.\n\nLucky you."
    last = reply_to(middle, author=carol, source=source)
    found = last.quotes.order_by("ordinal").values_list("ordinal", "source_post")
    assert list(found) == [(0, middle.pk), (1, reply.pk)]
    page = Page(visitor.get(reply.thread.get_absolute_url()))
    assert page.text.count("alice wrote") == 1
    assert page.text.count("bob wrote") == 2


def test_words_are_not_joined_over_what_somebody_else_said_between_them(
    reply: Post, alice: User, carol: User
) -> None:
    between = reply_to(
        reply, author=alice, source=f"It harms nothing at all.\n\n> {SAID}\n\nSays who exactly?"
    )
    joined = reply_to(
        between, author=carol, source=quoted(f"It harms nothing at all.\n\n{SAID}\n\nSays who?")
    )
    assert not joined.quotes.exists()


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
def test_words_that_nobody_wrote_name_nobody(
    reply: Post, alice: User, as_bob: Client, words: str
) -> None:
    post = reply_to(reply, author=alice, source=quoted(words))
    assert not post.quotes.exists()
    assert NOT_HERE in Page(as_bob.get(reply.thread.get_absolute_url()))


@pytest.mark.parametrize("words", list(CHANGED.values())[:-1], ids=list(CHANGED)[:-1])
def test_words_changed_in_a_quote_that_pointed_at_its_source_are_said_to_be_altered(
    reply: Post, alice: User, as_bob: Client, words: str
) -> None:
    post = reply_to(reply, author=alice, source=quoted(words), quoted_post_ids=[reply.pk])
    assert status(post, alice) is QuoteStatus.ALTERED
    page = Page(as_bob.get(reply.thread.get_absolute_url()))
    assert ALTERED in page
    assert NOT_HERE not in page.html


def test_words_of_two_posts_are_nobody_s_even_when_both_were_pointed_at(
    opening: Post, reply: Post, alice: User
) -> None:
    words = "Does moss harm the bricks? Only where they stay wet."
    post = reply_to(
        reply, author=alice, source=quoted(words), quoted_post_ids=[opening.pk, reply.pk]
    )
    assert status(post, alice) in (None, QuoteStatus.ALTERED)
    two = reply_to(
        reply,
        author=alice,
        source=quoted("Does moss harm the bricks? It does, and roots do even more, I am sure."),
        quoted_post_ids=[opening.pk, reply.pk],
    )
    assert not two.quotes.exists()


def test_nobody_is_accused_on_words_that_are_mostly_one_s_own(reply: Post, alice: User) -> None:
    for words in (
        "Where it is wet, of course.",
        "All winter",
        "Bricks and mortar are not the same.",
    ):
        post = reply_to(reply, author=alice, source=quoted(words), quoted_post_ids=[reply.pk])
        assert not post.quotes.exists(), words


def test_quote_changed_by_an_edit_is_altered_although_the_form_points_at_nothing(
    reply: Post, alice: User
) -> None:
    post = reply_to(reply, author=alice, source=quoted(SAID))
    edit_post(post, actor=alice, source=quoted(SAID.replace("wet", "dry")))
    assert status(post, alice) is QuoteStatus.ALTERED
    edit_post(post, actor=alice, source=quoted(SAID))
    assert status(post, alice) is QuoteStatus.EXACT


def test_altered_quote_stays_so_when_its_source_comes_to_say_that(
    reply: Post, alice: User, bob: User
) -> None:
    post = reply_to(
        reply, author=alice, source=quoted(SAID.replace("wet", "dry")), quoted_post_ids=[reply.pk]
    )
    age(reply)
    edit_post(reply, actor=bob, source=SAID.replace("wet", "dry"))
    assert status(post, alice) is QuoteStatus.ALTERED


def test_shortened_quote_says_so_and_single_words_match_nothing(
    reply: Post, alice: User, bob: User, as_bob: Client
) -> None:
    source = reply_to(
        reply, author=bob, source="I think that he is not at all guilty of any of these things."
    )
    short = reply_to(
        source, author=alice, source=quoted("I think that he is … guilty of any of these things.")
    )
    assert status(short, alice) is QuoteStatus.EXACT
    assert "Shortened" in Page(as_bob.get(reply.thread.get_absolute_url()))
    for words in ("I … am … guilty of any of these things", "he is … guilty … of these things."):
        patched = reply_to(source, author=alice, source=quoted(words), quoted_post_ids=[source.pk])
        assert status(patched, alice) is not QuoteStatus.EXACT, words


def test_source_is_found_in_an_earlier_wording(reply: Post, alice: User, bob: User) -> None:
    reply_to(reply, author=alice, source="Ah.")
    age(reply)
    edit_post(reply, actor=bob, source="I take that back: it harms nothing.")
    post = reply_to(reply, author=alice, source=quoted(SAID))
    assert status(post, alice) is QuoteStatus.CHANGED


def test_post_of_another_thread_is_a_source_only_when_it_was_pointed_at(
    reply: Post, board: Board, alice: User, bob: User, as_bob: Client
) -> None:
    text = "Lime washes off within a year or two."
    other = start_thread(board, author=bob, title="Lime", source=text).posts.get()
    assert not reply_to(reply, author=alice, source=quoted(text)).quotes.exists()
    post = reply_to(reply, author=alice, source=quoted(text), quoted_post_ids=[other.pk])
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
        found = reply_to(post, author=alice, source=quoted(words))
        assert status(found, alice) is QuoteStatus.EXACT


def test_whole_long_post_can_be_quoted_and_fifty_pieces_of_it(
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
def test_words_of_a_post_elsewhere_are_found_by_the_link_beside_them(
    board: Board, reply: Post, alice: User, bob: User, settings: Any, address: str
) -> None:
    other = start_thread(board, author=bob, title="Lime", source=ELSEWHERE)
    source = other.posts.get()
    link = settings.SITE_URL + address.format(source.pk, other.get_absolute_url())
    found = reply_to(reply, author=alice, source=f"> {ELSEWHERE}\n\nSee [there]({link}).")
    assert found.quotes.get().source_post == source
    without = reply_to(reply, author=alice, source=quoted(ELSEWHERE))
    assert not without.quotes.exists()


def test_link_tells_no_words_that_the_writer_may_not_read(
    board: Board, reply: Post, alice: User, bob: User, carol: User, settings: Any
) -> None:
    other = start_thread(board, author=bob, title="Lime", source="Of lime.").posts.get()
    hidden = reply_to(other, author=bob, source=ELSEWHERE)
    hide_post(hidden, actor=carol, reason="Rude")
    link = f"{settings.SITE_URL}/p/{hidden.pk}/"
    again = reply_to(reply, author=alice, source=f"> {ELSEWHERE}\n\n[So]({link}).")
    assert not again.quotes.exists()


def test_only_addresses_of_posts_here_lead_to_posts(settings: Any) -> None:
    site = settings.SITE_URL
    odd = ["/p/0/", "/p/99999999999999999999/", "/p/", "/t/1/x/", ".evil.example/p/1/"]
    assert posts_in([f"{site}{address}" for address in odd]) == []
    assert posts_in(["https://evil.example/p/1/", "/p/1/"]) == []
    assert posts_in([f"{site}/p/{n}/" for n in (3, 3, 1, 4, 5, 9, 2, 6)]) == [3, 1, 4, 5, 9]
