"""A prepared query answers as the query set does that it was built from."""

from __future__ import annotations

import pytest
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils import timezone

from forum.lib.prepared_queries import PreparedQuery
from forum.models import Post, Revision, Thread

pytestmark = pytest.mark.django_db


def wordings(thread: int, post: int):
    """Posts of a thread from one on, with their earlier wordings as objects."""
    earlier = Revision.objects.filter(post=OuterRef("pk")).order_by("number")
    return (
        Post.objects.filter(thread=thread, pk__gte=post, level__gte=0)
        .order_by("pk")
        .values_list("pk", "author__username", ArraySubquery(earlier.values("number")))
    )


def test_rows_are_those_of_the_query_set_whatever_the_numbers(
    reply: Post, opening: Post, django_assert_num_queries
) -> None:
    prepared = PreparedQuery(wordings, numbers=2)
    for numbers in [(reply.thread_id, reply.pk), (reply.thread_id, 0), (0, 0)]:
        with django_assert_num_queries(1):
            rows = prepared.rows(*numbers)
        assert rows == list(wordings(*numbers))
    assert len(prepared.rows(reply.thread_id, 0)) == 2


def test_number_is_not_taken_for_another_that_is_equal(reply: Post, opening: Post) -> None:
    prepared = PreparedQuery(lambda post: Post.objects.filter(pk=post, level=1).values_list("pk"))
    assert prepared.rows(reply.pk) == [(reply.pk,)]
    assert prepared.rows(opening.pk) == []


def test_query_that_would_stop_the_clock_is_refused() -> None:
    prepared = PreparedQuery(
        lambda pk: Thread.objects.filter(pk=pk, created_at__lt=timezone.now()).values_list("pk")
    )
    with pytest.raises(ValueError, match="date or time"):
        prepared.rows(1)


def test_number_that_nothing_asks_for_is_refused() -> None:
    prepared = PreparedQuery(lambda _pk: Thread.objects.values_list("pk"))
    with pytest.raises(ValueError, match="does not use all its numbers"):
        prepared.rows(1)
