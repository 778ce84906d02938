"""Forms that are sent twice: with the same text, they get the same response."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Value
from django.utils.translation import gettext as _

from forum.errors import AlreadySent
from forum.lib.text import clean_source, one_line
from forum.models import PendingPost, Post, User


def sent_before(
    author: User, nonce: UUID | None, source: str, *, title: str = ""
) -> Post | PendingPost | None:
    """Return what this form has created already, a post or a pending one; None if nothing.

    Raises `AlreadySent` when the form now has other text.
    """
    if nonce is None:
        return None
    form = {"author": author, "nonce": nonce}
    posted = Post.objects.order_by().filter(**form).values_list("pk", Value("posted"))
    pending = PendingPost.objects.order_by().filter(**form).values_list("pk", Value("pending_post"))
    found = {kind: pk for pk, kind in posted.union(pending, all=True)}
    if "posted" in found:
        return _posted(found["posted"], clean_source(source), one_line(title))
    if "pending_post" in found:
        return _pending_post(found["pending_post"], clean_source(source), one_line(title))
    return None


def _posted(post_id: int, source: str, title: str) -> Post:
    post: Post = Post.objects.select_related("thread").get(pk=post_id)
    is_same_title = not post.is_opening or post.thread.title == title
    if is_same_title and (post.source == source or post.revisions.filter(source=source).exists()):
        return post
    if post.is_opening:
        message = _("You already started a thread from this form. This text isn’t posted yet.")
    else:
        message = _("You already posted a reply from this form. This text isn’t posted yet.")
    raise AlreadySent(message, address=post.get_absolute_url())


def _pending_post(pending_post_id: int, source: str, title: str) -> PendingPost:
    pending = PendingPost.objects.with_context().get(pk=pending_post_id)
    if pending.source == source and pending.title in ("", title):
        return pending
    message = _("What you sent from this form is awaiting review. This text isn’t sent yet.")
    raise AlreadySent(message, address=pending.get_absolute_url())
