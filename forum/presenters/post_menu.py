"""The menu of a post: links to what a reader can do; the rules are `permissions`'.

What moderators can do is `forum.moderation.offers`.
"""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from forum.models import Post
from forum.models.posts import post_path
from forum.models.threads import Reader
from forum.permissions import can_delete, can_edit, can_report

MenuLink = tuple[str, str]  # address, words


def menu_of(post: Post, reader: Reader) -> list[MenuLink]:
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


def report_of(post: Post, reader: Reader) -> str:
    """Return the address to report a post, if the reader can; visitors log in first."""
    if can_report(reader, post) or not reader.is_authenticated:
        return reverse("post-report", args=[post.pk])
    return ""


def marks_on(post: Post, reader: Reader) -> list[MenuLink]:
    """Return the forms that mark a post as read or unread, by address."""
    if not reader.is_authenticated or not post.is_readable:
        return []
    return [
        (reverse("post-read", args=[post.pk]), _("Mark this branch as read")),
        (reverse("post-unread", args=[post.pk]), _("Mark as unread from here")),
    ]
