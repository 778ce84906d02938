"""Quotes masked in a form and put back when it is sent."""

from __future__ import annotations

import pytest

from forum.markup.redaction import mask_blocks, unmask_blocks
from forum.markup.rendered_post import render

SOURCES = [
    "> secret",
    "> secret\n\nMy answer.",
    "Before.\n\n> secret\n> \n> in two paragraphs\n\nAfter.",
    "> one\n\nand\n\n> secret\n\nand\n\n> three\n\nend",
    "> outer\n>\n> > secret\n>\n> outer again\n\nend",
    "> > secret\n>\n> outer\n\nend",
    "- a list\n\n  > secret\n\n- its end",
    "> secret\nlazily continued\n\nend",
]


def hidden_in(source: str) -> dict[str, int]:
    return {
        quote.words: quote.ordinal for quote in render(source).quotes if "secret" in quote.words
    }


@pytest.mark.parametrize("source", SOURCES)
def test_masked_source_lacks_the_words_and_sent_back_it_is_the_same(source: str) -> None:
    hidden = hidden_in(source)
    masked = mask_blocks(source, hidden)
    (ordinal,) = hidden.values()
    assert "secret" not in masked
    assert f"[hidden quote {ordinal}]" in masked
    assert render(unmask_blocks(masked, source)).html == render(source).html


@pytest.mark.parametrize("source", SOURCES)
def test_words_beside_a_mask_can_be_edited(source: str) -> None:
    masked = mask_blocks(source, hidden_in(source))
    sent = unmask_blocks(f"New words.\n\n{masked}\n\nMore.", source)
    assert "secret" in sent
    assert sent.startswith("New words.")
    assert sent.endswith("More.")


def test_mask_that_is_deleted_removes_the_quote() -> None:
    assert unmask_blocks("Only my words.", "> secret\n\nOnly my words.") == "Only my words."


def test_mask_without_a_quote_stays_as_it_was_typed() -> None:
    typed = "> [hidden quote 7]\n\nWhat is that?"
    assert unmask_blocks(typed, "> one\n\ntwo") == typed


def test_source_without_hidden_quotes_is_unchanged() -> None:
    assert mask_blocks("> fine\n\nYes.", {"something else": 0}) == "> fine\n\nYes."
