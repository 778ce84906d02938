"""The moderation log in words, for everybody."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.models import ModerationAction, ModerationEffect, Thread, User
from forum.models.posts import post_path
from forum.models.visibility import Reader, listed_by

# Posts of an entry that are linked.
MAX_LINKED_TARGETS = 50


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry of the log, as `reader` may read it."""

    action: ModerationAction
    actor: str
    posts: str  # “78 posts”; empty for one
    is_undone: bool
    thread: Thread | None  # where, if `reader` may know its title


def entries_of(actions: Iterable[ModerationAction], reader: Reader) -> list[LogEntry]:
    """Describe these entries, which were queried `with_targets`."""
    found = list(actions)
    ids = {action.thread_id for action in found}
    threads = _named({pk for pk in ids if pk}, reader)
    return [_entry(action, reader, threads.get(action.thread_id or 0)) for action in found]


def _named(ids: Collection[int], reader: Reader) -> dict[int, Thread]:
    """Return the threads among these that the log names: unlisted ones not to everybody."""
    if not ids:
        return {}
    named = Thread.objects.named_to(reader)
    return (named.filter(listed_by(reader)) | named.filter(author=reader.pk)).in_bulk(ids)


def entry_of(action: ModerationAction, reader: Reader) -> LogEntry:
    """Describe one entry, which was queried `with_targets`."""
    (entry,) = entries_of([action], reader)
    return entry


def _entry(action: ModerationAction, reader: Reader, thread: Thread | None) -> LogEntry:
    posts = ngettext("%(count)d post", "%(count)d posts", action.posts) % {"count": action.posts}
    return LogEntry(
        action,
        _actor(action, reader),
        posts if action.posts > 1 else "",
        hasattr(action, "undone_by"),
        thread,
    )


def _actor(action: ModerationAction, reader: Reader) -> str:
    """Name the moderator to moderators; for members see `ModerationAction.moderator`."""
    is_colleague = isinstance(reader, User) and reader.roles.is_moderator
    return action.actor.username if is_colleague else capfirst(action.moderator)


def with_undo(said: str, action: ModerationAction | None, back: str) -> SafeString:
    """Describe the latest action, with a link to undo it if that is possible, and then go back."""
    if action is None or action.type.is_irreversible:
        return format_html("{}", said)
    undo = f"{reverse('log-undo', args=[action.pk])}?{urlencode({'next': back})}"
    return format_html('{} <a href="{}">{}</a>', said, undo, _("Undo"))


def links_of(action: ModerationAction, reader: Reader) -> list[tuple[str, str]]:
    """Return links to the targets of an entry: pairs of (address, text).

    Threads are named to those who may know their titles.
    """
    effects = action.effects.order_by("id")[:MAX_LINKED_TARGETS]
    targets = list(effects.values_list("kind", "target_id"))
    threads = {pk for kind, pk in targets if kind == ModerationEffect.Kind.THREAD}
    named = _named(threads, reader)
    links = []
    for kind, pk in targets:
        if kind == ModerationEffect.Kind.POST:
            links.append((post_path(pk), _("post %(id)d") % {"id": pk}))
        elif kind == ModerationEffect.Kind.THREAD:
            name = named[pk].title if pk in named else _("thread %(id)d") % {"id": pk}
            links.append((reverse("thread-short", args=[pk]), name))
    return links
