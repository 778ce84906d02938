"""Whatever happens: the counter is the length of the list, and the list is what it should be."""

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
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from tests.conftest import person
from tests.integration.inbox.conftest import told

WORDS = "Does moss harm the bricks?"
TEXTS = ["Plain words", "What @alice says", f"> {WORDS}\n\nIt does", f"> {WORDS}\n\n@alice, no"]
DEEDS = ["reply"] * 4 + ["edit"] * 3 + ["hide", "unhide", "delete", "see", "branch", "thread"]
DEEDS += ["read", "unread", "all", "delete thread", "undelete thread"]
STEP = st.tuples(st.sampled_from(DEEDS), st.integers(0, 10), st.integers(0, 3))


@dataclass
class Told:
    """What alice should find, kept apart from the forum: whether she has read of each post."""

    is_read: dict[int, bool] = field(default_factory=dict)

    def note(self, post: Post, *, is_cause: bool) -> None:
        if is_cause:
            self.is_read.setdefault(post.pk, False)
        elif self.is_read.get(post.pk) is False:
            del self.is_read[post.pk]

    def mark(self, posts: list[Post], *, read: bool) -> None:
        for post in posts:
            if post.pk in self.is_read:
                self.is_read[post.pk] = read

    def waiting(self) -> set[int]:
        """Of what is not read, what she may read."""
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
        Role.objects.create(person=self.carol, kind=Role.Kind.MODERATOR)
        shelf = Category.objects.create(name="Outdoors")
        board = Board.objects.create(category=shelf, name="Gardens", slug="gardens")
        self.thread = start_thread(board, author=self.alice, title="Moss", source=WORDS)
        self.opening = Post.objects.get(thread=self.thread)
        self.told = Told()

    @settings(max_examples=6, phases=[Phase.explicit, Phase.generate])
    @given(st.lists(STEP, min_size=5, max_size=30))
    def test_counter_is_the_list_after_any_actions(self, steps: list[tuple[str, int, int]]) -> None:
        for n, (deed, place, text) in enumerate(steps):
            posts = list(Post.objects.in_thread(self.thread).select_related("thread__board"))
            try:
                self.do(deed, posts[place % len(posts)], f"{TEXTS[text]}, number {n}.")
            except UserError:
                continue
            assert set(told(self.alice)) == self.told.waiting(), deed

    def note(self, post: Post) -> None:
        quotes = post.quotes.filter(source_post__author=self.alice)
        mentions = post.mentions.filter(person=self.alice)
        answers = bool(post.parent) and post.parent.author_id == self.alice.pk
        self.told.note(post, is_cause=answers or mentions.exists() or quotes.exists())

    def do(self, deed: str, post: Post, source: str) -> None:
        mine = User.objects.get(pk=self.alice.pk)
        if deed == "reply":
            self.note(reply_to(post, author=self.bob, source=source))
        elif deed == "edit":
            self.note(edit_post(post, actor=self.bob, source=source))
        elif deed == "hide":
            hide_post(post, actor=self.carol, reason="spam")
        elif deed == "unhide":
            unhide_post(post, actor=self.carol, reason="not spam")
        elif deed == "delete":
            delete_post(post, actor=self.bob)
        elif deed.endswith("delete thread"):
            at = timezone.now() if deed == "delete thread" else None
            Thread.objects.filter(pk=self.thread.pk).update(deleted_at=at)
        else:
            self.mark(deed, post, mine)

    def mark(self, deed: str, post: Post, mine: User) -> None:
        notifications = list(
            Notification.objects.filter(member=mine, post=post).values_list("pk", flat=True)
        )
        marked = [post]
        if deed == "see":
            mark_revisions_read(post.thread, member=mine, numbers=[post.latest_number])
        elif deed == "branch":
            mark_branch_read(post, member=mine)
            marked = list(Post.objects.branch_of(post))
        elif deed == "thread":
            mark_thread_read(post.thread, member=mine)
            marked = list(Post.objects.in_thread(self.thread))
        elif deed == "all":
            marked = list(Post.objects.filter(pk__in=self.told.waiting()))
            read_all(member=mine, up_to=2**60)
        else:
            mark_notifications(notifications, member=mine, read=deed == "read")
        self.told.mark(marked, read=deed != "unread")
