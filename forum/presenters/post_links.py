"""Links from a post to those around it: its parent, its siblings, the opening post."""

from __future__ import annotations

from django.utils.translation import gettext as _

from forum.models import Post
from forum.presenters.post_urls import folded_post_url, post_url
from forum.queries.outline import adjacent_siblings

PostLink = tuple[str, str, str]  # address, words, and what scripts know it by


def links_around(post: Post) -> list[PostLink]:
    """Return links to the posts around this one, and to it with its replies folded."""
    ways: list[PostLink] = []
    parent = post.parent
    if parent is not None:
        if not parent.is_opening:
            ways.append((_place(parent, post), _("Go to parent"), "parent"))
        is_there = not (parent.is_deleted or parent.is_hidden)
        before, after = adjacent_siblings(post)
        for way, sibling in (("next", after), ("previous", before)):
            if sibling is not None:
                words = _beside(way, parent.author.username if is_there else "")
                ways.append((_place(sibling, post), words, way))
        opening = Post.objects.opening_of(post.thread_id).only("pk", "level", "thread_id").get()
        ways.append((_place(opening, post), _("Go to opening post"), "opening"))
        place = f"/t/{post.thread_id}/map/?at=p{post.pk}"
        ways.append((place, _("Show in outline"), "map"))
        if Post.objects.below(post).not_deleted().exists():
            ways.append((folded_post_url(post), _("Fold replies"), "fold"))
    return ways


def _place(other: Post, post: Post) -> str:
    other.thread = post.thread
    return post_url(other)


def _beside(way: str, name: str) -> str:
    """Return “Next reply to lina”; the author of a removed post is not named."""
    if way == "next":
        return (
            _("Next reply to %(name)s") % {"name": name}
            if name
            else _("Next reply to the same post")
        )
    if name:
        return _("Previous reply to %(name)s") % {"name": name}
    return _("Previous reply to the same post")
