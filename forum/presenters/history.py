"""The edit history of a post: each version, and its changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from forum.markup.changes import TextChange, word_diff
from forum.markup.quotes import GAP, without_quoted
from forum.models import ModerationEffect, Post, Quote, Revision, User
from forum.models.moderation import moderator_in_words
from forum.models.visibility import Reader
from forum.permissions import is_moderator_of

# A version and its changes can take some 100 kB.
VERSIONS_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Version:
    """A revision and its changes since the one before; the first one is all `same`."""

    revision: Revision
    changes: list[TextChange]
    editor: str  # of a moderator, what members are told
    reason: str  # of a moderator who changed it
    is_latest: bool  # what the post says now
    is_first: bool  # what its author wrote at first


@dataclass(frozen=True, slots=True)
class History:
    """One page of the versions of a post, the latest first."""

    versions: list[Version]
    has_earlier: bool  # versions that this reader may read

    @property
    def last_number(self) -> int:
        """The number of the page’s last version: the next page has the versions before it."""
        return self.versions[-1].revision.number


def history_of(post: Post, reader: Reader, *, before: int | None = None) -> History:
    """Return the latest versions of a post, or the latest before the number `before`.

    `reader` may read the post. What they may not read elsewhere is left out here too: quoted words
    whose source is removed, quotes that the post no longer has (their sources are not tracked),
    and versions replaced by a moderator's edit.
    """
    is_concerned = _is_concerned(post, reader)
    readable = post.revisions.all() if is_concerned else Revision.objects.for_all(post)
    if before is not None:
        readable = readable.filter(number__lt=before)
    # One more than is shown, for the changes of the last one.
    found = list(
        readable.select_related("editor")
        .defer("source")
        .order_by("-number")[: VERSIONS_PER_PAGE + 1]
    )
    if not found:
        return History([], has_earlier=False)
    latest = found[0] if before is None else post.latest_revision()
    texts = _texts(found, latest, post, reader)
    is_changed = any(revision.editor_id != post.author_id for revision in found)
    reasons = _reasons(post) if is_changed else {}
    versions = [
        Version(
            revision=revision,
            changes=word_diff(earlier, text),
            editor=_editor(revision, post, reader),
            reason=reasons.get(revision.pk, ""),
            is_latest=revision == latest,
            is_first=revision.number == post.number,
        )
        for revision, text, earlier in zip(
            found[:VERSIONS_PER_PAGE], texts, [*texts[1:], texts[-1]], strict=False
        )
    ]
    return History(versions, has_earlier=len(found) > VERSIONS_PER_PAGE)


def first_readable_revision(post: Post, reader: Reader) -> int:
    """Return the number of the first version that this reader may read."""
    return 0 if _is_concerned(post, reader) else Revision.objects.first_for_all(post)


def _is_concerned(post: Post, reader: Reader) -> bool:
    return post.author_id == reader.pk or is_moderator_of(reader, post.thread.board)


def _editor(revision: Revision, post: Post, reader: Reader) -> str:
    """Name whoever wrote a version; a moderator by name to moderators only."""
    name = revision.editor.username
    is_colleague = isinstance(reader, User) and reader.roles.is_moderator
    if revision.editor_id == post.author_id or is_colleague:
        return name
    return capfirst(moderator_in_words(name, post.thread.board.name))


def _reasons(post: Post) -> dict[int, str]:
    """Return the reasons of moderators’ edits by the number of their version."""
    effects = ModerationEffect.objects.filter(kind="post", target_id=post.pk)
    changed = effects.filter(after__has_key="revision").values_list("after", "action__reason")
    return {after["revision"]: reason for after, reason in changed}


def changes_since(number: int, post: Post, reader: Reader) -> list[TextChange]:
    """Return the changes to a post since the revision `number`; empty if there is no such one."""
    known = post.revisions.filter(number=number).first()
    if known is None or known.number < first_readable_revision(post, reader):
        return []
    latest = post.latest_revision()
    before, after = _texts([known, latest], latest, post, reader)
    return word_diff(before, after)


def source_for(post: Post, reader: Reader) -> str:
    """Return a post’s Markdown, or plain text if some quoted words are hidden from `reader`."""
    if post.is_readable and Quote.objects.unreadable_words(post.pk, reader):
        latest = post.latest_revision()
        return _texts([latest], latest, post, reader)[0]
    return post.shown_source


def reported_texts(post: Post, reader: Reader) -> list[str]:
    """Return what a post said each time it was reported, as far as `reader` may read its quotes."""
    revisions = list(post.revisions.filter(pk__in=post.reports.values("revision")))
    if not revisions:
        return []
    return [text for text in _texts(revisions, post.latest_revision(), post, reader) if text]


def _texts(revisions: list[Revision], latest: Revision, post: Post, reader: Reader) -> list[str]:
    """Return the texts of `revisions` as far as `reader` may read them.

    `latest` is the current one. Moderators of the board also read quotes that the post no longer
    has.
    """
    removed = set(Quote.objects.unreadable_words(post.pk, reader))
    quoted_now = set(latest.words_quoted().values())
    is_moderator = bool(is_moderator_of(reader, post.thread.board))

    def is_shown(words: str) -> bool:
        return words not in removed and (is_moderator or words in quoted_now)

    return [_with_quotes(revision, is_shown) for revision in revisions]


def _with_quotes(revision: Revision, is_shown: Callable[[str], bool]) -> str:
    """Return the text of a revision with those of its quotes that are shown."""
    shown = {ordinal for ordinal, words in revision.words_quoted().items() if is_shown(words)}
    left_out = [stretch for stretch in revision.quoted if stretch[2] not in shown]
    return with_gaps_named(without_quoted(revision.plain, left_out))


def with_gaps_named(text: str) -> str:
    """Return `text` with “[a quote]” for each quote that was left out."""
    return GAP.sub(_("[a quote]"), text)
