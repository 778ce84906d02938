"""A pending post for review: the text, the rule, the posts above it, and its author."""

from __future__ import annotations

from forum.markup.changes import TextChange, word_diff
from forum.models import Case, HeldPost, Post, User
from forum.presenters.held import text_of_held
from forum.presenters.review import ANCESTORS, ELSEWHERE, ContextPost, record_of
from forum.queries.admin_posts import posts_for_admin


class HeldReview:
    """One pending post for one moderator."""

    def __init__(self, held: HeldPost, reader: User) -> None:
        self.held = HeldPost.objects.with_context().get(pk=held.pk)
        self.text = text_of_held(self.held, reader)
        self.changes = self._changes()
        self.above = self._above(reader)
        waiting = Case.objects.for_admin(reader).open().exclude(held=held.pk)
        self.others = list(waiting.filter(held__author=held.author_id)[:ELSEWHERE])
        self.author = record_of(self.held.author)

    def _changes(self) -> list[TextChange]:
        """Return how a pending edit differs from the post."""
        if self.held.edits is None:
            return []
        return word_diff(self.held.edits.latest_revision().source, self.held.source)

    def _above(self, reader: User) -> list[ContextPost]:
        """Return the parent and the posts above it."""
        answered = self.held.edits.parent_id if self.held.edits else self.held.parent_id
        if answered is None:
            return []
        path = Post.objects.path_to(answered)[-ANCESTORS:]
        near = posts_for_admin(reader).filter(pk__in=path)
        found = sorted(near, key=lambda post: path.index(post.pk))
        return [ContextPost(post, 0, 0) for post in found]
