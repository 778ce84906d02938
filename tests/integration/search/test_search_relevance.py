"""The quality of the order of results, by searches that people have judged."""

from __future__ import annotations

import math
import statistics
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.lib.search import parse_search
from forum.models import Board, User
from forum.queries.search import PostSearch
from tests.corpora import data_json

pytestmark = pytest.mark.django_db

JUDGED = data_json("judged_searches.json")
RESULTS = 10


@pytest.fixture
def threads(board: Board, alice: User) -> dict[int, str]:
    """Import the threads that were judged; return their names by id."""
    names = {}
    for name, (title, days, texts) in JUDGED["threads"].items():
        written = timezone.now() - timedelta(days=days)
        posts = [
            ImportedPost(place, None if place == 0 else 0, alice, text, written)
            for place, text in enumerate(texts)
        ]
        names[import_thread(board, title=title, posts=posts).pk] = name
    return names


def found(text: str, names: dict[int, str]) -> list[str]:
    results = PostSearch(parse_search(text), AnonymousUser()).results()
    return [names[each.thread.pk] for each in results.threads]


def gain(grades: list[int]) -> float:
    """Return the discounted cumulative gain of the first results."""
    return sum(
        (2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades[:RESULTS])
    )


def test_results_agree_with_judgements(threads: dict[int, str]) -> None:
    assert len(JUDGED["searches"]) >= 60
    quality = {}
    for text, grades in JUDGED["searches"]:
        ideal = gain(sorted(grades.values(), reverse=True))
        quality[text] = gain([grades.get(name, 0) for name in found(text, threads)]) / ideal
    worst = sorted(quality.items(), key=lambda each: each[1])[:10]
    assert statistics.mean(quality.values()) >= 0.8, worst


def test_thread_with_all_words_in_its_title_is_among_the_first_three(
    threads: dict[int, str],
) -> None:
    for name, (title, _days, _texts) in JUDGED["threads"].items():
        words = " ".join(sorted(title.rstrip("?").replace(":", "").split()))
        assert name in found(words, threads)[:3], words
