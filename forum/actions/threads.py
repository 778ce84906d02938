"""Starting conversations."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from forum.actions.drafts import forget_draft
from forum.actions.posts import publish, rendered_post
from forum.actions.quotes import Found, find_sources
from forum.actions.sent_forms import posted_before
from forum.actions.transactions import retrying_transaction
from forum.errors import Invalid
from forum.lib.text import clean_source, is_blank, one_line
from forum.markup.render import Rendered
from forum.models import Board, Post, Thread, User
from forum.models.drafts import Purpose
from forum.models.threads import TITLE_LENGTH, slug_of
from forum.permissions import can_start_thread


def start_thread(
    board: Board,
    *,
    author: User,
    title: str,
    source: str,
    nonce: UUID | None = None,
    pointed_at: Iterable[int] = (),
    draft_version: int | None = None,
) -> Thread:
    """Start a thread with its opening post; returns the thread. Its draft goes with that.

    `title` is plain text, `source` Markdown; `nonce` identifies the form: sent twice, the first
    thread is returned, and with other words `AlreadySent` is raised; `draft_version` is that of
    the draft that the author has seen. Raises `Invalid`, `Locked`, `SignedOut`, `Suspended` or
    `Busy`.
    """
    title = clean_title(title)
    rendered = rendered_post(source)
    found = find_sources(rendered, reader=author, parent=None, pointed_at=pointed_at)
    return _start_thread(
        board, author, title, clean_source(source), rendered, found, nonce, draft_version
    )


def clean_title(title: str) -> str:
    """One line of text; raises `Invalid` when that is empty or too long."""
    title = one_line(title)
    if is_blank(title):
        raise Invalid(_("A thread needs a title."), field="title")
    if len(title) > TITLE_LENGTH:
        raise Invalid(
            _("A title has at most %(most)d characters; this one has %(count)d.")
            % {"most": TITLE_LENGTH, "count": len(title)},
            field="title",
        )
    return title


@retrying_transaction
def _start_thread(
    board: Board,
    author: User,
    title: str,
    source: str,
    rendered: Rendered,
    found: list[Found],
    nonce: UUID | None,
    draft_version: int | None,
) -> Thread:
    if sent := posted_before(author, nonce, source, title=title):
        return sent.thread
    can_start_thread(author, board).enforce()
    thread = Thread.objects.create(board=board, title=title, slug=slug_of(title), author=author)
    Thread.objects.lock(thread.pk)
    post = Post(thread=thread, author=author, nonce=nonce)
    forget_draft(
        Purpose(board_id=board.pk),
        member=author,
        source=source,
        nonce=nonce,
        version=draft_version,
    )
    publish(post, source, rendered, found)
    return thread
