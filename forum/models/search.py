"""Full-text search: the words of texts and titles as PostgreSQL compares them.

The functions are made by the migration `0003_search`. Their results are indexed, but not stored:
they would take twice the space of the texts.
"""

from __future__ import annotations

from django.contrib.postgres.search import SearchVectorField
from django.db.models import Func, Value


class SearchWords(Func):
    """The words of a text without its quoted stretches: `SearchWords("plain", "quoted")`."""

    function = "forum_search_words"
    arity = 2
    output_field = SearchVectorField()


class TitleWords(Func):
    """The words of a title."""

    function = "forum_search_title"
    arity = 1
    output_field = SearchVectorField()


class OpeningWords(Func):
    """The words of a title and its opening post."""

    arg_joiner = " || "
    template = "(%(expressions)s)"
    output_field = SearchVectorField()

    def __init__(self, title: str, plain: str, quoted: str | Value) -> None:
        super().__init__(TitleWords(title), SearchWords(plain, quoted))
