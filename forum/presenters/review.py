"""A case for review: a reported post with its context, or a pending post; and its author."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

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
from forum.permissions import can_read_reported_text, can_undo
from forum.presenters.editable_source import masked_for
from forum.presenters.history import History, history_of, reported_texts
from forum.presenters.pending_posts import text_of_pending_post
from forum.presenters.report_badge import describe_reasons
from forum.presenters.threads import render_post_text
from forum.queries.admin_posts import posts_for_admin
from forum.queries.branches import in_branches

ItemT = TypeVar("ItemT")

ANCESTORS = 3
BRANCH = 30
ACTS = 20
ELSEWHERE = 10
REPORTS_SHOWN = 20
# A person's posts are counted up to this number.
MAX_COUNTED_POSTS = 1000


class Part(list[ItemT]):
    """The first rows of a list, and how many more there are."""

    def __init__(self, rows: QuerySet[Any, ItemT], most: int) -> None:
        super().__init__(rows[: most + 1])
        self.left_out = 0
        if len(self) > most:
            self.left_out = rows.order_by().count() - most
            del self[most:]


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
    deleted: int  # reported posts that they deleted
    acts: Part[ModerationAction]


@dataclass(frozen=True, slots=True)
class RelatedCases:
    """Other open cases that can be worked together: “3 in this branch”, and the list of them."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class CaseNote:
    """A note on a case; `can_delete` says whether its reader may delete it."""

    entry: ModerationAction
    can_delete: bool


class Review:
    """One case for one moderator. The names of reporters are in it only when `with_names`."""

    def __init__(self, case: Case, reader: User, *, with_names: bool = False) -> None:
        self.case = case
        self.with_names = with_names
        posts = posts_for_admin(reader)
        self.post = posts.get(pk=case.post_id)
        self.text: SafeString = render_post_text(self.post, reader, is_official=True)
        self.reported_texts = (
            reported_texts(self.post, reader) if can_read_reported_text(reader, case) else []
        )
        reports = Report.objects.on(self.post)
        self.reports = Part(reports.select_related("reporter", "action"), REPORTS_SHOWN)
        self.reasons = describe_reasons(reports.open().values_list("reason", flat=True))
        self.above = self._above(posts)
        below = Part(_with_reports(posts.below(self.post)), BRANCH)
        self.branch = self._context_posts(below)
        self.branch_left_out = below.left_out
        self.history = self._history(reader)
        in_thread = Case.objects.for_admin(reader).open().filter(post__thread=self.post.thread_id)
        self.elsewhere = Part(in_thread.exclude(pk=case.pk), ELSEWHERE)
        self.author = member_record(self.post.author)

    def _above(self, posts: PostQuerySet) -> list[ContextPost]:
        path = Post.objects.path_to(self.post.pk)[:-1]
        near = _with_reports(posts.filter(pk__in=path[-ANCESTORS:]))
        return self._context_posts(sorted(near, key=lambda post: path.index(post.pk)))

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


def related_cases(case: Case, reader: User) -> list[RelatedCases]:
    """Return the other open cases of the branch, the thread and the author, as lists."""
    listed = Case.objects.moderated_by(reader).open().exclude(pk=case.pk)
    found = []
    if (near := case.post or _near(case)) and (path := Post.objects.path_to(near.pk)):
        words = (_("%(count)d in this thread"), _("%(count)d in this branch"))
        for said, head in zip(
            words, Post.objects.filter(pk__in=path[:2]).order_by("level"), strict=False
        ):
            found.append((said, f"branch={head.pk}", listed.about(in_branches([head]))))
    theirs = _("%(count)d by this author")
    found.append((theirs, urlencode({"q": f"@{case.author}"}), listed.by_author(case.author)))
    queue = reverse("admin:index")
    counted = [(said, f"{queue}?{query}", cases.count()) for said, query, cases in found]
    return [RelatedCases(said % {"count": n}, page) for said, page, n in counted if n]


def _near(case: Case) -> Post | None:
    """Return the post that a pending post replies to or edits."""
    pending = case.pending_post
    return (pending.parent or pending.edits) if pending else None


def notes_on(about: Post | PendingPost, reader: User) -> list[CaseNote]:
    """Return moderators' notes on a case, the first one first."""
    kind = (
        ModerationEffect.Kind.POST
        if isinstance(about, Post)
        else ModerationEffect.Kind.PENDING_POST
    )
    entries = ModerationAction.objects.about(kind, about.pk).filter(act="note-case")
    notes = entries.without_deleted_notes().select_related("actor", "board").order_by("id")
    return [CaseNote(note, bool(can_undo(reader, note))) for note in notes]


def member_record(person: User) -> MemberRecord:
    """Return an author's record: posts, reports on them, and the latest moderation actions."""
    posts = Post.objects.written_by(person).order_by()[: MAX_COUNTED_POSTS + 1].count()
    reports = Report.objects.filter(post__author=person).aggregate(
        open=Count("pk", filter=Q(closed_at=None)),
        upheld=Count("pk", filter=Q(outcome=Report.Outcome.ACTED)),
        dismissed=Count("pk", filter=Q(outcome=Report.Outcome.DISMISSED)),
        deleted=Count(
            "post",
            filter=Q(post__deleted_at__isnull=False, post__erased_action=None),
            distinct=True,
        ),
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
        acts=Part(acts.select_related("actor"), ACTS),
        **reports,
    )


class PendingPostReview:
    """One pending post for one moderator."""

    def __init__(self, pending: PendingPost, reader: User) -> None:
        self.pending_post = PendingPost.objects.with_context().get(pk=pending.pk)
        self.text = text_of_pending_post(self.pending_post, reader)
        self.changes = self._changes(reader)
        self.above = self._above(reader)
        waiting = Case.objects.for_admin(reader).open().exclude(pending_post=pending.pk)
        self.others = Part(waiting.filter(pending_post__author=pending.author_id), ELSEWHERE)
        self.author = member_record(self.pending_post.author)

    def _changes(self, reader: User) -> list[TextChange]:
        """Return how a pending edit differs from the post."""
        post = self.pending_post.edits
        if post is None:
            return []
        texts = (post.latest_revision().source, self.pending_post.source)
        return word_diff(*(masked_for(reader, text, post.pk) for text in texts))

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
