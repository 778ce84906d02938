"""Forms that were sent before: with the same words they are answered the same, never twice."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from forum.errors import AlreadySent
from forum.lib.text import clean_source, one_line
from forum.models import HeldPost, Post, User


def posted_before(author: User, nonce: UUID | None, source: str, *, title: str = "") -> Post | None:
    """Return the post that this form has made already; None when it has made none.

    Raises `AlreadySent` when the form says something else now.
    """
    if nonce is None:
        return None
    post = Post.objects.select_related("thread").filter(author=author, nonce=nonce).first()
    if post is None:
        return None
    is_same_title = not post.is_opening or post.thread.title == one_line(title)
    source = clean_source(source)
    if is_same_title and (post.source == source or post.revisions.filter(source=source).exists()):
        return post
    if post.is_opening:
        message = _("You’ve already started a thread from this form. This text isn’t posted yet.")
    else:
        message = _("You’ve already posted a reply from this form. This text isn’t posted yet.")
    raise AlreadySent(message, address=post.get_absolute_url())


def held_before(
    author: User, nonce: UUID | None, source: str, *, title: str = ""
) -> HeldPost | None:
    """Return what this form has sent to the moderators already; None when it has sent nothing.

    Raises `AlreadySent` when the form says something else now.
    """
    if nonce is None:
        return None
    held = HeldPost.objects.with_context().filter(author=author, nonce=nonce).first()
    if held is None:
        return None
    if held.source == clean_source(source) and held.title in ("", one_line(title)):
        return held
    message = _("What you sent from this form went to the moderators. This text isn’t sent yet.")
    raise AlreadySent(message, address=held.get_absolute_url())
