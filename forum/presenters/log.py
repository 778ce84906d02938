"""The moderation log in words, for everybody: nothing in it is for moderators alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.actions.undo import Undone
from forum.models import ModerationAction, ModerationEffect, User
from forum.models.acts import RULES, Act
from forum.models.posts import post_path
from forum.models.threads import Reader

# Of an act about more posts than these, the first are linked.
MOST_LINKED = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One act as `reader` is told of it."""

    action: ModerationAction
    actor: str
    posts: str  # “78 posts”; empty for one
    is_undone: bool


def entries_of(actions: Iterable[ModerationAction], reader: Reader) -> list[Entry]:
    """These acts, asked for `with_targets`, in words."""
    return [entry_of(action, reader) for action in actions]


def entry_of(action: ModerationAction, reader: Reader) -> Entry:
    posts = ngettext("%(count)d post", "%(count)d posts", action.posts) % {"count": action.posts}
    return Entry(
        action,
        _actor(action, reader),
        posts if action.posts > 1 else "",
        hasattr(action, "undone_by"),
    )


def _actor(action: ModerationAction, reader: Reader) -> str:
    """Which moderator it was is told to moderators; it is the forum that acts."""
    is_colleague = isinstance(reader, User) and reader.roles.is_moderator
    return action.actor.username if is_colleague else _("A moderator")


def with_undo(said: str, action: ModerationAction | None) -> SafeString:
    """What was just done, with a link that undoes it, if it left a record and has an inverse."""
    if action is None or RULES[Act(action.act)].is_irreversible:
        return format_html("{}", said)
    undo = reverse("log-undo", args=[action.pk])
    return format_html('{} <a href="{}">{}</a>', said, undo, _("Undo"))


def links_of(action: ModerationAction) -> list[tuple[str, str]]:
    """Where what an act is about is to be seen: pairs of (address, words)."""
    effects = action.effects.order_by("id")[:MOST_LINKED]
    links = []
    for kind, pk in effects.values_list("kind", "target_id"):
        if kind == ModerationEffect.Kind.POST:
            links.append((post_path(pk), _("post %(id)d") % {"id": pk}))
        elif kind == ModerationEffect.Kind.THREAD:
            links.append((reverse("thread-short", args=[pk]), _("thread %(id)d") % {"id": pk}))
    return links


def kept_in_words(undone: Undone) -> list[str]:
    """Of what was undone: what stays as it is, and who changed it since."""
    return [
        _("%(target)s stays as it is: %(name)s changed it since.")
        % {"target": target, "name": later.actor.username}
        if later
        else _("%(target)s stays as it is: it was changed since.") % {"target": target}
        for target, later in undone.kept
    ]
