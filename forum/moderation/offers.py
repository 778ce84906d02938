"""Links to the pages of moderation actions, for those who can take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from forum.models import Case, Post, User
from forum.models.visibility import Reader
from forum.moderation.base import Action
from forum.moderation.registry import actions_on
from forum.moderation.targets import Target, TargetKind, kind_of
from forum.permissions import can_moderate


class ActionLink(NamedTuple):
    """A link to the page of an action."""

    address: str
    text: str
    key: str = ""  # for it in the review queue
    is_severe: bool = False


class LinkGroup(NamedTuple):
    """Links to actions, under a heading."""

    heading: str
    links: list[ActionLink]


def action_url(
    action: Action[Any], target: Target, back: str = "", case: Case | None = None
) -> str:
    """Return the page that asks before an action on one target, and leads `back` afterwards.

    With the `case` that leads there, it can lead on to the next one.
    """
    name = target.username if isinstance(target, User) else target.pk
    page = reverse(f"{action.kind.kind}-{action.slug}", args=[name])
    query = ({"next": back} if back else {}) | ({"case": case.pk} if case else {})
    return f"{page}?{urlencode(query)}" if query else page


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


def links_on(
    target: Target, reader: Reader, back: str = "", case: Case | None = None
) -> list[LinkGroup]:
    """Return links to the actions that `reader` can apply to a target now, in groups."""
    actions = offered_actions(target, reader)
    return _in_groups(
        [each for each in actions if each.is_for_cases or case is None], target, back, case
    )


def _in_groups(
    actions: Sequence[Action[Any]], target: Target, back: str = "", case: Case | None = None
) -> list[LinkGroup]:
    groups: dict[str, list[ActionLink]] = {}
    for action in actions:
        link = ActionLink(
            action_url(action, target, back, case),
            str(action.button),
            action.queue_key,
            is_severe=action.is_severe,
        )
        groups.setdefault(str(action.group or action.kind.title), []).append(link)
    return [LinkGroup(heading, links) for heading, links in groups.items()]


def links_on_post(post: Post, reader: Reader) -> list[LinkGroup]:
    """Return the moderators' part of a post's menu; an opening post has the thread's too.

    Then come the actions on its author that are wanted where the post is read.
    """
    if not can_moderate(reader, post.thread.board):
        return []
    groups = links_on(post, reader)
    if post.is_opening:
        groups += links_on(post.thread, reader)
    on_author = offered_actions(post.author, reader)
    groups += _in_groups([each for each in on_author if each.is_in_post_menu], post.author)
    return [*groups, _in_admin("forum_post", post.pk)]


def links_on_member(member: User, reader: Reader) -> list[LinkGroup]:
    """Return the links that moderators see on a member's profile."""
    groups = links_on(member, reader)
    if groups and isinstance(reader, User) and reader.roles.is_site_moderator:
        groups.append(_in_admin("forum_user", member.pk))
    return groups


def _in_admin(model: str, pk: int) -> LinkGroup:
    page = reverse(f"admin:{model}_change", args=[pk])
    return LinkGroup(_("Admin"), [ActionLink(page, _("Open in admin"))])
