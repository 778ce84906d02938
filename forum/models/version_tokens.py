"""Version tokens: a form carries one, and is refused when its targets have changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Sum

from forum.models.accounts import User
from forum.models.moderation import ModerationAction, ModerationEffect
from forum.models.pending_posts import PendingPost
from forum.models.posts import Post
from forum.models.reports import Report
from forum.models.revisions import Revision
from forum.models.threads import Thread

VersionedTarget = Post | Thread | User | PendingPost


@dataclass(frozen=True, slots=True)
class LastChange:
    actor: str
    at: datetime


def _effects(targets: Sequence[VersionedTarget]) -> tuple[str, list[int]]:
    kinds = {
        Post: ModerationEffect.Kind.POST,
        Thread: ModerationEffect.Kind.THREAD,
        User: ModerationEffect.Kind.PERSON,
        PendingPost: ModerationEffect.Kind.PENDING_POST,
    }
    return kinds[type(targets[0])], [target.pk for target in targets]


def version_of(targets: Sequence[VersionedTarget]) -> str:
    """Return a token that differs once one of these was moderated, or a post among them changed."""
    if not targets:
        return ""
    kind, ids = _effects(targets)
    about = ModerationEffect.objects.filter(kind=kind, target_id__in=ids)
    latest = about.aggregate(latest=Max("action"))["latest"] or 0
    numbers = sum(target.changed_number for target in targets if isinstance(target, Post))
    return f"{latest}.{numbers}"


def version_with_reports(posts: Sequence[Post]) -> str:
    """Return a token that also differs once somebody reported one of these posts."""
    latest = Report.objects.filter(post__in=posts).aggregate(latest=Max("pk"))["latest"] or 0
    return f"{version_of(posts)}.{latest}"


def version_of_branches(heads: Sequence[Post]) -> str:
    """Return a token that also differs once anything below one of these posts changed."""
    sums = [
        Post.objects.branch_of(head).aggregate(of=Sum("changed_number"))["of"] or 0
        for head in heads
    ]
    return f"{version_of(heads)}.{sum(sums)}"


def last_change(targets: Sequence[VersionedTarget]) -> LastChange | None:
    """Return who changed one of these last, and when, as far as that is known."""
    kind, ids = _effects(targets)
    action = (
        ModerationAction.objects.filter(effects__kind=kind, effects__target_id__in=ids)
        .select_related("actor")
        .first()
    )
    found = [LastChange(action.actor.username, action.created_at)] if action else []
    if kind == ModerationEffect.Kind.POST:
        latest = Revision.objects.filter(post__in=ids).select_related("editor").order_by("-id")
        found += [LastChange(each.editor.username, each.created_at) for each in latest[:1]]
        found += [
            LastChange(post.author.username, post.deleted_at)
            for post in targets
            if isinstance(post, Post) and post.deleted_at
        ]
    return max(found, key=lambda change: change.at, default=None)
