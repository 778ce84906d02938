"""Prepared queries return the same rows as the querysets they were built from."""

from __future__ import annotations

import pytest
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils import timezone

from forum.lib.prepared_queries import PreparedQuery
from forum.models import Post, Revision, Thread

pytestmark = pytest.mark.django_db


def posts_with_revisions(thread: int, post: int):
    """Return the posts of a thread from one on, with the numbers of their revisions."""
    revisions = Revision.objects.filter(post=OuterRef("pk")).order_by("number")
    return (
        Post.objects.filter(thread=thread, pk__gte=post, level__gte=0)
        .order_by("pk")
        .values_list("pk", "author__username", ArraySubquery(revisions.values("number")))
    )


def test_rows_equal_those_of_the_queryset_for_all_numbers(
    reply: Post, opening: Post, django_assert_num_queries
) -> None:
    prepared = PreparedQuery(posts_with_revisions, numbers=2)
    for numbers in [(reply.thread_id, reply.pk), (reply.thread_id, 0), (0, 0)]:
        with django_assert_num_queries(1):
            rows = prepared.rows(*numbers)
        assert rows == list(posts_with_revisions(*numbers))
    assert len(prepared.rows(reply.thread_id, 0)) == 2


def test_number_is_not_confused_with_an_equal_constant(reply: Post, opening: Post) -> None:
    prepared = PreparedQuery(lambda post: Post.objects.filter(pk=post, level=1).values_list("pk"))
    assert prepared.rows(reply.pk) == [(reply.pk,)]
    assert prepared.rows(opening.pk) == []


def test_query_with_a_fixed_time_is_rejected() -> None:
    prepared = PreparedQuery(
        lambda pk: Thread.objects.filter(pk=pk, created_at__lt=timezone.now()).values_list("pk")
    )
    with pytest.raises(ValueError, match="date or time"):
        prepared.rows(1)


def test_unused_number_is_rejected() -> None:
    prepared = PreparedQuery(lambda _pk: Thread.objects.values_list("pk"))
    with pytest.raises(ValueError, match="does not use all its numbers"):
        prepared.rows(1)
