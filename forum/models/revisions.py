"""What a post said, each time that it was changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


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
    created_at = models.DateTimeField(default=timezone.now)

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
