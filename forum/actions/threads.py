"""Starting threads and changing their titles."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from forum.actions.drafts import forget_draft, sent_before
from forum.actions.posts import Check, PreparedPost, prepare_post, publish
from forum.actions.tags import check_tag_count, set_tags
from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict, Invalid
from forum.lib.scripts import count_graphemes
from forum.lib.text import is_blank, one_line
from forum.models import Board, PendingPost, Post, Thread, TitleChange, User
from forum.models.drafts import Purpose
from forum.models.threads import TITLE_CODE_POINTS, TITLE_LENGTH, slug_of
from forum.permissions import can_change_title, can_start_thread


def start_thread(
    board: Board,
    *,
    author: User,
    title: str,
    source: str,
    nonce: UUID | None = None,
    quoted_post_ids: Iterable[int] = (),
    tag_ids: Collection[int] = (),
    draft_version: int | None = None,
) -> Thread:
    """Start a thread with its opening post and return the thread. `source` is Markdown.

    Raises what `prepare_post` and `publish_thread` raise; nothing is written then.
    """
    title = clean_title(title)
    prepared = prepare_post(source, author=author, quoted_post_ids=quoted_post_ids)
    opening = publish_thread(
        board,
        title,
        prepared,
        author=author,
        nonce=nonce,
        tag_ids=tag_ids,
        draft_version=draft_version,
    )
    assert isinstance(opening, Post)
    return opening.thread


def clean_title(title: str) -> str:
    """Return a title as one line; raises `Invalid` when it is empty or too long."""
    title = one_line(title)
    if is_blank(title):
        raise Invalid(_("Enter a title."), field="title")
    count = count_graphemes(title)
    if count > TITLE_LENGTH or len(title) > TITLE_CODE_POINTS:
        raise Invalid(
            _("A title can have at most %(most)d characters; this one has %(count)d.")
            % {"most": TITLE_LENGTH, "count": count if count > TITLE_LENGTH else len(title)},
            field="title",
        )
    return title


@retrying_transaction
def publish_thread(
    board: Board,
    title: str,
    prepared: PreparedPost,
    *,
    author: User,
    nonce: UUID | None = None,
    tag_ids: Collection[int] = (),
    draft_version: int | None = None,
    check: Check | None = None,
) -> Post | PendingPost:
    """Insert a thread with its opening post, delete its draft, and return the opening post.

    `title` is clean. Of `tag_ids`, those of tags that are gone are left out. `nonce` identifies
    the form: sent twice, it returns the post made the first time, or the pending one; with other
    text `AlreadySent` is raised. `draft_version` is the version of the draft that the author has
    seen. Raises `Invalid` for too many tags, `Locked`, `LoggedOut`, `Suspended`, `Busy`, or what
    `check` raises.
    """
    if sent := sent_before(author, nonce, prepared.source, title=title):
        return sent
    check_tag_count(tag_ids)
    can_start_thread(author, board).enforce()
    if check:
        check()
    thread = Thread.objects.create(board=board, title=title, slug=slug_of(title), author=author)
    Thread.objects.lock(thread.pk)
    forget_draft(
        Purpose(board_id=board.pk),
        member=author,
        source=prepared.source,
        nonce=nonce,
        version=draft_version,
    )
    if tag_ids:
        set_tags(thread, tag_ids)
    return publish(Post(thread=thread, author=author, nonce=nonce), prepared)


@retrying_transaction
def change_title(
    thread: Thread, title: str, *, actor: User, before: str, check: Check | None = None
) -> Thread:
    """Change the title of one's own thread and return it; its old addresses lead to it.

    `title` is clean, and `before` is the title that the form has shown. Raises `Conflict` when it
    was changed since, `NotAllowed`, `Gone`, `Locked`, `Suspended`, `Busy`, or what `check` raises.
    """
    thread = Thread.objects.locked(thread.pk)
    opening = Post.objects.opening_of(thread.pk).get()
    opening.thread = thread
    can_change_title(actor, opening).enforce()
    if title == thread.title:
        return thread
    if before != thread.title:
        raise Conflict(_("The title was changed after you opened this form."))
    if check:
        check()
    TitleChange.objects.create(thread=thread, before=before)
    thread.title, thread.slug = title, slug_of(title)
    thread.save(update_fields=["title", "slug"])
    return thread
