"""A pending post for review: the text, the rule, the posts above it, and its author."""

from __future__ import annotations

from forum.markup.changes import TextChange, word_diff
from forum.models import Case, PendingPost, Post, User
from forum.presenters.editable_source import masked_for
from forum.presenters.pending_posts import text_of_pending_post
from forum.presenters.review import ANCESTORS, ELSEWHERE, ContextPost, record_of
from forum.queries.admin_posts import posts_for_admin


class PendingPostReview:
    """One pending post for one moderator."""

    def __init__(self, pending: PendingPost, reader: User) -> None:
        self.pending_post = PendingPost.objects.with_context().get(pk=pending.pk)
        self.text = text_of_pending_post(self.pending_post, reader)
        self.changes = self._changes(reader)
        self.above = self._above(reader)
        waiting = Case.objects.for_admin(reader).open().exclude(pending_post=pending.pk)
        self.others = list(waiting.filter(pending_post__author=pending.author_id)[:ELSEWHERE])
        self.author = record_of(self.pending_post.author)

    def _changes(self, reader: User) -> list[TextChange]:
        """Return how a pending edit differs from the post."""
        post = self.pending_post.edits
        if post is None:
            return []
        texts = (post.latest_revision().source, self.pending_post.source)
        return word_diff(*(masked_for(reader, text, post) for text in texts))

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
