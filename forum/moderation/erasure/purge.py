"""Deleting posts permanently, with every copy of their words in the database.

These are parts of a transaction: the caller has locked every thread that `reach_of` leads to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import chain

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.notification_mail import forget_subject
from forum.actions.posts import number_changes, recount
from forum.actions.quote_sources import FoundQuote, find_again, replace_quotes
from forum.actions.report_cases import close_reports
from forum.lib.sql import unnest
from forum.markup.redaction import comes_from, without_blocks
from forum.markup.rendered_post import render
from forum.models import (
    Case,
    Draft,
    Mention,
    ModerationAction,
    ModerationEffect,
    Notification,
    NotificationMail,
    PendingPost,
    Post,
    Quote,
    ReceivedMail,
    Report,
    Revision,
    Thread,
)
from forum.models.accounts import known_names
from forum.models.threads import slug_of
from forum.moderation.audit_log import Effect
from forum.moderation.targets import POSTS_PER_STATEMENT


def reach_of(ids: Collection[int]) -> set[int]:
    """Return the posts that may quote these, now or in an earlier revision.

    These are posts that quote one of them, directly or through another quote, and all posts with
    quotes in their threads.
    """
    found: set[int] = set()
    new = set(ids)
    while new:
        quoting = Quote.objects.filter(source_post__in=unnest(new)).values_list("post", flat=True)
        new = set(quoting) - found - set(ids)
        found |= new
    threads = Post.objects.order_by().filter(pk__in=unnest(ids)).values("thread")
    there = Revision.objects.filter(post__thread__in=threads).exclude(quoted=[])
    return found | set(there.values_list("post", flat=True)) - set(ids)


def hash_of(post: Post) -> str:
    """Return the hash that the log keeps of an erased post: of all its revisions together."""
    sources = post.revisions.order_by("number").values_list("source", flat=True)
    return sha256("\0".join(sources).encode()).hexdigest()


def erase_posts(
    posts: Sequence[Post], context: Iterable[Post], action: ModerationAction
) -> list[Effect]:
    """Erase the text of `posts`, and their words in quotes of `context`; return the effects."""
    if not posts:
        return []
    ids = [post.pk for post in posts]
    texts = Revision.objects.filter(post__in=unnest(ids)).exclude(plain="")
    said = [text for text in texts.values_list("plain", flat=True) if text.strip()]
    effects = [_effect_on(post) for post in posts]
    changed = [each for post in context for each in _empty_quotes(post, set(ids), said)]
    find_again(changed)
    _empty_drafts(posts, said)
    _empty(posts, action)
    effects += _empty_titles([post.thread for post in posts if post.is_opening], action)
    return effects


def forget_in_log(effects: Iterable[Effect]) -> None:
    """Replace the words of erased posts with a hash, in older entries of the log.

    The database allows no other change of the log, and this one only for targets with a record of
    erasure: see `migrations/0002_guards.py`.
    """
    with connection.cursor() as cursor:
        for kind, target, _before, _after in effects:
            cursor.execute("SELECT forum_forget(%s, %s)", [kind, target])


def _effect_on(post: Post) -> Effect:
    """Return the effect on a post; no earlier action on it can be undone from then on."""
    as_it_is = {"revision": post.latest_revision().pk, "hidden": post.is_hidden, "erasure": None}
    return (
        ModerationEffect.Kind.POST,
        post.pk,
        {"erased": None, **as_it_is},
        {"erased": hash_of(post), **as_it_is},
    )


def _empty(posts: Sequence[Post], action: ModerationAction) -> None:
    ids = [post.pk for post in posts]
    gone: dict[int, int] = {}
    for post in posts:
        if not post.is_deleted and not post.is_hidden:
            gone[post.thread_id] = gone.get(post.thread_id, 0) + 1
        post.source = post.html = post.excerpt = ""
        post.nonce, post.edited_action = None, None
        post.deleted_at, post.erased_action = action.created_at, action
    number_changes(posts)
    fields = [
        *("source", "html", "excerpt", "nonce", "edited_action", "deleted_at", "erased_action"),
        "changed_number",
    ]
    Post.objects.bulk_update(posts, fields, batch_size=POSTS_PER_STATEMENT)
    of_them = {"post__in": unnest(ids)}
    Revision.objects.filter(**of_them).update(source="", plain="", quoted=[])
    Quote.objects.filter(source_post__in=unnest(ids)).update(words="", start=0, length=0)
    for model in (Quote, Mention, Draft, Notification, NotificationMail):
        model._default_manager.filter(**of_them).delete()
    close_reports(ids, Report.Outcome.ACTED, action)
    threads = {post.thread_id: post.thread for post in posts}
    for pk, thread in sorted(threads.items()):
        if pk in gone:
            recount(thread, -gone[pk])
        if not Post.objects.by_number(thread).not_deleted().exists():
            Thread.objects.filter(pk=pk).update(deleted_at=action.created_at)


def _empty_titles(threads: Sequence[Thread], action: ModerationAction) -> list[Effect]:
    """Erase the titles of threads whose opening posts are erased, and leave them out of lists."""
    effects: list[Effect] = []
    for thread in threads:
        digest = sha256(thread.title.encode()).hexdigest()
        thread.title = _("A deleted title")
        thread.slug = slug_of(thread.title)
        before = {"erased": None, "unlisted": thread.is_unlisted}
        thread.unlisted_at = thread.unlisted_at or action.created_at
        thread.save(update_fields=["title", "slug", "unlisted_at"])
        thread.title_changes.all().delete()
        forget_subject(thread.pk)
        after = {"erased": digest, "title": thread.title, "unlisted": True}
        effects.append((ModerationEffect.Kind.THREAD, thread.pk, before, after))
    return effects


def _empty_quotes(post: Post, ids: Collection[int], said: Collection[str]) -> Iterator[Revision]:
    """Remove erased posts' words from the quotes of another post; yield the changed versions."""
    quotes = {quote.ordinal: quote for quote in post.quotes.select_related("source_revision")}
    theirs = {ordinal for ordinal, quote in quotes.items() if quote.source_post_id in ids}
    for revision in post.revisions.all():
        quoted = revision.words_quoted()
        is_latest = revision.number == post.latest_number
        emptied = {ordinal for ordinal, words in quoted.items() if comes_from(words, said)}
        emptied |= theirs if is_latest else set()
        if not emptied:
            continue
        revision.source, numbers = without_blocks(revision.source, emptied)
        rendered = render(revision.source, known_names)
        revision.plain, revision.quoted = rendered.plain, list(rendered.quoted)
        revision.save(update_fields=["source", "plain", "quoted"])
        yield revision
        if not is_latest:
            continue
        number_changes([post])
        post.set_text(revision.source, rendered)
        post.save(update_fields=["source", "html", "excerpt", "changed_number"])
        kept = [_as_found(quotes[old], new) for old, new in numbers.items() if old in quotes]
        replace_quotes(
            post,
            [replace(each, words="") if _is_of(each, ids) else each for each in kept],
        )


def _as_found(quote: Quote, ordinal: int) -> FoundQuote:
    return FoundQuote(ordinal, quote.words, quote.source_revision, quote.start, quote.length)


def _is_of(found: FoundQuote, ids: Collection[int]) -> bool:
    return found.revision.post_id in ids


def empty_pending_post(pending: QuerySet[PendingPost]) -> None:
    """Erase the text of pending posts, also of approved and rejected ones; only their rows stay."""
    ids = list(pending.values_list("pk", flat=True))
    Case.objects.filter(pending_post__in=ids, closed_at=None).update(
        closed_at=timezone.now(), assignee=None, claimed_at=None, is_assigned=False
    )
    found = PendingPost.objects.filter(pk__in=ids)
    found.filter(state=PendingPost.State.WAITING).update(state=PendingPost.State.WITHDRAWN)
    found.update(
        source="", excerpt="", title="", why="", quoted_post_ids=[], tag_ids=[], nonce=None
    )


def reword_begun(begun: Draft | PendingPost, source: str) -> None:
    """Change the text of a draft or a pending post."""
    begun.source = source
    if isinstance(begun, PendingPost):
        begun.excerpt = render(source, known_names).excerpt()
        begun.save(update_fields=["source", "excerpt"])
    else:
        begun.save(update_fields=["source"])


def _empty_drafts(posts: Sequence[Post], said: Collection[str]) -> None:
    """Remove the words from drafts and pending posts of others in these threads."""
    empty_pending_post(PendingPost.objects.filter(Q(post__in=posts) | Q(edits__in=posts)))
    threads = {post.thread_id for post in posts}
    # What was left out of mail may quote them without quote marks.
    ReceivedMail.objects.in_threads(threads).update(left_out="", lines_left_out=0)
    answers = Q(parent__thread__in=threads)
    drafts = Draft.objects.filter(answers | Q(post__thread__in=threads))
    pending = PendingPost.objects.filter(answers | Q(edits__thread__in=threads))
    begun: Iterator[Draft | PendingPost] = chain(drafts, pending)
    for draft in begun:
        blocks = render(draft.source).quotes if ">" in draft.source else ()
        emptied = {block.ordinal for block in blocks if comes_from(block.words, said)}
        if emptied:
            reword_begun(draft, without_blocks(draft.source, emptied)[0])
