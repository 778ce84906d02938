"""Rebuilding derived data: counters, labels, and what is rendered of posts."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Max

from forum.actions.branches import renumber
from forum.actions.mentions import replace_mentions
from forum.actions.posts import recount
from forum.actions.quote_sources import find_again, find_sources, replace_quotes
from forum.actions.transactions import RetryTransaction, retrying_transaction
from forum.lib.tree import label_tree
from forum.markup.rendered_post import Rendered, render
from forum.models import Post, Revision, Thread
from forum.models.accounts import known_names


@retrying_transaction
def recount_thread(thread_id: int) -> None:
    """Set a thread's counters from its posts."""
    thread = Thread.objects.locked(thread_id)
    numbers = Revision.objects.filter(post__thread=thread).aggregate(last=Max("number"))
    posts = Post.objects.filter(thread=thread)
    numbers |= posts.order_by().aggregate(post=Max("number"), change=Max("changed_number"))
    taken = max(number or 0 for number in numbers.values())
    thread.next_number = max(thread.next_number, taken + 1)
    thread.save(update_fields=["next_number"])
    renumber(thread_id)
    recount(thread, posts.published().count() - thread.post_count)


@retrying_transaction
def rebuild_labels(thread_id: int) -> int:
    """Rebuild a thread's labels from each post's parent; return the number of posts.

    Siblings are sorted by number. Raises ValueError if the posts are not one tree.
    """
    thread = Thread.objects.locked(thread_id)
    parents = dict(Post.objects.by_number(thread).values_list("pk", "parent_id"))
    labels = label_tree(parents)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE forum_post AS post
               SET tree_id = post.thread_id, lft = label.lft, rght = label.rght,
                   level = label.level
              FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::integer[])
                   AS label (id, lft, rght, level)
             WHERE post.id = label.id
            """,
            [
                list(labels),
                [label.left for label in labels.values()],
                [label.right for label in labels.values()],
                [label.level for label in labels.values()],
            ],
        )
    return len(labels)


@dataclass(frozen=True, slots=True)
class RenderedBatch:
    """Posts that were rendered again: the last one, how many, and how many are different now."""

    last: int
    posts: int
    changed: int


@retrying_transaction
def render_batch(after: int, limit: int) -> RenderedBatch | None:
    """Render the first `limit` posts with ids above `after` again; None when there is none.

    Locks their threads. Renders all their versions. Nobody is notified, and the posts do not count
    as edited. Raises `Busy`.
    """
    batch = Post.objects.order_by("pk").filter(pk__gt=after)[:limit]
    threads = dict(batch.values_list("pk", "thread"))
    if not threads:
        return None
    Thread.objects.lock(*set(threads.values()))
    posts = Post.objects.filter(pk__in=threads).select_related("author", "parent__author")
    if {post.pk: post.thread_id for post in posts} != threads:
        raise RetryTransaction
    changed = sum(render_post_again(post) for post in posts if not post.is_erased)
    return RenderedBatch(max(threads), len(threads), changed)


def render_post_again(post: Post) -> bool:
    """Store what the renderer makes of a post today; return whether anything changed.

    The caller has locked the thread.
    """
    changed: list[Revision] = []
    revisions = list(post.revisions.all())
    for revision in revisions:
        rendered = render(revision.source, known_names)
        before = (revision.plain, revision.quoted)
        revision.plain, revision.quoted = rendered.plain, [*map(list, rendered.quoted)]
        if before != (revision.plain, revision.quoted):
            revision.save(update_fields=["plain", "quoted"])
            changed.append(revision)
    find_again(changed)
    shown = (post.html, post.excerpt)
    post.set_text(post.source, rendered)
    if shown != (post.html, post.excerpt):
        post.save(update_fields=["html", "excerpt"])
    elif not changed:
        return False
    replace_mentions(post, rendered)
    if revisions[-1] in changed:
        _find_sources_again(post, rendered)
    return True


def _find_sources_again(post: Post, rendered: Rendered) -> None:
    """Find the quotes of a post whose words changed. Quotes of erased posts stay empty."""
    words = {block.ordinal: block.words for block in rendered.quotes}
    quotes = {quote.ordinal: quote for quote in post.quotes.all()}
    if all(quote.words in ("", words.get(ordinal)) for ordinal, quote in quotes.items()):
        return
    found = find_sources(rendered, reader=post.author, parent=post.parent, exclude=post)
    replace_quotes(post, found)
