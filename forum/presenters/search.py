"""Search results: excerpts with marked words, and what could not be searched for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from forum.lib.search import MAX_CHARACTERS, MAX_TERMS, SearchQuery
from forum.queries.search import MARK_END, MARK_START, MAX_FOUND, SearchResults

# What can be typed, and what it finds.
SEARCH_EXAMPLES = (
    ("moss bricks", _lazy("posts with both words")),
    ('"wet all winter"', _lazy("exactly these words")),
    ("moss OR lichen", _lazy("either word")),
    ("moss -roof", _lazy("without “roof”")),
    ("author:lina", _lazy("written by lina")),
    ("board:gardens", _lazy("in the board at /b/gardens/")),
    ("tag:roofs", _lazy("with the tag at /tags/roofs/")),
    ("in:1234", _lazy("in the thread at /t/1234/")),
    ("under:5678", _lazy("in the branch below the post at /p/5678/")),
    ("after:2026-01-31 before:2026-03-01", _lazy("by date")),
    ("is:opening", _lazy("opening posts only")),
    ("is:mine", _lazy("your own posts")),
    ("is:followed", _lazy("posts in what you follow")),
    ("is:unread", _lazy("posts that you have not read")),
    ("is:unanswered", _lazy("posts without replies")),
    ("has:quote", _lazy("posts that quote")),
)


def mark_words(excerpt: str) -> SafeString:
    """Return an excerpt as HTML, with the words that were found in `<mark>`."""
    marked = escape(excerpt).replace(MARK_START, "<mark>").replace(MARK_END, "</mark>")
    return mark_safe(marked)  # noqa: S308 (escaped above)


def search_notes(query: SearchQuery, results: SearchResults | None) -> Iterator[str]:
    """Yield what a reader should know about how the search was understood."""
    if query.is_cut:
        limits = {"characters": MAX_CHARACTERS, "terms": MAX_TERMS}
        yield _("Only the first %(characters)d characters and %(terms)d words count.") % limits
    for kind, typed in query.faults:
        yield _fault(kind) % {"typed": typed}
    if results and results.not_found:
        yield _not_found(results.not_found, query)
    if results and results.is_newest_only and query.groups:
        yield _("Many posts match; the newest %(count)d are shown.") % {"count": MAX_FOUND}


def narrower_searches(query: SearchQuery, text: str) -> list[tuple[str, str]]:
    """Return searches that find less than `text` and sooner, each with a label."""
    day = timezone.now().date() - timedelta(days=30)
    choices = []
    if not query.after:
        choices.append((_("Only posts of the last 30 days"), f"after:{day}"))
    if "opening" not in query.flags:
        choices.append((_("Only opening posts"), "is:opening"))
    # The filter comes first: the end of a long search is cut.
    return [(label, f"{narrower} {text}") for label, narrower in choices]


def _fault(kind: str) -> str:
    match kind:
        case "date":
            return _("“%(typed)s” is not a date. Write it like 2026-11-30.")
        case "id":
            return _("“%(typed)s” needs a number, as in in:1234.")
        case "flag":
            return _("“%(typed)s” is not a filter, so it was left out.")
        case _:
            return _("“%(typed)s” is not a filter, so it was searched as words.")


def _not_found(name: str, query: SearchQuery) -> str:
    match name:
        case "author":
            return _("No member is called “%(name)s”.") % {"name": query.author}
        case "board":
            return _("No board has the address “%(name)s”.") % {"name": query.board}
        case "tag":
            return _("No tag has the address “%(name)s”.") % {"name": query.tag}
        case _:
            return _("No post has the number %(number)d.") % {"number": query.branch_id}
