"""The history of a post: each wording, and what it changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext as _

from forum.markup.changes import Change, word_diff
from forum.markup.quotes import GAP, without_quoted
from forum.models import ModerationEffect, Post, Quote, Revision
from forum.models.threads import Reader
from forum.permissions import moderates


@dataclass(frozen=True, slots=True)
class Version:
    """A revision and how it differs from the one before; the first one is all `same`."""

    revision: Revision
    changes: list[Change]
    reason: str  # of a moderator who changed it
    is_first: bool  # what its author wrote at first


def history_of(post: Post, reader: Reader) -> list[Version]:
    """The versions of a post, the latest first; `reader` may read the post.

    What they may not read elsewhere they do not read here: quoted words whose source is removed
    are left out, and so are quotes that the post no longer has, whose sources nobody keeps; and
    versions that a moderator's took the place of, for whoever may not see these.
    """
    every = list(post.revisions.select_related("editor"))
    changed = [n for n, revision in enumerate(every) if revision.editor_id != post.author_id]
    revisions = every if _is_concerned(post, reader) or not changed else every[changed[-1] :]
    texts = _texts(revisions, post, reader)
    reasons = _reasons(post) if changed else {}
    changes = [word_diff(texts[0], texts[0]), *(word_diff(*pair) for pair in pairwise(texts))]
    return [
        Version(revision, change, reasons.get(revision.pk, ""), revision is every[0])
        for revision, change in zip(revisions, changes, strict=True)
    ][::-1]


def first_for(post: Post, reader: Reader) -> int:
    """The number of the first version that this reader may read."""
    return 0 if _is_concerned(post, reader) else Revision.objects.first_for_all(post)


def _is_concerned(post: Post, reader: Reader) -> bool:
    return post.author_id == reader.pk or moderates(reader, post.thread.board)


def _reasons(post: Post) -> dict[int, str]:
    """Why moderators changed what the post says, by the version that they wrote."""
    effects = ModerationEffect.objects.filter(kind="post", target_id=post.pk)
    changed = effects.filter(after__has_key="revision").values_list("after", "action__reason")
    return {after["revision"]: reason for after, reason in changed}


def changes_since(number: int, post: Post, reader: Reader) -> list[Change]:
    """What changed in a post since its revision of that number; empty when it has none such."""
    known = post.revisions.filter(number=number).first()
    if known is None or known.number < first_for(post, reader):
        return []
    before, after = _texts([known, post.latest_revision()], post, reader)
    return word_diff(before, after)


def words_for(post: Post, reader: Reader) -> str:
    """A post's Markdown, to be looked at; plain, without those words, when it quotes any that
    `reader` may not read."""
    if post.is_readable and Quote.objects.unreadable_words(post, reader):
        return _texts([post.latest_revision()], post, reader)[0]
    return post.shown_source


def _texts(revisions: list[Revision], post: Post, reader: Reader) -> list[str]:
    """Their words, as far as `reader` may read them; the last is what the post says now.

    Who keeps order in the board reads the quotes that the post no longer has, too.
    """
    removed = set(Quote.objects.unreadable_words(post, reader))
    latest = set(revisions[-1].words_quoted().values())
    is_moderator = bool(moderates(reader, post.thread.board))

    def is_shown(words: str) -> bool:
        return words not in removed and (is_moderator or words in latest)

    return [_with_quotes(revision, is_shown) for revision in revisions]


def _with_quotes(revision: Revision, is_shown: Callable[[str], bool]) -> str:
    """What a revision says, with those of its quotes that are shown."""
    shown = {ordinal for ordinal, words in revision.words_quoted().items() if is_shown(words)}
    left_out = [stretch for stretch in revision.quoted if stretch[2] not in shown]
    return with_gaps_named(without_quoted(revision.plain, left_out))


def with_gaps_named(text: str) -> str:
    """`text` with a word for each quote that is blotted out in it."""
    return GAP.sub(_("[a quote]"), text)
