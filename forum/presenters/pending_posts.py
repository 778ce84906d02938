"""Pending posts, as their authors and moderators see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from django.utils.translation import gettext as _

from forum.actions.posts import prepare_post
from forum.errors import Invalid
from forum.models import (
    ModerationAction,
    ModerationEffect,
    PendingPost,
    ReviewRule,
    Tag,
    Thread,
    User,
)
from forum.permissions import can_appeal, can_withdraw
from forum.presenters.compiled_templates import CompiledTemplate
from forum.presenters.preview import Preview, preview

LINE_TEMPLATE = CompiledTemplate("pending_posts/_line.html")


class LineVariant(NamedTuple):
    """The variants of `pending_posts/_line.html`."""

    is_edit: bool
    is_away: bool  # at the head of the thread: its place is on another page


def line_of(line: Mapping[str, object], *, is_away: bool) -> str:
    """Return the line of a reader's own pending post; `line` is of `PendingPostQuerySet.lines`."""
    variant = LineVariant(line["edits"] is not None, is_away)
    values = {"id": str(line["id"]), "words": escape(str(line["excerpt"]))}
    return LINE_TEMPLATE.fill(variant, values)


@dataclass(frozen=True, slots=True)
class PendingPostEntry:
    """A pending post as its author's list shows it."""

    pending_post: PendingPost
    purpose: str  # “Thread in Gardens”
    state: str
    thread: Thread | None  # where, if the reader may know its title
    decided: ModerationAction | None  # the entry of the log that ended it


def pending_post_entries(listed: Iterable[PendingPost], reader: User) -> list[PendingPostEntry]:
    """Return pending posts with the decisions of moderators; at most three queries."""
    found = list(listed)
    threads = _threads_of(found, reader)
    kind = ModerationEffect.Kind.PENDING_POST
    owners = ModerationEffect.objects.owners(kind, [pending.pk for pending in found], "state")
    actions = ModerationAction.objects.in_bulk(set(owners.values()))
    return [
        PendingPostEntry(
            pending,
            _purpose(pending),
            _state(pending),
            threads.get(pending.pk),
            actions.get(owners.get(pending.pk, 0)),
        )
        for pending in found
    ]


def _threads_of(found: Iterable[PendingPost], reader: User) -> dict[int, Thread]:
    """Return the threads of pending posts by the ids of these, where `reader` may see them."""
    there = {pending.pk: pending.thread.pk for pending in found if pending.thread}
    threads = Thread.objects.visible_to(reader).in_bulk(set(there.values()))
    return {pk: threads[thread] for pk, thread in there.items() if thread in threads}


@dataclass(frozen=True, slots=True)
class PendingPostPage:
    """One pending post for one reader."""

    entry: PendingPostEntry
    is_own: bool
    text: Preview | None  # none when it is no post as it stands
    why: str
    tags: list[Tag]
    can_withdraw: bool
    can_appeal: bool


def pending_post_page(pending: PendingPost, reader: User) -> PendingPostPage:
    (entry,) = pending_post_entries([pending], reader)
    is_own = pending.author_id == reader.pk
    return PendingPostPage(
        entry=entry,
        is_own=is_own,
        text=text_of_pending_post(pending, reader),
        why=_explanation(pending) if is_own else pending.why,
        tags=list(Tag.objects.main().filter(pk__in=pending.tag_ids)) if pending.tag_ids else [],
        can_withdraw=bool(can_withdraw(reader, pending))
        and pending.state != PendingPost.State.WITHDRAWN,
        can_appeal=bool(is_own and entry.decided and can_appeal(reader, entry.decided)),
    )


def text_of_pending_post(pending: PendingPost, reader: User) -> Preview | None:
    """Preview a pending post; quoted text that `reader` cannot read is left out."""
    parent = pending.edits.parent if pending.edits else pending.parent
    try:
        prepared = prepare_post(
            pending.source,
            author=reader,
            parent=parent,
            quoted_post_ids=pending.quoted_post_ids,
            exclude=pending.edits,
        )
    except Invalid:
        return None
    return preview(prepared, author=reader, parent=parent, edits=pending.edits)


def _purpose(pending: PendingPost) -> str:
    if pending.edits:
        return _("Edit of a post")
    if pending.parent:
        return _("Reply")
    if pending.board:
        return _("Thread in %(board)s") % {"board": pending.board.name}
    return _("Thread")


def _state(pending: PendingPost) -> str:
    match pending.state:
        case PendingPost.State.WAITING:
            return _("awaiting review")
        case PendingPost.State.APPROVED:
            return _("published")
        case PendingPost.State.REJECTED:
            return _("not published")
    return _("withdrawn")


def _explanation(pending: PendingPost) -> str:
    """Explain to its author why a post is pending, without the word that a rule looks for."""
    match pending.kind:
        case ReviewRule.Kind.FIRST:
            return _("The first posts of new members need review.")
        case ReviewRule.Kind.PACE:
            return _("You posted a lot in a short time.")
        case ReviewRule.Kind.LINKS | ReviewRule.Kind.DOMAINS:
            return _("Some links need review before others can see them.")
    return _("Some words need review before others can see them.")
