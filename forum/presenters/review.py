"""A case for review: a reported post with its context, or a pending post; and its author."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.safestring import SafeString

from forum.markup.changes import TextChange, word_diff
from forum.models import (
    Case,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    PendingPost,
    Post,
    User,
)
from forum.models.posts import PostQuerySet
from forum.models.reports import Report
from forum.presenters.history import History, history_of
from forum.presenters.pending_posts import text_of_pending_post
from forum.presenters.report_badge import describe_reasons
from forum.presenters.threads import render_post_text
from forum.queries.admin_posts import posts_for_admin

ANCESTORS = 3
BRANCH = 30
ACTS = 20
ELSEWHERE = 10
# A person's posts are counted up to this number.
MAX_COUNTED_POSTS = 1000


@dataclass(frozen=True, slots=True)
class ContextPost:
    """A post near the one that was reported; `depth` is counted from that one."""

    post: Post
    reports: int
    depth: int


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """The record of an author."""

    person: User
    posts: int
    is_more: bool
    open: int
    upheld: int
    dismissed: int
    acts: list[ModerationAction]


class Review:
    """One case for one moderator. The names of reporters are in it only when `with_names`."""

    def __init__(self, case: Case, reader: User, *, with_names: bool = False) -> None:
        self.case = case
        self.with_names = with_names
        posts = posts_for_admin(reader)
        self.post = posts.get(pk=case.post_id)
        self.text: SafeString = render_post_text(self.post, reader)
        self.reports = list(Report.objects.on(self.post).select_related("reporter", "action"))
        self.reasons = describe_reasons(report.reason for report in self.reports if report.is_open)
        self.above = self._above(posts)
        self.branch = self._branch(posts)
        self.history = self._history(reader)
        self.elsewhere = list(
            Case.objects.for_admin(reader)
            .open()
            .filter(post__thread=self.post.thread_id)
            .exclude(pk=case.pk)[:ELSEWHERE]
        )
        self.author = member_record(self.post.author)

    def _above(self, posts: PostQuerySet) -> list[ContextPost]:
        path = Post.objects.path_to(self.post.pk)[:-1]
        near = _with_reports(posts.filter(pk__in=path[-ANCESTORS:]))
        return self._context_posts(sorted(near, key=lambda post: path.index(post.pk)))

    def _branch(self, posts: PostQuerySet) -> list[ContextPost]:
        return self._context_posts(_with_reports(posts.below(self.post))[:BRANCH])

    def _context_posts(self, posts: Iterable[Post]) -> list[ContextPost]:
        level = self.post.get_level()
        return [ContextPost(post, post.report_count, post.get_level() - level) for post in posts]  # type: ignore[attr-defined]

    def _history(self, reader: User) -> History | None:
        """Return the latest revisions, if there are several and they can be read."""
        if not self.post.is_edited or not self.post.is_readable:
            return None
        return history_of(self.post, reader)


def _with_reports(posts: PostQuerySet) -> PostQuerySet:
    open_ones = Report.objects.open().filter(post=OuterRef("pk")).order_by().values("post")
    counted = open_ones.annotate(count=Count("pk")).values("count")
    return cast(PostQuerySet, posts.annotate(report_count=Coalesce(Subquery(counted), 0)))


def member_record(person: User) -> MemberRecord:
    """Return an author's record: posts, reports on them, and the latest moderation actions."""
    posts = Post.objects.written_by(person).order_by()[: MAX_COUNTED_POSTS + 1].count()
    reports = Report.objects.filter(post__author=person).aggregate(
        open=Count("pk", filter=Q(closed_at=None)),
        upheld=Count("pk", filter=Q(outcome=Report.Outcome.ACTED)),
        dismissed=Count("pk", filter=Q(outcome=Report.Outcome.DISMISSED)),
    )
    kind = ModerationEffect.Kind.PERSON
    about = ModerationEffect.objects.filter(kind=kind, target_id=person.pk).values("action")
    notified = (
        ModerationNotification.objects.filter(member=person)
        .exclude(cause="report")
        .values("action")
    )
    acts = ModerationAction.objects.filter(Q(pk__in=about) | Q(pk__in=notified))
    acts = acts.without_deleted_notes()
    return MemberRecord(
        person=person,
        posts=min(posts, MAX_COUNTED_POSTS),
        is_more=posts > MAX_COUNTED_POSTS,
        acts=list(acts.select_related("actor")[:ACTS]),
        **reports,
    )


class PendingPostReview:
    """One pending post for one moderator."""

    def __init__(self, pending: PendingPost, reader: User) -> None:
        self.pending_post = PendingPost.objects.with_context().get(pk=pending.pk)
        self.text = text_of_pending_post(self.pending_post, reader)
        self.changes = self._changes()
        self.above = self._above(reader)
        waiting = Case.objects.for_admin(reader).open().exclude(pending_post=pending.pk)
        self.others = list(waiting.filter(pending_post__author=pending.author_id)[:ELSEWHERE])
        self.author = member_record(self.pending_post.author)

    def _changes(self) -> list[TextChange]:
        """Return how a pending edit differs from the post."""
        if self.pending_post.edits is None:
            return []
        return word_diff(self.pending_post.edits.latest_revision().source, self.pending_post.source)

    def _above(self, reader: User) -> list[ContextPost]:
        """Return the parent and the posts above it."""
        answered = (
            self.pending_post.edits.parent_id
            if self.pending_post.edits
            else self.pending_post.parent_id
        )
        if answered is None:
            return []
        path = Post.objects.path_to(answered)[-ANCESTORS:]
        near = posts_for_admin(reader).filter(pk__in=path)
        found = sorted(near, key=lambda post: path.index(post.pk))
        return [ContextPost(post, 0, 0) for post in found]
