"""Tagging threads."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from forum.actions.transactions import retrying_transaction
from forum.errors import Invalid
from forum.models import Post, Tag, Thread, User
from forum.models.tags import MAX_TAGS, ThreadTag
from forum.permissions import can_tag


def check_tag_count(tags: Collection[object]) -> None:
    """Raise `Invalid` when these are too many for one thread."""
    if len(tags) > MAX_TAGS:
        raise Invalid(
            _("Choose at most %(most)d tags; these are %(count)d.")
            % {"most": MAX_TAGS, "count": len(tags)},
            field="tags",
        )


def set_tags(thread: Thread, ids: Collection[int]) -> None:
    """Replace the tags of a thread by those of `ids` that exist. The caller holds its lock."""
    ThreadTag.objects.filter(thread=thread).delete()
    found = Tag.objects.filter(pk__in=ids)
    ThreadTag.objects.bulk_create(
        ThreadTag(thread=thread, tag=tag, position=place) for place, tag in enumerate(found, 1)
    )


@retrying_transaction
def tag_thread(thread: Thread, tags: Collection[int], *, actor: User) -> None:
    """Set the tags of one's own thread to those with these ids.

    Raises `Invalid`, `NotAllowed`, `Gone`, `Locked`, `Suspended` or `Busy`.
    """
    check_tag_count(tags)
    thread = Thread.objects.locked(thread.pk)
    opening = Post.objects.opening_of(thread.pk).get()
    opening.thread = thread
    can_tag(actor, opening).enforce()
    set_tags(thread, tags)
