"""The menu of a post: links to the posts around it, and to what a reader can do with it.

The rules are those of `forum.permissions`. What moderators can do is `forum.moderation.offers`.
"""

from __future__ import annotations

from typing import NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from forum.models import Post
from forum.models.posts import folded_post_url, post_path, post_url
from forum.models.visibility import Reader
from forum.permissions import can_bookmark, can_delete, can_edit, can_report
from forum.presenters.subscriptions import control_of
from forum.queries.siblings import adjacent_siblings
from forum.queries.subscriptions import enclosing_subscriptions

MenuLink = tuple[str, str]  # address, words


class PostLink(NamedTuple):
    """A link to another post, or to another view of the same one."""

    address: str
    words: str
    relation: str  # scripts find the link by it


def nearby_links(post: Post) -> list[PostLink]:
    """Return links to the posts around this one, and to it with its replies folded."""
    parent = post.parent
    if parent is None:
        return []
    links: list[PostLink] = []
    if not parent.is_opening:
        links.append(PostLink(_url_in_thread_of(post, parent), _("Go to parent"), "parent"))
    previous_post, next_post = adjacent_siblings(post)
    # The author of a removed post is not named.
    name = "" if parent.is_deleted or parent.is_hidden else parent.author.username
    if next_post is not None:
        links.append(PostLink(_url_in_thread_of(post, next_post), _next_reply_to(name), "next"))
    if previous_post is not None:
        url = _url_in_thread_of(post, previous_post)
        links.append(PostLink(url, _previous_reply_to(name), "previous"))
    opening = Post.objects.opening_of(post.thread_id).only("pk", "level", "thread_id").get()
    links.append(PostLink(_url_in_thread_of(post, opening), _("Go to opening post"), "opening"))
    outline_url = f"/t/{post.thread_id}/map/?at=p{post.pk}"
    links.append(PostLink(outline_url, _("Show in outline"), "map"))
    if Post.objects.below(post).not_deleted().exists():
        links.append(PostLink(folded_post_url(post), _("Fold replies"), "fold"))
    return links


def _url_in_thread_of(post: Post, other: Post) -> str:
    other.thread = post.thread
    return post_url(other)


def _next_reply_to(name: str) -> str:
    if not name:
        return _("Next reply to the same post")
    return _("Next reply to %(name)s") % {"name": name}


def _previous_reply_to(name: str) -> str:
    if not name:
        return _("Previous reply to the same post")
    return _("Previous reply to %(name)s") % {"name": name}


def menu_links(post: Post, reader: Reader) -> list[MenuLink]:
    """Return a post's menu, after “Copy link”."""
    links: list[MenuLink] = []
    if not post.is_opening:
        links.append((f"{post_path(post.pk)}branch/?from=p{post.pk}", _("Open this branch")))
    if post.is_readable and post.is_edited:
        links.append((reverse("post-history", args=[post.pk]), _("Edit history")))
    if can_edit(reader, post):
        links.append((reverse("post-edit", args=[post.pk]), _("Edit")))
    if can_delete(reader, post):
        links.append((reverse("post-delete", args=[post.pk]), _("Delete")))
    return links


def inline_links(post: Post, reader: Reader) -> list[MenuLink]:
    """Return links to forms that open under the post; visitors log in to report it."""
    links: list[MenuLink] = []
    if can_bookmark(reader, post):
        links.append((reverse("post-bookmark", args=[post.pk]), _("Bookmark")))
    if post.is_readable and (can_report(reader, post) or not reader.is_authenticated):
        links.append((reverse("post-report", args=[post.pk]), _("Report")))
    return links


def subscription_forms(post: Post, reader: Reader) -> list[MenuLink]:
    """Return the forms that follow or mute a post's branch, by address."""
    if not reader.is_authenticated:
        return []
    return list(control_of(post, enclosing_subscriptions(post, reader)).buttons)


def read_state_forms(post: Post, reader: Reader) -> list[MenuLink]:
    """Return the forms that mark a post as read or unread, by address."""
    if not reader.is_authenticated or not post.is_readable:
        return []
    return [
        (reverse("post-read", args=[post.pk]), _("Mark this branch as read")),
        (reverse("post-unread", args=[post.pk]), _("Mark as unread from here")),
    ]
