"""Links to the pages of moderation actions, for those who can take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from forum.models import Post, User
from forum.models.threads import Reader
from forum.moderation.base import Action
from forum.moderation.registry import actions_on
from forum.moderation.targets import Target, TargetKind, kind_of
from forum.permissions import can_moderate

ActionLink = tuple[str, str]  # address, text


def action_url(action: Action[Any], target: Target, back: str = "") -> str:
    """Return the page that asks before an action on one target, and leads `back` afterwards."""
    name = target.username if isinstance(target, User) else target.pk
    page = reverse(f"{action.kind.kind}-{action.slug}", args=[name])
    return f"{page}?{urlencode({'next': back})}" if back else page


def page_of_several(action: Action[Any], ids: Sequence[int], back: str = "") -> str:
    """Return the page that asks before an action on several targets."""
    page = reverse("moderate", args=[action.kind.kind, action.slug])
    query = {"id": ids} | ({"next": back} if back else {})
    return f"{page}?{urlencode(query, doseq=True)}"


def offered_actions(target: Target, reader: Reader) -> list[Action[Any]]:
    """Return the actions that `reader` can apply to a target now."""
    return [
        action
        for action in actions_on(kind_of(target))
        if action.permission(reader, target) and action.is_applicable(target)
    ]


def bulk_actions(kind: TargetKind) -> list[Action[Any]]:
    """Return the actions that can be applied to several targets at once."""
    return [action for action in actions_on(kind) if not action.is_for_one]


def links_on(target: Target, reader: Reader, back: str = "") -> list[ActionLink]:
    """Return links to the actions that `reader` can apply to a target now."""
    return [
        (action_url(action, target, back), str(action.button))
        for action in offered_actions(target, reader)
    ]


def links_on_post(post: Post, reader: Reader) -> list[ActionLink]:
    """Return the moderators' part of a post's menu; an opening post has the thread's too.

    Last are those on its author that are wanted where the post is read.
    """
    if not can_moderate(reader, post.thread.board):
        return []
    links = links_on(post, reader)
    if post.is_opening:
        links += links_on(post.thread, reader)
    links += [
        (action_url(action, post.author), str(action.button))
        for action in offered_actions(post.author, reader)
        if action.is_in_post_menu
    ]
    return [*links, (reverse("admin:forum_post_change", args=[post.pk]), _("Open in admin"))]


def links_on_member(member: User, reader: Reader) -> list[ActionLink]:
    """Return the links that moderators see on a member's profile."""
    links = links_on(member, reader)
    if links and isinstance(reader, User) and reader.roles.is_site_moderator:
        links.append((reverse("admin:forum_user_change", args=[member.pk]), _("Open in admin")))
    return links
