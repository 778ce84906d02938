"""Revisions: every text that a post has had."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from forum.lib.sql import unnest
from forum.markup.quotes import PARAGRAPHS, without_quoted
from forum.models.search import SearchWords
from forum.models.threads import Thread
from forum.models.visibility import Reader, readable_by

if TYPE_CHECKING:
    from forum.models.posts import Post

# The source of a quote is searched among this many latest posts and revisions of a thread …
SEARCHED = 5000
# … and this many latest revisions of each post.
VERSIONS_SEARCHED = 20
# For several posts together: first the current revision of each, then the ones before, and so on.
TEXTS_SEARCHED = 250
# In either case at most this many bytes of text.
BYTES_SEARCHED = 4_000_000

# `octet_length` is known without reading the text.
OF_POSTS_SQL = """
SELECT id FROM (
    SELECT revision.id, sum(bytes) OVER (ORDER BY version, place) AS bytes_so_far
      FROM unnest(%s::bigint[]) WITH ORDINALITY AS post (id, place)
           CROSS JOIN LATERAL (
               SELECT id, octet_length(plain) AS bytes,
                      row_number() OVER (ORDER BY number DESC) AS version
                 FROM forum_revision WHERE post_id = post.id ORDER BY number DESC LIMIT %s
           ) AS revision
     ORDER BY version, place LIMIT %s
) AS found
 WHERE bytes_so_far <= %s
"""

IN_THREAD_SQL = """
SELECT id FROM (
    SELECT id, plain, sum(octet_length(plain)) OVER (ORDER BY number DESC) AS bytes_so_far
      FROM (
          SELECT revision.id, revision.number, plain,
                 row_number() OVER (PARTITION BY post_id ORDER BY revision.number DESC) AS version
            FROM forum_post AS post JOIN forum_revision AS revision ON revision.post_id = post.id
           WHERE post.thread_id = %s AND post.number >= %s
      ) AS of_thread
     WHERE version <= %s
) AS found
 WHERE bytes_so_far <= %s AND strpos(plain, %s) > 0
"""


class RevisionQuerySet(models.QuerySet["Revision"]):
    def readable_by(self, reader: Reader) -> RevisionQuerySet:
        """Return revisions of posts whose text `reader` may read, with author and thread."""
        return self.filter(
            readable_by(reader, "post__"), post__thread__in=Thread.objects.visible_to(reader)
        ).select_related("post__author", "post__thread")

    def to_search(self, reader: Reader, found: RawSQL) -> RevisionQuerySet:
        """Return those of the `found` ids that `reader` may read, with the columns to compare."""
        revisions = self.readable_by(reader).filter(pk__in=found)
        return revisions.defer("source", "post__source", "post__html")

    def of_posts(self, ids: Sequence[int], reader: Reader) -> list[Revision]:
        """Return revisions of these posts, in the order of `ids`, the latest of each first.

        At most `VERSIONS_SEARCHED` per post, `TEXTS_SEARCHED` and `BYTES_SEARCHED` in all.
        """
        if not ids:
            return []
        order = {post_id: place for place, post_id in enumerate(ids)}
        limits = [VERSIONS_SEARCHED, TEXTS_SEARCHED, BYTES_SEARCHED]
        found = RawSQL(OF_POSTS_SQL, [list(ids), *limits])  # noqa: S611 (fixed text)
        revisions = self.to_search(reader, found).order_by("-number")
        return sorted(revisions, key=lambda revision: order[revision.post_id])

    def first_for_all(self, post: Post) -> int:
        """Return the number of the first revision of `post` that everybody may read; 0 for all.

        Revisions before a moderator's edit are only for the author and moderators.
        """
        return self._changed_by_others(post).values_list("number", flat=True).first() or 0

    def for_all(self, post: Post) -> RevisionQuerySet:
        """Return the revisions of a post that everybody may read."""
        first = Subquery(self._changed_by_others(post).values("number")[:1])
        return self.filter(post=post, number__gte=Coalesce(first, 0))

    def _changed_by_others(self, post: Post) -> RevisionQuerySet:
        return self.filter(post=post).exclude(editor=post.author_id).order_by("-number")

    def latest_of(self, ids: Collection[int]) -> dict[int, Revision]:
        """Return the current revision of each of these posts, by post."""
        latest = self.filter(post__in=unnest(ids)).order_by("post_id", "-number")
        return {revision.post_id: revision for revision in latest.distinct("post_id")}

    def in_thread_with(self, thread_id: int, words: str, reader: Reader) -> list[Revision]:
        """Return the first revisions in a thread that contain `words` literally; at most 20.

        The first, because whoever wrote the words comes before those who quote them. Searches the
        latest `SEARCHED` numbers within `BYTES_SEARCHED`. The thread's latest number is a query of
        its own: without knowing it, the planner would read all posts.
        """
        latest = Thread.objects.values_list("next_number", flat=True).get(pk=thread_id)
        limits = [latest - SEARCHED, VERSIONS_SEARCHED, BYTES_SEARCHED]
        found = RawSQL(IN_THREAD_SQL, [thread_id, *limits, words])  # noqa: S611 (fixed text)
        return list(self.to_search(reader, found).order_by("number")[:20])


class Revision(models.Model):
    """One text of a post.

    `number` comes from the thread's counter, as `Post.number` does: revisions are numbered as they
    arrive in the thread, and the first revision of a post has the post's own number.
    """

    post = models.ForeignKey("forum.Post", models.PROTECT, related_name="revisions")
    number = models.BigIntegerField()
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    source = models.TextField()
    # The text without markup, for matching quotes and showing changes.
    plain = models.TextField()
    # The quoted stretches of `plain`: [start, end, ordinal of the block quote].
    quoted = models.JSONField(default=list, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    # A moderator's edit: what earlier revisions said, and the post no longer says, is blanked in
    # quotes of other posts.
    withdraws = models.BooleanField(default=False, db_default=False, editable=False)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        # Without a list of pending entries, which every search would read through.
        indexes = [
            GinIndex(SearchWords("plain", "quoted"), fastupdate=False, name="revision_words")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "number"],
                name="revision_number",
                deferrable=models.Deferrable.IMMEDIATE,
            )
        ]

    def __str__(self) -> str:
        return f"{self.post_id}/{self.number}"

    @cached_property
    def own_words(self) -> str:
        """Return the author's own words: `plain` at full length, with quoted words blanked."""
        return without_quoted(self.plain, self.quoted)

    def words_quoted(self) -> dict[int, str]:
        """Return the words of each block quote, as `render` gives them, by its ordinal."""
        words: dict[int, list[str]] = {}
        for start, end, ordinal in self.quoted:
            words.setdefault(ordinal, []).append(" ".join(self.plain[start:end].split()))
        return {ordinal: PARAGRAPHS.join(texts) for ordinal, texts in words.items()}
