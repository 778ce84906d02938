"""The reply in a mail: what people write with real mail programs is kept, what those add is not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.lib.mail_reader import Unreadable, read_text
from forum.lib.mail_reply import split_reply
from tests.corpora import DATA
from tests.incoming_mail import CORPORA, filled_lines, messages

MAILS = sorted((DATA / "mail").glob("*.eml"))


@pytest.mark.parametrize("mail", MAILS, ids=lambda path: path.stem)
def test_reply_of_each_mail_program_is_kept_as_it_was_written(mail: Path) -> None:
    text = read_text(mail.read_bytes()).text
    split = split_reply(text)
    assert split.kept == mail.with_suffix(".txt").read_text(encoding="utf-8").strip("\n")
    assert filled_lines(f"{split.kept}\n{split.left_out}") == filled_lines(text)


def test_there_are_sixty_styles_of_reply():
    assert len(MAILS) >= 60


LINES = st.sampled_from(
    [
        *("", " ", "Own words.", "> quoted", ">> deeper", "-- ", "--", "Bob", "    indented"),
        *("On Tue, 1 Dec 2026 at 11:00, lina <l@example.org> wrote:", "wrote:", "- item"),
        *("From: lina <l@example.org>", "Sent: 1 Dec 2026", "To: b@example.org", "Subject: Moss"),
        *("-----Original Message-----", "________________________________", "Sent from my phone"),
    ]
)


@given(st.lists(LINES | st.text(max_size=20).filter(lambda line: "\n" not in line), max_size=30))
def test_no_line_is_lost_or_changed_whatever_the_mail_is_made_of(lines):
    text = "\n".join(lines)
    split = split_reply(text)
    assert filled_lines(f"{split.kept}\n{split.left_out}") == filled_lines(text)


@given(st.lists(st.sampled_from(["Own words.", "", "    indented", "- item", "More: words"])))
def test_text_without_quotes_and_signature_is_kept_whole(lines):
    text = "\n".join(lines)
    assert filled_lines(split_reply(text).kept) == filled_lines(text)


@pytest.mark.parametrize("name", CORPORA)
def test_mail_of_the_corpora_is_read_without_losing_a_line(name: str) -> None:
    for message in messages(name):
        try:
            text = read_text(message).text
        except Unreadable:
            continue
        split = split_reply(text)
        assert filled_lines(f"{split.kept}\n{split.left_out}") == filled_lines(text)


@pytest.mark.parametrize(
    "text",
    [
        "> " * 200_000,
        ">\n" * 200_000,
        "On 1 Dec 2026 " * 20_000,
        "a: b\n" * 100_000,
        "-- \n" * 100_000,
        "-" * 500_000,
        "wrote:\n\n> x\n\n" * 30_000,
        "\n" * 500_000,
        "From: a@b.example 2026:\n" * 40_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_large_mail_is_split_in_bounded_time(text: str) -> None:
    started = time.process_time()
    split_reply(text)
    assert time.process_time() - started < 3
