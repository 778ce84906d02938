"""A member's drafts: shown at their place in a thread, and listed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import NamedTuple, Protocol

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.lib.text import excerpt
from forum.models import Draft, Thread, User
from forum.models.visibility import Reader
from forum.permissions import PermissionResult, can_edit, can_reply_to, can_start_thread
from forum.presenters.compiled_templates import CompiledTemplate
from forum.presenters.editable_source import masked_for
from forum.presenters.pending_posts import line_of
from forum.presenters.received_mail import left_out_line

DRAFT_EXCERPT_LENGTH = 200  # characters

OFFER_TEMPLATE = CompiledTemplate("drafts/_offer.html")


class OfferVariant(NamedTuple):
    """The variants of `drafts/_offer.html`."""

    is_edit: bool
    is_away: bool  # at the head of the thread: its place is on another page


class OfferLine(Protocol):
    """One line of HTML; its place may be on another page."""

    def __call__(self, *, is_away: bool) -> str: ...


class Offers:
    """A reader's drafts and pending posts in a thread, and notes on their mail, one line each."""

    def __init__(self, thread: Thread) -> None:
        self._by_post: dict[int, list[OfferLine]] = {}
        for draft in reversed(thread.drafts):
            self._add(draft["parent"] or draft["post"], partial(_line, draft))
        for pending in thread.pending_posts:
            self._add(pending["parent"] or pending["edits"], partial(line_of, pending))
        for mail in thread.received_mail:
            self._add(mail["post"], partial(left_out_line, mail))

    def _add(self, post_id: int, line: OfferLine) -> None:
        self._by_post.setdefault(post_id, []).append(line)

    def at(self, post_id: int) -> SafeString:
        """Return the lines of drafts that belong below a post."""
        return _html([line(is_away=False) for line in self._by_post.get(post_id, ())])

    def away_from(self, shown: Collection[int]) -> SafeString:
        """Return the lines of drafts whose post is not shown."""
        away = [
            line(is_away=True)
            for post_id, lines in self._by_post.items()
            if post_id not in shown
            for line in lines
        ]
        return _html(away)


def _html(lines: list[str]) -> SafeString:
    return mark_safe("".join(lines))  # noqa: S308 (escaped here and in the template)


def _line(draft: dict[str, object], *, is_away: bool) -> str:
    is_edit = draft["parent"] is None
    words = int(str(draft["words"] or 0))
    shown = f"{words:,}+" if draft["is_long"] else str(words)
    count = ngettext("%(count)s word", "%(count)s words", words) % {"count": shown}
    return OFFER_TEMPLATE.fill(
        OfferVariant(is_edit, is_away),
        {
            "id": str(draft["id"]),
            "post": str(draft["post"] if is_edit else draft["parent"]),
            "what": escape(_purpose_at_post(is_edit=is_edit, name=draft["name"])),
            "words": count,
        },
    )


def _purpose_at_post(*, is_edit: bool, name: object) -> str:
    """Return “Your reply to lina”, without the name if the reader can no longer read the post."""
    if is_edit:
        return _("Draft edit of this post")
    if not name:
        return _("Draft reply to a removed post")
    return _("Draft reply to %(name)s") % {"name": name}


@dataclass(frozen=True, slots=True)
class DraftEntry:
    """A draft in the list of all drafts."""

    draft: Draft
    purpose: str  # “Draft reply to lina”
    thread: Thread | None  # which the reader may see
    state: str  # why it cannot be posted now
    text: str
    excerpt: str


def draft_entries(drafts: Collection[Draft], reader: User) -> list[DraftEntry]:
    """Return all drafts with their places and states.

    One query, and two for each edit of a post with quotes.
    """
    threads = {draft.thread.pk for draft in drafts if draft.thread}
    visible = set(
        Thread.objects.visible_to(reader).filter(pk__in=threads).values_list("pk", flat=True)
    )
    return [_draft_entry(draft, reader, visible) for draft in drafts]


def _readable_text(draft: Draft, reader: Reader) -> str:
    """Return the text of a draft, without quotes that the member may no longer read."""
    return masked_for(reader, draft.source, draft.post_id) if draft.post_id else draft.source


def _draft_entry(draft: Draft, reader: User, visible: Collection[int]) -> DraftEntry:
    thread = draft.thread if draft.thread and draft.thread.pk in visible else None
    permission = _permission(draft, reader) if thread or draft.board else None
    state = _("What this was for no longer exists.") if permission is None else ""
    if permission is not None and permission.error:
        state = str(permission.error.message)
    text = _readable_text(draft, reader)
    return DraftEntry(
        draft=draft,
        purpose=_purpose(draft) if thread or draft.board else _("Draft"),
        thread=thread,
        state=state,
        text=text,
        excerpt=excerpt(text, DRAFT_EXCERPT_LENGTH),
    )


def _purpose(draft: Draft) -> str:
    if draft.board:
        return _("Thread in %(board)s") % {"board": draft.board.name}
    if draft.post:
        return _("Draft edit of your post")
    name = draft.parent.author.username if draft.parent and draft.is_parent_readable else ""
    return _purpose_at_post(is_edit=False, name=name)


def _permission(draft: Draft, reader: Reader) -> PermissionResult:
    """Return whether the draft could be posted now."""
    if draft.parent:
        return can_reply_to(reader, draft.parent)
    if draft.post:
        return can_edit(reader, draft.post)
    assert draft.board
    return can_start_thread(reader, draft.board)
