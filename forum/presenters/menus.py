"""What this reader can do with a post or a thread, as links; the rules are `permissions`'."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from forum.models import Post, Thread, User
from forum.models.posts import post_path
from forum.models.threads import Reader
from forum.permissions import may_delete, may_edit, may_moderate, may_report, may_suspend

Link = tuple[str, str]  # address, words


def menu_of(post: Post, reader: Reader) -> list[Link]:
    """A post's menu, after “Copy link”."""
    links: list[Link] = []
    if not post.is_opening:
        links.append((f"{post_path(post.pk)}branch/?from=p{post.pk}", _("This branch by itself")))
    if post.is_readable and post.is_edited:
        links.append((reverse("post-history", args=[post.pk]), _("Earlier versions")))
    if may_edit(reader, post):
        links.append((reverse("post-edit", args=[post.pk]), _("Edit")))
    if may_delete(reader, post):
        links.append((reverse("post-delete", args=[post.pk]), _("Delete")))
    if may_moderate(reader, post.thread.board) and not post.is_deleted:
        if post.is_hidden:
            links.append((reverse("post-unhide", args=[post.pk]), _("Unhide")))
        else:
            links.append((reverse("post-hide", args=[post.pk]), _("Hide")))
        if post.is_opening:
            links += deeds_of(post.thread, reader)
    if may_moderate(reader, post.thread.board):
        links.append((reverse("admin:forum_post_change", args=[post.pk]), _("Open in admin")))
    return links


def report_of(post: Post, reader: Reader) -> str:
    """Where this reader reports a post, if they may; visitors sign in first."""
    if may_report(reader, post) or not reader.is_authenticated:
        return reverse("post-report", args=[post.pk])
    return ""


def marks_on(post: Post, reader: Reader) -> list[Link]:
    """What a member can say of having seen a post: forms, by their address."""
    if not reader.is_authenticated or not post.is_readable:
        return []
    return [
        (reverse("post-read", args=[post.pk]), _("Mark this branch as read")),
        (reverse("post-unread", args=[post.pk]), _("Mark as new from here")),
    ]


def deeds_of(thread: Thread, reader: Reader) -> list[Link]:
    """What moderators can do with a thread."""
    if not may_moderate(reader, thread.board):
        return []
    lock = ("thread-unlock", _("Unlock")) if thread.is_locked else ("thread-lock", _("Lock"))
    pin = ("thread-unpin", _("Unpin")) if thread.is_pinned else ("thread-pin", _("Pin"))
    return [(reverse(name, args=[thread.pk]), words) for name, words in (lock, pin)]


def deeds_with(person: User, reader: Reader) -> list[Link]:
    """What moderators can do with a member."""
    if not may_suspend(reader, person):
        return []
    page = reverse("admin:forum_user_change", args=[person.pk])
    if person.suspended_at:
        deed = (reverse("person-lift", args=[person.username]), _("Lift the suspension"))
    else:
        deed = (reverse("person-suspend", args=[person.username]), _("Suspend"))
    return [deed, (page, _("Open in admin"))]
