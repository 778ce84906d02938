"""Visibility: conditions that every query for a reader uses, and queries prepared for readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Now

from forum.lib.prepared_queries import PreparedQuery
from forum.models.accounts import User

if TYPE_CHECKING:
    from forum.models.roles import Roles

Reader = User | AnonymousUser
VISITOR = AnonymousUser()
FetchedRow = TypeVar("FetchedRow")


def visible_by(reader: Reader, prefix: str = "") -> Q:
    """Return the condition for threads that `reader` may list and open.

    A thread that was removed, or has nothing left but hidden and deleted posts, is for its author
    and moderators only.

    `prefix` leads from the queried model to the thread, for example `"post__thread__"`.
    """
    not_deleted = Q(**{f"{prefix}deleted_at": None})
    has_posts = Q(**{f"{prefix}post_count__gt": 0}) | Q(**{f"{prefix}merged_into__isnull": False})
    public = not_deleted & Q(**{f"{prefix}removed_at": None}) & has_posts
    if not isinstance(reader, User):
        return public
    if reader.roles.is_site_moderator:
        return Q()
    own = not_deleted & Q(**{f"{prefix}author": reader})
    return public | own | Q(**{f"{prefix}board__in": reader.roles.board_ids})


def listed_by(reader: Reader, prefix: str = "") -> Q:
    """Return the condition for threads that lists show to `reader`: unlisted ones to moderators.

    A thread that is locked and whose opening post is hidden is left out, too. They may not all be
    visible to the reader; see `visible_by`.
    """
    is_open = Q(**{f"{prefix}locked_at": None}) | Q(**{f"{prefix}locked_until__lte": Now()})
    hidden_opening = apps.get_model("forum", "Post").objects.opening_of(OuterRef(f"{prefix}pk"))
    is_shown = ~Exists(hidden_opening.filter(hidden_at__isnull=False))
    listed = Q(**{f"{prefix}unlisted_at": None}) & (is_open | Q(is_shown))
    if not isinstance(reader, User):
        return listed
    if reader.roles.is_site_moderator:
        return Q()
    return listed | Q(**{f"{prefix}board__in": reader.roles.board_ids})


def readable_by(reader: Reader, prefix: str = "") -> Q:
    """Return the condition for posts whose text `reader` may read. Every query uses this one rule.

    `prefix` leads from the queried model to the post, for example `"parent__"`.
    """
    published = Q(**{f"{prefix}deleted_at": None})
    shown = Q(**{f"{prefix}hidden_at": None, f"{prefix}thread__removed_at": None})
    if not isinstance(reader, User):
        return published & shown
    if reader.roles.is_site_moderator:
        return published
    own = Q(**{f"{prefix}author": reader}) | Q(
        **{f"{prefix}thread__author": reader, f"{prefix}hidden_at": None}
    )
    if reader.roles.board_ids:
        own |= Q(**{f"{prefix}thread__board__in": reader.roles.board_ids})
    return published & (shown | own)


def if_readable(reader: Reader, field: str, prefix: str = "") -> Case:
    """Return that text field of a post as an expression; empty when `reader` may not read it."""
    readable = When(readable_by(reader, prefix), then=F(prefix + field))
    return Case(readable, default=Value(""), output_field=models.TextField())


class ReaderQuery(Generic[FetchedRow]):
    """A query built by `build(reader, argument, …)`; see `PreparedQuery` for the arguments.

    Of the reader it may depend on the fields that `_build_for_member` takes. It is built once for
    visitors, and for members with the same roles, who ignore anybody or nobody.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, FetchedRow]]) -> None:
        self.build = build
        self._for_visitor = PreparedQuery[FetchedRow](partial(build, AnonymousUser()))
        self._for_member = PreparedQuery[FetchedRow](self._build_for_member)

    def fetch(self, reader: Reader, *arguments: Any) -> list[FetchedRow]:
        """Return the rows of the query for this reader."""
        if not isinstance(reader, User):
            return self._for_visitor.fetch(*arguments)
        roles = replace(reader.roles, restrictions=())
        ignored = sorted(reader.ignored_ids) or None
        fields = (roles, ignored, reader.pk, reader.read_up_to, reader.date_joined)
        return self._for_member.fetch(*fields, *arguments)

    def first(self, reader: Reader, *arguments: Any) -> FetchedRow | None:
        """Return the first row of the query for this reader; None without any."""
        return next(iter(self.fetch(reader, *arguments)), None)

    def _build_for_member(
        self, roles: Roles, ignored: list[int] | None, *arguments: Any
    ) -> QuerySet[Any, FetchedRow]:
        pk, read_up_to, date_joined, *others = arguments
        member = User(pk=pk, read_up_to=read_up_to, date_joined=date_joined)
        member.roles_and_counts = (roles, 0, 0, frozenset(ignored or ()))
        return self.build(member, *others)
