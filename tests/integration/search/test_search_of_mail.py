"""The order of results in real conversations of mailing lists and news, which nobody here wrote.

They are read in place: see `tests.corpora`. `test_search_relevance` judges searches in texts of our
own. Threads are named in `judged_mail_searches.json` by file and place; the names, the searches and
the judgements are ours.
"""

from __future__ import annotations

import mailbox
import re
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from pytest_django import DjangoDbBlocker

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.lib.search import parse_search
from forum.lib.text import clean_source, one_line
from forum.models import Board, Category, Thread, User
from forum.queries.search import PostSearch
from tests.corpora import corpus, data_json
from tests.integration.search.test_search_relevance import gain

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

JUDGED = data_json("judged_mail_searches.json")
LONGEST = 15_000  # characters of a message that are imported
REPLY = re.compile(r"^(?:re|fwd?)(?:\[\d+\]|\^\d+)?:\s*|^\[[^\]]{2,20}\]\s*(?=.)", re.IGNORECASE)


def title_of(message: Message) -> str:
    """Return the subject without the marks of replies and lists."""
    title = one_line(str(make_header(decode_header(message["subject"] or ""))))
    while (shorter := REPLY.sub("", title)) != title:
        title = shorter
    return title


def messages_by_thread(path: Path) -> list[list[Message]]:
    """Return the messages of each subject, in order of arrival; some subjects were cut."""
    threads: dict[str, list[Message]] = {}
    for message in mailbox.mbox(path):
        key = re.sub(r"\W", "", title_of(message).casefold())[:30]
        threads.setdefault(key, []).append(message)
    return list(threads.values())


def text_of(message: Message) -> str:
    part = next(
        (each for each in message.walk() if each.get_content_type() == "text/plain"), message
    )
    content = part.get_payload(decode=True)
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
    return clean_source(text.replace("\x00", ""))[:LONGEST]


def written_at(message: Message) -> datetime:
    try:
        found = parsedate_to_datetime(message["date"])
    except (TypeError, ValueError):
        return datetime(2000, 1, 1, tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def threads(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[tuple[str, int], Thread]]:
    """Import all threads of the judged files, once for all tests, by file and place."""
    files = sorted({name for name, _place in JUDGED["threads"].values()})
    found = {name: messages_by_thread(corpus(name)) for name in files}
    with django_db_blocker.unblock(), transaction.atomic():
        category = Category.objects.create(name="Lists")
        board = Board.objects.create(category=category, name="Mail", slug="mail")
        author = User.objects.create_user("importer", "importer@example.org")
        yield {
            (name, place): _import(board, author, messages)
            for name in files
            for place, messages in enumerate(found[name])
        }
        transaction.set_rollback(True)


def _import(board: Board, author: User, messages: list[Message]) -> Thread:
    posts = [
        ImportedPost(
            place, 0 if place else None, author, text_of(message) or "Empty.", written_at(message)
        )
        for place, message in enumerate(messages)
    ]
    return import_thread(board, title=title_of(messages[0])[:120] or "Untitled", posts=posts)


def found_threads(text: str) -> list[int]:
    results = PostSearch(parse_search(text), AnonymousUser()).results()
    return [each.thread.pk for each in results.threads]


def test_results_agree_with_judgements(threads: dict[tuple[str, int], Thread]) -> None:
    assert len(JUDGED["searches"]) >= 60
    ids = {name: threads[file, place].pk for name, (file, place) in JUDGED["threads"].items()}
    quality = {}
    for text, grades in JUDGED["searches"]:
        grade_of = {ids[name]: grade for name, grade in grades.items()}
        ideal = gain(sorted(grades.values(), reverse=True))
        quality[text] = gain([grade_of.get(pk, 0) for pk in found_threads(text)]) / ideal
    worst = sorted(quality.items(), key=lambda each: each[1])[:15]
    assert statistics.mean(quality.values()) >= 0.8, worst


def test_thread_with_all_words_in_its_title_is_among_the_first_three(
    threads: dict[tuple[str, int], Thread],
) -> None:
    missed = {}
    for thread in threads.values():
        words = " ".join(re.findall(r"\w+(?:[./]\w+)*", thread.title))  # "2.2" is one
        if thread.pk not in found_threads(words)[:3]:
            missed[thread.title] = found_threads(words)[:3]
    assert not missed
