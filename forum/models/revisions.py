"""What a post said, each time that it was changed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from forum.lib.unnest import unnest
from forum.markup.quotes import PARAGRAPHS, without_quoted
from forum.models.posts import readable_by
from forum.models.threads import Reader, Thread

if TYPE_CHECKING:
    from forum.models.posts import Post

# How far back in a thread the source of a quote is looked for, in posts and revisions.
SEARCHED = 5000
# Of a post that was edited often, so many of its latest versions are searched.
VERSIONS_SEARCHED = 20
# Of several posts together: first what each says now, then what it said before that, and so on.
TEXTS_SEARCHED = 250
# And no more than so many bytes of text, whether of such posts or of a thread.
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
        """Revisions of posts whose text `reader` may read, with whose and where they are."""
        return self.filter(
            readable_by(reader, "post__"), post__thread__in=Thread.objects.visible_to(reader)
        ).select_related("post__author", "post__thread")

    def to_search(self, reader: Reader, found: RawSQL) -> RevisionQuerySet:
        """Those with the ids found that `reader` may read, with as much of them as is compared."""
        revisions = self.readable_by(reader).filter(pk__in=found)
        return revisions.defer("source", "post__source", "post__html")

    def of_posts(self, ids: Sequence[int], reader: Reader) -> list[Revision]:
        """Revisions of these posts, in the order of `ids`, the latest of each first.

        Of many or long ones not all: see `VERSIONS_SEARCHED`, `TEXTS_SEARCHED`, `BYTES_SEARCHED`.
        """
        if not ids:
            return []
        order = {post_id: place for place, post_id in enumerate(ids)}
        limits = [VERSIONS_SEARCHED, TEXTS_SEARCHED, BYTES_SEARCHED]
        found = RawSQL(OF_POSTS_SQL, [list(ids), *limits])  # noqa: S611 (fixed text)
        revisions = self.to_search(reader, found).order_by("-number")
        return sorted(revisions, key=lambda revision: order[revision.post_id])

    def first_for_all(self, post: Post) -> int:
        """The number of the first version of a post that everybody may read.

        What a moderator changed may be there no more: earlier ones are for author and moderators.
        """
        return self._changed_by_others(post).values_list("number", flat=True).first() or 0

    def for_all(self, post: Post) -> RevisionQuerySet:
        """The versions of a post that everybody may read."""
        first = Subquery(self._changed_by_others(post).values("number")[:1])
        return self.filter(post=post, number__gte=Coalesce(first, 0))

    def _changed_by_others(self, post: Post) -> RevisionQuerySet:
        return self.filter(post=post).exclude(editor=post.author_id).order_by("-number")

    def latest_of(self, ids: Collection[int]) -> dict[int, Revision]:
        """What these posts say now, by post."""
        latest = self.filter(post__in=unnest(ids)).order_by("post_id", "-number")
        return {revision.post_id: revision for revision in latest.distinct("post_id")}

    def in_thread_with(self, thread_id: int, words: str, reader: Reader) -> list[Revision]:
        """The first revisions in a thread that contain `words` to the letter; at most 20.

        The first: who says something is followed by those who quote it. Looked for in the latest
        that `BYTES_SEARCHED` allows. The thread's latest number is asked for by itself: not knowing
        it, the planner would read all posts.
        """
        latest = Thread.objects.values_list("next_number", flat=True).get(pk=thread_id)
        limits = [latest - SEARCHED, VERSIONS_SEARCHED, BYTES_SEARCHED]
        found = RawSQL(IN_THREAD_SQL, [thread_id, *limits, words])  # noqa: S611 (fixed text)
        return list(self.to_search(reader, found).order_by("number")[:20])


class Revision(models.Model):
    """One wording of a post.

    `number` comes from the thread's counter, as `Post.number` does: revisions are numbered as they
    arrive in the thread, and the first revision of a post has the post's own number.
    """

    post = models.ForeignKey("forum.Post", models.PROTECT, related_name="revisions")
    number = models.BigIntegerField()
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    source = models.TextField()
    # The words without marks: what quotes are compared with and differences are made from.
    plain = models.TextField()
    # Where in those the words of others stand: [from, to, number of the block quote].
    quoted = models.JSONField(default=list, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
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
    def said(self) -> str:
        """What the author said: `plain`, as long as it is, with the words of others blotted out."""
        return without_quoted(self.plain, self.quoted)

    def words_quoted(self) -> dict[int, str]:
        """The words of each block quote, as `render` gives them, by its number."""
        words: dict[int, list[str]] = {}
        for start, end, ordinal in self.quoted:
            words.setdefault(ordinal, []).append(" ".join(self.plain[start:end].split()))
        return {ordinal: PARAGRAPHS.join(texts) for ordinal, texts in words.items()}
