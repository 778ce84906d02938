"""Prepared queries return the same rows as the querysets they were built from."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet
from django.utils import timezone

from forum.lib.prepared_queries import PreparedQuery
from forum.lib.sql import IsAnyOf
from forum.models import Board, Ignore, Post, Revision, Role, Thread, User
from forum.models.ignores import by_ignored
from forum.models.visibility import Reader, ReaderQuery

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
    prepared = PreparedQuery(posts_with_revisions)
    for numbers in [(reply.thread_id, reply.pk), (reply.thread_id, 0), (0, 0)]:
        with django_assert_num_queries(1):
            rows = prepared.fetch(*numbers)
        assert rows == list(posts_with_revisions(*numbers))
    assert len(prepared.fetch(reply.thread_id, 0)) == 2


def test_lists_texts_times_and_percent_signs_are_filled_in(reply: Post, opening: Post) -> None:
    def build(ids: list[int], name: str, since: datetime):
        posts = Post.objects.filter(IsAnyOf("pk", ids), created_at__gte=since)
        match = Q(author__username=name) | Q(source__contains="100%")
        return posts.filter(match).order_by("pk").values_list("pk")

    prepared = PreparedQuery(build)
    author, now = opening.author.username, timezone.now()
    for ids in ([opening.pk, reply.pk], [reply.pk], []):
        for name in (author, "nobody %s % 'x'", ""):
            for since in (opening.created_at, now):
                asked = (ids, name, since)
                assert prepared.fetch(*asked) == list(build(*asked)), asked
    assert (opening.pk,) in prepared.fetch([opening.pk], author, opening.created_at)


def test_models_have_their_related_ones_and_annotations(
    reply: Post, opening: Post, django_assert_num_queries
) -> None:
    def build(thread: int) -> QuerySet[Post]:
        posts: QuerySet[Post] = Post.objects.visible_to(AnonymousUser()).filter(thread=thread)
        return posts.select_related("author", "parent__author").order_by("pk")

    with django_assert_num_queries(1):
        first, second = PreparedQuery(build).fetch(reply.thread_id)
        assert (first.author.pk, first.parent) == (opening.author_id, None)
        assert second.parent.author.pk == opening.author_id
        assert (second.is_readable, second.shown_html) == (True, reply.html)
        assert second == reply
    assert second.get_deferred_fields() == {"html", "source", "excerpt"}


def test_number_is_not_confused_with_an_equal_constant(reply: Post, opening: Post) -> None:
    prepared = PreparedQuery(lambda post: Post.objects.filter(pk=post, level=1).values_list("pk"))
    assert prepared.fetch(reply.pk) == [(reply.pk,)]
    assert prepared.fetch(opening.pk) == []


def test_query_is_built_again_for_each_choice_that_is_no_value(reply: Post, opening: Post) -> None:
    def build(thread: int, is_reply: bool | None):
        posts = Post.objects.filter(thread=thread).order_by("pk").values_list("pk")
        return posts if is_reply is None else posts.filter(parent__isnull=not is_reply)

    prepared = PreparedQuery(build)
    found = {choice: prepared.fetch(reply.thread_id, choice) for choice in (True, False, None)}
    assert found[True] == [(reply.pk,)]
    assert found[False] == [(opening.pk,)]
    assert found[None] == [(opening.pk,), (reply.pk,)]


@pytest.mark.parametrize(
    "build",
    [
        lambda pk: Thread.objects.filter(pk=pk, created_at__lt=timezone.now()).values_list("pk"),
        lambda pk: Thread.objects.filter(pk=pk + 1).values_list("pk"),
        lambda pk: Thread.objects.filter(pk=pk).values_list("pk")[: abs(pk) % 1_000_003 + 1],
    ],
    ids=["the time", "something computed", "a limit computed"],
)
def test_query_that_depends_on_more_than_its_values_is_refused(build, opening: Post) -> None:
    with pytest.raises(ValueError, match="depends on more than its values"):
        PreparedQuery(build).fetch(opening.thread_id)


def test_postgresql_keeps_the_plan(opening: Post) -> None:
    prepared = PreparedQuery(posts_with_revisions)
    for _time in range(5):
        prepared.fetch(opening.thread_id, opening.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE %s",
            ['%"level" >= 0%'],
        )
        assert cursor.fetchall() == [(5, 0)]


def test_each_reader_gets_what_the_query_built_for_them_returns(
    board: Board, reply: Post, opening: Post, alice: User, bob: User, carol: User
) -> None:
    def build(reader: Reader, thread: int):
        return Post.objects.visible_to(reader).filter(thread=thread).values_list("pk", "shown_html")

    Post.objects.filter(pk=reply.pk).update(hidden_at=timezone.now())
    local = User.objects.create_user("local")
    Role.objects.create(person=local, board=board, kind=Role.Kind.MODERATOR)
    query = ReaderQuery(build)
    texts = {}
    for reader in (AnonymousUser(), alice, bob, carol, local):
        found = query.fetch(reader, opening.thread_id)
        assert sorted(found) == sorted(build(reader, opening.thread_id))
        texts[str(reader)] = dict(found)[reply.pk]
    assert texts["carol"] == texts["local"] == texts[reply.author.username] == reply.html
    assert texts["AnonymousUser"] == ""


def test_query_is_built_once_for_all_members_who_ignore_others(
    opening: Post, reply: Post, alice: User, bob: User
) -> None:
    built = []

    def build(reader: Reader, thread: int):
        built.append(reader)
        posts = Post.objects.filter(thread=thread).exclude(by_ignored(reader))
        return posts.order_by("pk").values_list("pk")

    others = [User.objects.create_user(f"other{n}") for n in range(50)]
    Ignore.objects.bulk_create(Ignore(member=bob, ignored=each) for each in (alice, *others))
    Ignore.objects.create(member=alice, ignored=bob)
    query = ReaderQuery(build)
    readers = [User.objects.get(pk=each.pk) for each in (alice, bob)]
    assert query.fetch(readers[0], opening.thread_id) == [(opening.pk,)]
    times = len(built)
    assert query.fetch(readers[1], opening.thread_id) == [(reply.pk,)]
    assert len(built) == times
    posts = [(opening.pk,), (reply.pk,)]
    assert query.fetch(others[0], opening.thread_id) == posts
