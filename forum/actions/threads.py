"""Starting conversations."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from forum.actions.posts import publish, rendered_post, sent_before
from forum.actions.quotes import Found, find_sources
from forum.actions.transactions import deed
from forum.lib.text import clean_source, is_blank
from forum.markup.render import Rendered
from forum.models import Board, Post, Thread, User
from forum.models.threads import TITLE_LENGTH, slug_of
from forum.permissions import may_start_thread
from forum.refusals import Invalid


def start_thread(
    board: Board,
    *,
    author: User,
    title: str,
    source: str,
    nonce: UUID | None = None,
    pointed_at: Iterable[int] = (),
) -> Thread:
    """Start a thread with its opening post; returns the thread.

    `title` is plain text, `source` Markdown; `nonce` identifies the form: sent twice, the first
    thread is returned. Raises `Invalid`, `Locked`, `SignedOut`, `Suspended` or `Busy`.
    """
    title = clean_title(title)
    rendered = rendered_post(source)
    found = find_sources(rendered.quotes, reader=author, parent=None, pointed_at=pointed_at)
    return _start_thread(board, author, title, clean_source(source), rendered, found, nonce)


def clean_title(title: str) -> str:
    """One line of text; raises `Invalid` when that is empty or too long."""
    title = " ".join(clean_source(title).split())
    if is_blank(title):
        raise Invalid(_("A thread needs a title."))
    if len(title) > TITLE_LENGTH:
        raise Invalid(
            _("A title has at most %(most)d characters; this one has %(count)d.")
            % {"most": TITLE_LENGTH, "count": len(title)}
        )
    return title


@deed
def _start_thread(
    board: Board,
    author: User,
    title: str,
    source: str,
    rendered: Rendered,
    found: list[Found],
    nonce: UUID | None,
) -> Thread:
    if sent := sent_before(author, nonce):
        return sent.thread
    may_start_thread(author, board).enforce()
    thread = Thread.objects.create(board=board, title=title, slug=slug_of(title), author=author)
    Thread.objects.lock(thread.pk)
    post = Post(thread=thread, author=author, nonce=nonce)
    publish(post, source, rendered, found)
    return thread
