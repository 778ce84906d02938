"""Posts: the opening post of a thread and the replies below it, one tree per thread.

`parent` is the source of truth; `tree_id`, `lft`, `rght` and `level` are an index over it. A test
lists the few files that may use those columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import connection, models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, When
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from mptt.models import MPTTModel
from mptt.querysets import TreeQuerySet

from forum.lib.prepared_queries import PreparedQuery
from forum.lib.sql import unnest
from forum.models.accounts import User
from forum.models.threads import (
    MAX_NESTING,
    POSTS_PER_PAGE,
    SlowModeMixin,
    Thread,
    moderation_action_fk,
    thread_path,
)
from forum.models.tree import SparseTreeManager
from forum.models.visibility import Reader, ReaderQuery, if_readable, readable_by

if TYPE_CHECKING:
    from forum.markup.rendered_post import Rendered
    from forum.models.revisions import Revision

EXCERPT_LENGTH = 120
# The columns that hold the place of a post in its tree.
TREE_POSITION_FIELDS = frozenset(
    {"thread", "thread_id", "parent", "parent_id", "tree_id", "lft", "rght", "level"}
)

# Heads of branches that are, or were, locked or slow: few rows with an index of their own.
SLOW_OR_LOCKED = Q(locked_at__isnull=False) | Q(slow_minutes__isnull=False)


class PostQuerySet(TreeQuerySet):
    def visible_to(self, reader: Reader) -> PostQuerySet:
        """Return the posts of threads that `reader` may open, with the whole tree intact.

        Unreadable posts come without their text: `shown_html`, `shown_excerpt` and `shown_source`
        are empty and `is_readable` is false. The stored text is not fetched.
        """
        return (
            self.filter(thread__in=Thread.objects.visible_to(reader))
            .defer("html", "source", "excerpt")
            .annotate(
                is_readable=Case(When(readable_by(reader), then=True), default=False),
                shown_html=if_readable(reader, "html"),
                shown_source=if_readable(reader, "source"),
                shown_excerpt=if_readable(reader, "excerpt"),
            )
        )

    def count_authors(self) -> int:
        """Return the number of different authors."""
        return int(self.order_by().aggregate(people=Count("author", distinct=True))["people"])

    def in_thread(self, thread: Thread) -> PostQuerySet:
        """Return all posts of a thread, in tree order."""
        return self.filter(tree_id=thread.pk).order_by("lft")

    def opening_of(self, thread_id: int | OuterRef) -> PostQuerySet:
        """Return the opening post of a thread."""
        return self.order_by().filter(tree_id=thread_id, parent=None)

    def openings_of(self, threads: Iterable[int]) -> PostQuerySet:
        """Return the opening posts of the threads with these ids, by their own index."""
        return self.order_by().filter(tree_id__in=unnest(threads), parent=None)

    def in_tree_order(self) -> PostQuerySet:
        """Return these posts in the order of their trees."""
        return self.order_by("tree_id", "lft")

    def by_number(self, thread: Thread) -> PostQuerySet:
        """Return all posts of a thread, in the order of their numbers."""
        return self.filter(thread=thread).order_by("number")

    def latest_in(self, thread: Thread) -> PostQuerySet:
        """Return all posts of a thread, the latest first.

        Filters by a range: for `thread=…` ordered by id, the planner would read all posts of the
        site backwards by primary key until it met one of this thread.
        """
        mine = self.filter(thread_id__gte=thread.pk, thread_id__lte=thread.pk)
        return mine.order_by("-thread_id", "-id")

    def written_since(self, thread: Thread, moment: datetime) -> PostQuerySet:
        """Return the posts of a thread from `moment` on, the oldest first."""
        mine = self.filter(thread_id__gte=thread.pk, thread_id__lte=thread.pk)
        return mine.filter(created_at__gte=moment).order_by("thread_id", "id")

    def published(self) -> PostQuerySet:
        """Return posts that are neither deleted nor hidden."""
        return self.filter(deleted_at=None, hidden_at=None)

    def not_deleted(self) -> PostQuerySet:
        """Return posts that are not deleted; hidden ones are included."""
        return self.filter(deleted_at=None)

    def written_by(self, person: User) -> PostQuerySet:
        """Return a person's posts, the latest first."""
        return self.filter(author=person).order_by("-id")

    def quoting(self, post: Post, *, after: int | None = None) -> PostQuerySet:
        """Return the posts that quote `post`, oldest first; those after the one with id `after`."""
        quoting = self.filter(pk__in=post.quoted_in.order_by().values("post"))
        return quoting.filter(pk__gt=after or 0).order_by("id")

    def readable(self) -> PostQuerySet:
        """Return the posts whose text the reader given to `visible_to` may read."""
        return self.filter(is_readable=True)

    def before(self, post_id: int | None) -> PostQuerySet:
        """Return the rest of a list ordered by `-id` after that post; all of it for None."""
        return self if post_id is None else self.filter(pk__lt=post_id)

    def below(self, post: Post) -> PostQuerySet:
        """Return all descendants of `post`, in tree order."""
        return self.filter(tree_id=post.tree_id, lft__gt=post.lft, lft__lt=post.rght).order_by(
            "lft"
        )

    def branch_of(self, post: Post) -> PostQuerySet:
        """Return `post` and all its descendants, unordered."""
        return self.filter(tree_id=post.tree_id, lft__gte=post.lft, lft__lt=post.rght).order_by()

    def from_post_onwards(self, post: Post) -> PostQuerySet:
        """Return `post` and everything after it in tree order, unordered."""
        return self.filter(tree_id=post.tree_id, lft__gte=post.lft).order_by()

    def with_context(self) -> PostQuerySet:
        """Fetch author, thread, board and parent in the same query."""
        return self.select_related(
            "author",
            "thread__board",
            "thread__locked_action__actor",
            "parent__author",
            "hidden_action__actor",
            "hidden_action__board",
        ).defer("parent__html", "parent__source")

    def path_to(self, post_id: int) -> list[int]:
        """Return the ids from the opening post down to `post_id`, found by `parent`."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH RECURSIVE up AS (
                    SELECT id, parent_id, level FROM forum_post WHERE id = %s
                    UNION ALL
                    SELECT p.id, p.parent_id, p.level FROM forum_post AS p
                      JOIN up ON p.id = up.parent_id
                ) SELECT id FROM up ORDER BY level
                """,
                [post_id],
            )
            return [row[0] for row in cursor.fetchall()]


class PostManager(SparseTreeManager.from_queryset(PostQuerySet)):  # type: ignore[misc]
    """`Post.objects`: tree writes of `SparseTreeManager`, and the queries of `PostQuerySet`."""


class Post(MPTTModel, SlowModeMixin):
    """A post of a thread: its Markdown (`source`) and the safe HTML rendered from it (`html`)."""

    thread = models.ForeignKey(
        Thread, models.PROTECT, related_name="posts", db_index=False, verbose_name=_("thread")
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        db_index=False,
        verbose_name=_("parent"),
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="posts",
        db_index=False,
        verbose_name=_("author"),
    )
    number = models.BigIntegerField(_("number in its thread"))
    # Numbers of the same counter: of the latest revision; of the latest visible change (written,
    # edited, hidden, deleted …); for a reply to the opening post, of the latest post in its branch.
    latest_number = models.BigIntegerField(default=0, editable=False)
    changed_number = models.BigIntegerField(default=0, editable=False)
    branch_number = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("written at"), default=timezone.now)

    source = models.TextField(_("text"))
    html = models.TextField(editable=False)
    excerpt = models.CharField(max_length=EXCERPT_LENGTH, blank=True, editable=False)

    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    hidden_at = models.DateTimeField(_("hidden at"), null=True, blank=True)
    hidden_action = models.ForeignKey(
        "forum.ModerationAction", models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Set while the latest edit is a moderator's.
    edited_action = moderation_action_fk()
    # Set when the text was permanently deleted; `deleted_at` says when.
    erased_action = moderation_action_fk()
    # The id of the form that sent it, so that sending it twice makes one post.
    nonce = models.UUIDField(null=True, editable=False)

    tree_id = models.BigIntegerField(editable=False)
    lft = models.BigIntegerField(editable=False)
    rght = models.BigIntegerField(editable=False)
    level = models.IntegerField(_("depth"), editable=False)

    objects = PostManager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        indexes = [
            models.Index(fields=["parent", "lft"], name="post_children"),
            models.Index(fields=["author", "-id"], name="post_by_author"),
            models.Index(fields=["author", "thread"], name="post_by_participant"),
            models.Index(fields=["thread", "id"], name="post_by_thread"),
            # For the filters of the moderation admin: few rows, and by day.
            models.Index(fields=["-id"], condition=Q(hidden_at__isnull=False), name="post_hidden"),
            models.Index(
                fields=["-id"], condition=Q(deleted_at__isnull=False), name="post_deleted"
            ),
            models.Index(fields=["-id"], condition=Q(edited_at__isnull=False), name="post_edited"),
            BrinIndex(fields=["created_at"], name="post_by_day"),
            models.Index(fields=["thread", "latest_number"], name="post_by_revision"),
            models.Index(fields=["thread", "changed_number"], name="post_by_change"),
            # Heads of top-level branches: by place, by age and by activity.
            models.Index(fields=["tree_id", "lft"], condition=Q(level=1), name="branch_by_place"),
            models.Index(fields=["tree_id", "number"], condition=Q(level=1), name="branch_by_age"),
            models.Index(
                fields=["tree_id", "branch_number"], condition=Q(level=1), name="branch_by_activity"
            ),
            models.Index(fields=["tree_id", "lft"], condition=SLOW_OR_LOCKED, name="branch_paced"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(lft__gt=0) & Q(rght__gt=F("lft")), name="post_edges"
            ),
            models.CheckConstraint(
                condition=Q(level=0, parent=None) | Q(level__gt=0, parent__isnull=False),
                name="post_root_level",
            ),
            models.CheckConstraint(condition=Q(tree_id=F("thread_id")), name="post_tree_is_thread"),
            models.UniqueConstraint(
                fields=["tree_id"], condition=Q(parent=None), name="post_one_root"
            ),
            models.UniqueConstraint(
                fields=["tree_id", "lft"],
                name="post_lft",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            models.UniqueConstraint(
                fields=["tree_id", "rght"],
                name="post_rght",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            models.UniqueConstraint(
                fields=["thread", "number"],
                name="post_number",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            models.UniqueConstraint(fields=["author", "nonce"], name="post_nonce"),
        ]

    # Set by `visible_to`.
    is_readable: bool
    shown_html: str
    shown_source: str
    shown_excerpt: str
    # Set by the moderation admin: the source without quoted words that its reader may not read.
    shown_words: str
    # Set for forms: the Markdown with masks in place of such quotes.

    def __str__(self) -> str:
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return post_path(self.pk)

    @property
    def is_opening(self) -> bool:
        return self.parent_id is None

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Return the ids of the thread and the board that it is in, and its labels."""
        return self.thread_id, self.thread.board_id, self.lft, self.rght

    @property
    def is_hidden(self) -> bool:
        return self.hidden_at is not None

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def is_erased(self) -> bool:
        return self.erased_action_id is not None

    @property
    def is_edited(self) -> bool:
        return self.edited_at is not None

    @cached_property
    def restricted_branches(self) -> list[Post]:
        """The heads of the branches around it that are, or were, locked or slow; nearest first."""
        return RESTRICTED_BRANCHES.fetch(self.tree_id, self.lft, self.rght)

    @property
    def parent_author(self) -> str | None:
        """Return the name of the member whom this post replies to; None for an opening post."""
        return self.parent.author.username if self.parent else None

    def set_text(self, source: str, rendered: Rendered) -> None:
        """Set the columns that hold the text; the caller saves them."""
        self.source, self.html = source, rendered.html
        self.excerpt = rendered.excerpt(self.parent_author)

    def latest_revision(self) -> Revision:
        """Return the post's current revision."""
        return self.revisions.order_by("-number").select_related("editor")[0]

    def has_replies_quotes_or_reports(self) -> bool:
        """Return whether anybody replied to this post, quoted it or reported it."""
        return self.children.exists() or self.quoted_in.exists() or self.reports.exists()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert a post, or update the columns in `update_fields`, never its place in the tree.

        Raises `NotImplementedError` otherwise: saving all columns of a stale post would undo what
        others did meanwhile, and django-mptt would take a changed parent for a move.
        """
        if self._state.adding:
            super().save(*args, **kwargs)
            return
        fields = frozenset(kwargs.get("update_fields") or ())
        if not fields or fields & TREE_POSITION_FIELDS:
            raise NotImplementedError("name the fields to update; moves: `move_branch`")
        models.Model.save(self, *args, **kwargs)

    # django-mptt's own versions of these rely on dense labels or read the whole tree. They are not
    # called by the forum; a test keeps django-mptt's documented interface correct.

    def get_ancestors(
        self, ascending: bool = False, include_self: bool = False
    ) -> models.QuerySet[Post]:
        """Return the posts above this one, found by `parent`; mptt's may read the whole tree."""
        ids = Post.objects.path_to(self.pk)
        order = "-level" if ascending else "level"
        return Post.objects.filter(pk__in=ids if include_self else ids[:-1]).order_by(order)

    def get_descendant_count(self) -> int:
        return Post.objects.below(self).order_by().count()

    def is_leaf_node(self) -> bool:
        return not self.children.exists()

    def get_leafnodes(self, include_self: bool = False) -> models.QuerySet[Post]:
        """Return the posts of this branch without replies."""
        branch = Post.objects.below(self) if not include_self else self.get_descendants(True)
        return branch.filter(~Exists(Post.objects.order_by().filter(parent=OuterRef("pk"))))

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise NotImplementedError("posts leave a tombstone; see forum.actions.posts.delete_post")


# Remove the index that django-mptt adds: the unique constraint on its columns has one.
Post._meta.indexes = [
    index
    for index in Post._meta.indexes
    if index.fields != ["tree_id", "lft"] or index.condition is not None
]


def _post_with_context(reader: Reader, pk: int) -> PostQuerySet:
    posts: PostQuerySet = Post.objects.visible_to(reader).with_context().filter(pk=pk)
    return posts


def _restricted_branches(tree_id: int, lft: int, rght: int) -> PostQuerySet:
    heads: PostQuerySet = Post.objects.filter(
        SLOW_OR_LOCKED, tree_id=tree_id, lft__lte=lft, rght__gte=rght
    )
    return heads.select_related("locked_action__actor", "slow_action__actor").order_by("-lft")


# A post in a thread that the reader may open.
POST_WITH_CONTEXT = ReaderQuery(_post_with_context)
RESTRICTED_BRANCHES = PreparedQuery(_restricted_branches)


def post_path(post_id: int) -> str:
    """Return the permanent path of a post; no `reverse`, since a page needs hundreds."""
    return f"/p/{post_id}/"


def post_url(post: Post) -> str:
    """Return the address of a post on whichever page of its thread shows it."""
    thread = post.thread
    numbers = thread.next_number
    return build_post_url(thread.pk, thread.slug, post.pk, numbers=numbers, level=post.level)


def build_post_url(thread_id: int, slug: str, post_id: int, *, numbers: int, level: int) -> str:
    """Return the address of a post of which only so much is known.

    Edits take numbers too: a thread that gave out no more than a page holds is whole on its page.
    """
    path = thread_path(thread_id, slug)
    is_whole = numbers <= POSTS_PER_PAGE and level < MAX_NESTING
    return f"{path}#p{post_id}" if is_whole else f"{path}?at=p{post_id}#p{post_id}"


def folded_post_url(post: Post) -> str:
    """Return the address of a post with its replies folded."""
    page, _hash, here = post_url(post).partition("#")
    return f"{page}{'&' if '?' in page else '?'}fold=p{post.pk}#{here}"
