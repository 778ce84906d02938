"""Subscriptions: what members follow or mute."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Case, F, Func, OuterRef, Q, Value, When
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.posts import Post
from forum.models.read_state import IsInSet, NumberSetField
from forum.models.tags import Tag
from forum.models.threads import Thread

MAX_SUBSCRIPTIONS = 5000  # of a member

# A post stands for its branch, and an opening post for its thread.
SubscriptionTarget = Board | Tag | Post

# Branches from the inside out, then tags, then the board. The label of a branch is its `lft`.
NEAREST_FIRST = (
    F("branch__lft").desc(nulls_last=True),
    F("board").asc(nulls_first=True),
    F("state").desc(),
)


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def enclosing(self, post: Post) -> SubscriptionQuerySet:
        """Return the subscriptions to anything that this post is in, the nearest first.

        A post is in the branches of its ancestors and in its own. Nearer than the board are the
        thread's tags; when they disagree, muting counts. `post.thread` is fetched.
        """
        return self.enclosing_place(*post.place)

    def enclosing_place(
        self, thread_id: int, board_id: int, left: int, right: int
    ) -> SubscriptionQuerySet:
        """Return what `enclosing` returns, by the place of a post."""
        around = Q(branch=None) | Q(branch__lft__lte=left, branch__rght__gte=right)
        found = self.filter(_of_thread(thread_id, board_id), around)
        return found.order_by(*NEAREST_FIRST)

    def enclosing_posts(self) -> SubscriptionQuerySet:
        """Return what `enclosing` returns, as a subquery of posts."""
        around = Q(branch__lft__lte=OuterRef("lft"), branch__rght__gte=OuterRef("rght"))
        of_thread = _of_thread(OuterRef("thread"), OuterRef("thread__board"))
        found = self.filter(of_thread, Q(branch=None) | around)
        return found.order_by(*NEAREST_FIRST)

    def enclosing_threads(self) -> SubscriptionQuerySet:
        """Return those to a whole thread, its tags and its board, as a subquery of threads."""
        found = self.filter(_of_thread(OuterRef("pk"), OuterRef("board")), branch__parent=None)
        return found.order_by(*NEAREST_FIRST)

    def on_page_of(self, thread: int, board: int) -> SubscriptionQuerySet:
        """Return those to a whole thread, its tags and its board, and its muted branches.

        Of the thread and what it is in, the nearest comes first.
        """
        shown = Q(branch__parent=None) | Q(state=Subscription.State.MUTE)
        found = self.filter(_of_thread(thread, board), shown)
        return found.order_by(*NEAREST_FIRST)

    def follows(self) -> SubscriptionQuerySet:
        return self.filter(state=Subscription.State.FOLLOW)

    def choices(self) -> models.QuerySet[Subscription, str]:
        """Return the `choice` of each."""
        by_mail = When(each_post_by_mail=True, then=Value(Subscription.Choice.MAIL))
        return self.values_list(Case(by_mail, default=F("state")), flat=True)


class IsTagOf(Func):
    """A condition for subscriptions: to a tag of this thread, or to a synonym of one.

    The function is in `migrations/0020_subscriptions.py`.
    """

    # As a subquery, since it would be called for each subscription otherwise.
    arg_joiner = " = ANY ((SELECT forum_tags_of("
    template = "%(expressions)s))::bigint[])"
    output_field = BooleanField()


def _of_thread(thread: int | OuterRef, board: int | OuterRef) -> Q:
    """Return the condition for subscriptions in a thread, and to its tags and its board.

    It asks only their own columns: a member may have thousands, and each would be joined first.
    """
    thread_id = thread if isinstance(thread, OuterRef) else Value(thread)
    return Q(thread=thread) | Q(IsTagOf(F("tag"), thread_id)) | Q(board=board)


class MutedLabels(Func):
    """The labels of the posts of a thread that a member muted; takes the ids of both.

    The rule of `SubscriptionQuerySet.around`, for all posts of a thread at once; the function is in
    `migrations/0020_subscriptions.py`.
    """

    function = "forum_muted"
    output_field = NumberSetField()


def is_muted_by(member: User) -> IsInSet:
    """Return the condition for posts that a member muted, with what they are in."""
    return IsInSet(F("lft"), MutedLabels(Value(member.pk), F("thread")))


class Subscription(models.Model):
    """A member's choice to follow or to mute a board, a tag or a branch.

    A whole thread is the branch of its opening post. Of several that a post is in, the nearest
    decides: branch, thread, tag, board.
    """

    class State(models.TextChoices):
        FOLLOW = "follow", _("following")
        MUTE = "mute", _("muted")

    class Choice(models.TextChoices):
        """The choices of a member for a target. The value is part of the address."""

        FOLLOW = "follow", _("Follow")
        MAIL = "mail", _("Follow, with each post by mail")
        MUTE = "mute", _("Mute")
        NONE = "stop", _("Stop")

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="subscriptions", db_index=False
    )
    # One of these three is set.
    board = models.ForeignKey(Board, models.CASCADE, null=True, related_name="+")
    tag = models.ForeignKey(Tag, models.CASCADE, null=True, related_name="+")
    branch = models.ForeignKey(  # its head
        Post, models.PROTECT, null=True, related_name="+", db_index=False
    )
    # The thread that the branch is in. A foreign key to both columns of the post, of which
    # `migrations/0020_subscriptions.py` has the SQL, changes it when the branch is moved.
    thread = models.ForeignKey(Thread, models.PROTECT, null=True, related_name="+", db_index=False)
    state = models.CharField(max_length=6, choices=State)
    each_post_by_mail = models.BooleanField(default=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["member", "thread"], name="subscription_in_thread"),
            models.Index(fields=["thread", "branch"], name="subscription_of_thread"),
            models.Index(
                fields=["member", "thread"], condition=Q(state="mute"), name="subscription_muted"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "board", "tag", "branch"],
                nulls_distinct=False,
                name="subscription_once",
            ),
            models.CheckConstraint(
                condition=Q(board__isnull=False, tag=None, branch=None)
                | Q(board=None, tag__isnull=False, branch=None)
                | Q(board=None, tag=None, branch__isnull=False),
                name="subscription_has_one_target",
            ),
            models.CheckConstraint(
                condition=Q(branch=None, thread=None)
                | Q(branch__isnull=False, thread__isnull=False),
                name="subscription_branch_in_thread",
            ),
            models.CheckConstraint(
                condition=Q(state="follow") | Q(state="mute", each_post_by_mail=False),
                name="subscription_mails_what_is_followed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.state} {self.target_key}"

    @property
    def target_key(self) -> str:
        """Return the target as addresses name it: `p12`, `b3` or `g7`."""
        if self.branch_id:
            return f"p{self.branch_id}"
        return f"b{self.board_id}" if self.board_id else f"g{self.tag_id}"

    @property
    def choice(self) -> str:
        return self.Choice.MAIL if self.each_post_by_mail else self.state
