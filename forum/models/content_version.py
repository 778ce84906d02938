"""The version of all that visitors can see."""

from __future__ import annotations

from django.db import models


class ContentVersion(models.Model):
    """One row with two counters, in microseconds since 1970; triggers count when changes commit.

    `latest` changes with anything that a visitor's page may show. `elsewhere` changes only with
    what may show on pages of threads and leaves their own row as it was: names, boards, tags, and
    posts that quote, or are quoted, across threads.
    """

    latest = models.BigIntegerField()
    elsewhere = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.latest}, {self.elsewhere}"
