"""The history of a post: each wording, and what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from forum.markup.changes import Change, word_diff
from forum.markup.quotes import find
from forum.markup.render import render
from forum.models import Post, Quote, Revision
from forum.models.threads import Reader
from forum.permissions import moderates


@dataclass(frozen=True, slots=True)
class Version:
    """A revision and how it differs from the one before; the first one is all `same`."""

    revision: Revision
    changes: list[Change]


def history_of(post: Post, reader: Reader) -> list[Version]:
    """The versions of a post, the latest first; `reader` may read the post.

    What they may not read elsewhere they do not read here: quoted words whose source is removed
    are left out, and so are quotes that the post no longer has, whose sources nobody keeps.
    """
    revisions = list(post.revisions.select_related("editor"))
    texts = _texts(revisions, post, reader)
    versions = [Version(revisions[0], word_diff(texts[0], texts[0]))]
    for (_first, before), (revision, after) in pairwise(zip(revisions, texts, strict=True)):
        versions.append(Version(revision, word_diff(before, after)))
    return versions[::-1]


def changes_since(number: int, post: Post, reader: Reader) -> list[Change]:
    """What changed in a post since its revision of that number; empty when it has none such."""
    known = post.revisions.filter(number=number).first()
    if known is None:
        return []
    before, after = _texts([known, post.latest_revision()], post, reader)
    return word_diff(before, after)


def _texts(revisions: list[Revision], post: Post, reader: Reader) -> list[str]:
    """Their words, as far as `reader` may read them; the last is what the post says now."""
    if moderates(reader, post.thread.board):
        return [revision.plain for revision in revisions]
    removed = Quote.objects.unreadable_words(post, reader)
    shown = {block.words for block in render(revisions[-1].source).quotes} - set(removed)
    return [_without_other_quotes(revision, shown) for revision in revisions]


def _without_other_quotes(revision: Revision, shown: set[str]) -> str:
    text = revision.plain
    for block in render(revision.source).quotes:
        place = None if block.words in shown else find(block.words, text)
        if place:
            start, length = place
            text = text[:start] + _("[a quote]") + text[start + length :]
    return text
