"""The unread counter equals the length of the list after any actions, and the list is correct."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils import timezone
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from forum.actions.notifications import mark_notifications, read_all
from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.read_state import mark_branch_read, mark_revisions_read, mark_thread_read
from forum.actions.threads import start_thread
from forum.errors import UserError
from forum.models import Board, Category, Notification, Post, Role, Thread, User
from forum.models.accounts import FollowOwnPosts
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from tests.conftest import person
from tests.integration.inbox.conftest import unread_inbox
from tests.sampling import examples

QUESTION = "Does moss harm the bricks?"
TEXTS = [
    "Plain words",
    "What @alice says",
    f"> {QUESTION}\n\nIt does",
    f"> {QUESTION}\n\n@alice, no",
]
STEPS = ["reply"] * 4 + ["edit"] * 3 + ["hide", "unhide", "delete", "see", "branch", "thread"]
STEPS += ["read", "unread", "all", "delete thread", "undelete thread"]
STEP = st.tuples(st.sampled_from(STEPS), st.integers(0, 10), st.integers(0, 3))


@dataclass
class ExpectedInbox:
    """The expected inbox of alice, computed by the test: each post, and whether it is read."""

    is_read: dict[int, bool] = field(default_factory=dict)

    def record(self, post: Post, *, is_cause: bool) -> None:
        if is_cause:
            self.is_read.setdefault(post.pk, False)
        elif self.is_read.get(post.pk) is False:
            del self.is_read[post.pk]

    def mark(self, posts: list[Post], *, read: bool) -> None:
        for post in posts:
            if post.pk in self.is_read:
                self.is_read[post.pk] = read

    def unread_posts(self) -> set[int]:
        """Return the unread posts that she is allowed to see."""
        posts = Post.objects.select_related("thread").in_bulk(self.is_read)
        return {
            pk
            for pk, post in posts.items()
            if not self.is_read[pk]
            and not (post.hidden_at or post.deleted_at or post.thread.deleted_at)
        }


class Inbox(TestCase):
    def setUp(self) -> None:
        self.alice, self.bob, self.carol = map(person, ("alice", "bob", "carol"))
        self.alice.follow_own_posts = FollowOwnPosts.NEVER
        self.alice.save(update_fields=["follow_own_posts"])
        Role.objects.create(person=self.carol, kind=Role.Kind.MODERATOR)
        category = Category.objects.create(name="Outdoors")
        board = Board.objects.create(category=category, name="Gardens", slug="gardens")
        self.thread = start_thread(board, author=self.alice, title="Moss", source=QUESTION)
        self.opening = Post.objects.get(thread=self.thread)
        self.expected = ExpectedInbox()

    @settings(max_examples=examples(6), phases=[Phase.explicit, Phase.generate])
    @given(st.lists(STEP, min_size=5, max_size=30))
    def test_counter_equals_the_list_after_any_actions(
        self, steps: list[tuple[str, int, int]]
    ) -> None:
        for n, (step, place, text) in enumerate(steps):
            posts = list(Post.objects.in_thread(self.thread).select_related("thread__board"))
            try:
                self.do(step, posts[place % len(posts)], f"{TEXTS[text]}, number {n}.")
            except UserError:
                continue
            assert set(unread_inbox(self.alice)) == self.expected.unread_posts(), step

    def record(self, post: Post) -> None:
        quotes = post.quotes.filter(source_post__author=self.alice)
        mentions = post.mentions.filter(person=self.alice)
        is_reply = bool(post.parent) and post.parent.author_id == self.alice.pk
        self.expected.record(post, is_cause=is_reply or mentions.exists() or quotes.exists())

    def do(self, step: str, post: Post, source: str) -> None:
        alice = User.objects.get(pk=self.alice.pk)
        if step == "reply":
            self.record(reply_to(post, author=self.bob, source=source))
        elif step == "edit":
            self.record(edit_post(post, actor=self.bob, source=source))
        elif step == "hide":
            hide_post(post, actor=self.carol, reason="spam")
        elif step == "unhide":
            unhide_post(post, actor=self.carol, reason="not spam")
        elif step == "delete":
            delete_post(post, actor=self.bob)
        elif step.endswith("delete thread"):
            at = timezone.now() if step == "delete thread" else None
            Thread.objects.filter(pk=self.thread.pk).update(deleted_at=at)
        else:
            self.mark(step, post, alice)

    def mark(self, step: str, post: Post, alice: User) -> None:
        notifications = list(
            Notification.objects.filter(member=alice, post=post).values_list("pk", flat=True)
        )
        marked = [post]
        if step == "see":
            mark_revisions_read(post.thread, member=alice, numbers=[post.latest_number])
        elif step == "branch":
            mark_branch_read(post, member=alice)
            marked = list(Post.objects.branch_of(post))
        elif step == "thread":
            mark_thread_read(post.thread, member=alice)
            marked = list(Post.objects.in_thread(self.thread))
        elif step == "all":
            marked = list(Post.objects.filter(pk__in=self.expected.unread_posts()))
            read_all(member=alice, up_to=2**60)
        else:
            mark_notifications(notifications, member=alice, read=step == "read")
        self.expected.mark(marked, read=step != "unread")
