"""Bulk import of a whole thread: labels in one pass, rows by COPY."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db import connection, models
from psycopg.types.json import Jsonb

from forum.actions.mentions import named_in
from forum.actions.posts import rendered_post
from forum.actions.quote_sources import place_in
from forum.actions.threads import clean_title
from forum.actions.transactions import retrying_transaction
from forum.lib.names import fold_name
from forum.lib.text import clean_source
from forum.lib.tree import Label, label_tree
from forum.markup.rendered_post import Rendered
from forum.models import Board, Mention, Post, Quote, Revision, Thread, User
from forum.models.threads import slug_of

# Results cached per import: generated conversations repeat their texts.
TEXTS_CACHED = 4096


@dataclass(frozen=True, slots=True)
class ImportedPost:
    """A post to import. `key` is any unique number; `parent` is the key of its parent."""

    key: int
    parent: int | None
    author: User
    source: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PreparedImport:
    """A post during import: its content, and the ids, number and label assigned to it."""

    id: int
    parent: PreparedImport | None
    revision_id: int
    number: int
    written: ImportedPost
    rendered: Rendered
    label: Label


def import_thread(board: Board, *, title: str, posts: Iterable[ImportedPost]) -> Thread:
    """Create a thread with all its posts and return it.

    `posts` are in order of time, each after its parent, the opening post first. Mentions are
    recorded; the source of a quote is searched in the parent only. No permissions are checked and
    nobody is notified. Raises ValueError when the posts are not one tree, and `Invalid` when one of
    them is no valid post.
    """
    written = list(posts)
    labels = label_tree({post.key: post.parent for post in written})
    renderer = lru_cache(TEXTS_CACHED)(rendered_post)
    rendered = [renderer(post.source) for post in written]
    return _load_thread(board, clean_title(title), written, rendered, labels)


@retrying_transaction
def _load_thread(
    board: Board,
    title: str,
    written: Sequence[ImportedPost],
    rendered: Sequence[Rendered],
    labels: dict[int, Label],
) -> Thread:
    opening, latest = written[0], written[-1]
    thread = Thread.objects.create(
        board=board,
        title=title,
        slug=slug_of(title),
        author=opening.author,
        created_at=opening.created_at,
    )
    Thread.objects.lock(thread.pk)
    first = thread.take_numbers(len(written))
    post_ids = _new_ids(Post, len(written))
    revision_ids = _new_ids(Revision, len(written))
    posts: dict[int | None, PreparedImport] = {}
    for place, post in enumerate(written):
        posts[post.key] = PreparedImport(
            id=post_ids[place],
            parent=posts.get(post.parent),
            revision_id=revision_ids[place],
            number=first + place,
            written=post,
            rendered=rendered[place],
            label=labels[post.key],
        )
    latest_in = _latest_in_branches(posts.values())
    _copy(
        Post,
        POST_COLUMNS,
        (_post_row(thread, post, latest_in.get(post.id, 0)) for post in posts.values()),
    )
    _copy(Revision, REVISION_COLUMNS, map(_revision_row, posts.values()))
    Mention.objects.bulk_create(_mentions(list(posts.values())), batch_size=5000)
    Quote.objects.bulk_create(_quotes(posts.values()), batch_size=5000)
    thread.post_count = len(written)
    thread.last_post_id = posts[latest.key].id
    thread.last_post_at = latest.created_at
    thread.save()
    _analyse(Thread, Post, Revision, Mention, Quote)
    return thread


POST_COLUMNS = (
    "id thread_id tree_id parent_id lft rght level"
    " number latest_number changed_number branch_number"
    " author_id created_at source html excerpt"
)
REVISION_COLUMNS = "id post_id number editor_id source plain quoted created_at"


def _latest_in_branches(posts: Iterable[PreparedImport]) -> dict[int, int]:
    """Return the number of the latest post of each top-level branch, by its head."""
    latest: dict[int, int] = {}
    heads: dict[int, int] = {}
    for post in posts:
        if post.parent is None:
            continue
        heads[post.id] = head = heads.get(post.parent.id, post.id)
        latest[head] = post.number
    return latest


def _post_row(thread: Thread, post: PreparedImport, latest_in_branch: int) -> tuple[object, ...]:
    return (
        post.id,
        thread.pk,
        thread.pk,
        post.parent.id if post.parent else None,
        post.label.left,
        post.label.right,
        post.label.level,
        post.number,
        post.number,
        post.number,
        latest_in_branch,
        post.written.author.pk,
        post.written.created_at,
        clean_source(post.written.source),
        post.rendered.html,
        post.rendered.excerpt(post.parent.written.author.username if post.parent else None),
    )


def _revision_row(post: PreparedImport) -> tuple[object, ...]:
    return (
        post.revision_id,
        post.id,
        post.number,
        post.written.author.pk,
        clean_source(post.written.source),
        post.rendered.plain,
        Jsonb(post.rendered.quoted),
        post.written.created_at,
    )


def _mentions(posts: Sequence[PreparedImport]) -> Iterator[Mention]:
    named_by = [named_in(post.rendered) for post in posts]
    names = set().union(*named_by)
    people = {fold_name(person.username): person for person in User.objects.named(names)}
    for post, named in zip(posts, named_by, strict=True):
        for name, kind in named.items():
            if name in people:
                yield Mention(post_id=post.id, person=people[name], name=name, kind=kind)


def _quotes(posts: Iterable[PreparedImport]) -> Iterator[Quote]:
    find = lru_cache(TEXTS_CACHED)(place_in)
    for post in posts:
        source = post.parent
        if source is None:
            continue
        for block in post.rendered.quotes:
            place = find(source.rendered.own_words, block.words)
            if place:
                yield Quote(
                    post_id=post.id,
                    ordinal=block.ordinal,
                    source_post_id=source.id,
                    source_revision_id=source.revision_id,
                    start=place[0],
                    length=place[1],
                    words=block.words,
                )


def _new_ids(model: type[models.Model], count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def _copy(model: type[models.Model], columns: str, rows: Iterable[Sequence[object]]) -> None:
    table = f"{model._meta.db_table} ({', '.join(columns.split())})"
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _analyse(*tables: type[models.Model]) -> None:
    """Update the planner's statistics for these tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(table._meta.db_table for table in tables)}")
