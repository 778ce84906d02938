"""Answering, editing, deleting: what people do with posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.actions.branches import record_branch_activity
from forum.actions.cases import close_reports
from forum.actions.drafts import forget_draft
from forum.actions.mentions import record_mentions
from forum.actions.notifications import notify, notify_of_edit
from forum.actions.quotes import Found, find_sources, record_quotes
from forum.actions.read_state import mark_own_post_read
from forum.actions.sent_forms import posted_before
from forum.actions.slow_mode import keep_pace
from forum.actions.transactions import RetryTransaction, retrying_transaction
from forum.errors import Conflict, Invalid
from forum.lib.clock import was_within
from forum.lib.text import clean_source, fingerprint, is_blank
from forum.markup.render import MAX_SOURCE, Rendered, render
from forum.models import Post, Report, Revision, Thread, User
from forum.models.drafts import Purpose
from forum.permissions import can_answer, can_delete, can_edit

# An edit this soon, before anybody answered or quoted, writes over what it corrects.
SILENT_EDIT_PERIOD = timedelta(minutes=3)


def reply_to(
    parent: Post,
    *,
    author: User,
    source: str,
    nonce: UUID | None = None,
    pointed_at: Iterable[int] = (),
    draft_version: int | None = None,
    is_approved: bool = False,
) -> Post:
    """Answer a post; returns the reply. Its draft goes with that.

    `source` is Markdown. `nonce` identifies the form: sent twice, the first reply is returned;
    sent again with other words, `AlreadySent` is raised. `pointed_at` are ids of posts that the
    form quoted from, `draft_version` is that of the draft that the author has seen. What
    `is_approved` by a moderator keeps no pace. Raises `Invalid`, `Locked`, `Conflict` (the parent
    was removed), `Gone`, `SignedOut`, `Suspended` or `Busy`; nothing is written then.
    """
    rendered = rendered_post(source)
    found = find_sources(rendered, reader=author, parent=parent, pointed_at=pointed_at)
    source = clean_source(source)
    return _reply_to(parent.pk, author, source, rendered, found, nonce, draft_version, is_approved)


@retrying_transaction
def _reply_to(
    parent_id: int,
    author: User,
    source: str,
    rendered: Rendered,
    found: list[Found],
    nonce: UUID | None,
    draft_version: int | None,
    is_approved: bool,
) -> Post:
    thread = lock_thread_of(parent_id)
    if sent := posted_before(author, nonce, source):
        return sent
    parent = Post.objects.get(pk=parent_id)
    parent.thread = thread
    can_answer(author, parent).enforce()
    if not is_approved:
        keep_pace(author, parent)
    post = Post(parent=parent, thread=thread, author=author, nonce=nonce)
    forget_draft(
        Purpose(parent_id=parent_id),
        member=author,
        source=source,
        nonce=nonce,
        version=draft_version,
    )
    return publish(post, source, rendered, found)


def lock_thread_of(post_id: int) -> Thread:
    """The thread that a post is in, locked; begins anew when the post was moved meanwhile."""
    thread_id = Post.objects.order_by().values_list("thread_id", flat=True).get(pk=post_id)
    thread = Thread.objects.locked(thread_id)
    if not Post.objects.filter(pk=post_id, thread_id=thread_id).exists():
        raise RetryTransaction
    return thread


def publish(post: Post, source: str, rendered: Rendered, found: list[Found]) -> Post:
    """Insert a new post with all that hangs on it; its thread is locked by the caller."""
    post.number = post.latest_number = post.changed_number = post.thread.take_numbers()
    post.source, post.html, post.excerpt = source, rendered.html, rendered.excerpt
    post.save(force_insert=True)
    record_branch_activity(post)
    Revision.objects.create(
        post=post,
        number=post.number,
        editor=post.author,
        source=source,
        plain=rendered.plain,
        quoted=rendered.quoted,
        created_at=post.created_at,
    )
    record_mentions(post, rendered)
    record_quotes(post, found)
    notify(post)
    mark_own_post_read(post, member=post.author)
    post.thread.record_latest_post(post)
    return post


def rendered_post(source: str) -> Rendered:
    """What `source` looks like; raises `Invalid` when it is no post: empty, or too long."""
    source = clean_source(source)
    excess = len(source) - MAX_SOURCE
    if excess > 0:
        raise Invalid(
            ngettext(
                "That is %(count)d character too long. You can split it, or trim the quotes.",
                "That is %(count)d characters too long. You can split it, or trim the quotes.",
                excess,
            )
            % {"count": excess}
        )
    if is_blank(source):
        raise Invalid(_("Nothing is written here yet."))
    rendered = render(source)
    if is_blank(rendered.own):
        raise Invalid(_("A post needs some words of your own besides mentions and quotes."))
    return rendered


def edit_post(
    post: Post,
    *,
    actor: User,
    source: str,
    base: int | None = None,
    was: str = "",
    pointed_at: Iterable[int] = (),
    draft_version: int | None = None,
    is_approved: bool = False,
) -> Post:
    """Change the text of a post; returns it. The draft of the edit goes with that.

    `base` is the number of the revision that the editor began from, and `was` the fingerprint of
    its text, which a correction soon after it was written changes: `Conflict` is raised when the
    post says something else meanwhile. What a moderator approved of keeps the wording before, so
    that it can be brought back. Raises `Invalid`, `NotAllowed`, `Gone`, `Locked`,
    `Suspended` or `Busy` too.
    """
    rendered = rendered_post(source)
    found = find_sources(
        rendered, reader=actor, parent=post.parent, pointed_at=pointed_at, exclude=post
    )
    source = clean_source(source)
    return _edit_post(
        post.pk, actor, source, base, was, rendered, found, draft_version, is_approved
    )


@retrying_transaction
def _edit_post(
    post_id: int,
    actor: User,
    source: str,
    base: int | None,
    was: str,
    rendered: Rendered,
    found: list[Found],
    draft_version: int | None,
    is_approved: bool,
) -> Post:
    thread = lock_thread_of(post_id)
    post = Post.objects.select_related("author").get(pk=post_id)
    post.thread = thread
    can_edit(actor, post).enforce()
    forget_draft(Purpose(post_id=post_id), member=actor, source=source, version=draft_version)
    latest = post.latest_revision()
    if latest.source == source:
        return post  # the same form may have come twice
    if not began_from(latest, base, was):
        raise Conflict(_("This post was edited since you began."))
    if _is_fresh(latest, actor) and not is_approved and not post.has_replies_or_quotes():
        latest.source, latest.plain, latest.quoted = source, rendered.plain, rendered.quoted
        latest.save(update_fields=["source", "plain", "quoted"])
        reword(post, source, rendered, found)
    else:
        revise(post, source, rendered, found, editor=actor)
    mark_own_post_read(post, member=actor)
    return post


def began_from(latest: Revision, base: int | None, was: str) -> bool:
    """Whether an edit began from that wording, as far as it says from which."""
    return base in (None, latest.number) and was in ("", fingerprint(latest.source))


def _is_fresh(latest: Revision, actor: User) -> bool:
    return latest.editor_id == actor.pk and was_within(SILENT_EDIT_PERIOD, latest.created_at)


def revise(
    post: Post, source: str, rendered: Rendered, found: list[Found], *, editor: User
) -> Revision:
    """Give a post another wording, and keep the one before; its thread is locked by the caller."""
    number_change(post)
    post.latest_number = post.changed_number
    revision = Revision.objects.create(
        post=post,
        number=post.latest_number,
        editor=editor,
        source=source,
        plain=rendered.plain,
        quoted=rendered.quoted,
    )
    post.edited_at, post.edited_action = timezone.now(), None
    post.save(update_fields=["edited_at", "edited_action", "latest_number", "changed_number"])
    reword(post, source, rendered, found)
    return revision


def reword(post: Post, source: str, rendered: Rendered, found: list[Found]) -> None:
    """Let a post say something else, with all that hangs on it."""
    post.source, post.html, post.excerpt = source, rendered.html, rendered.excerpt
    post.save(update_fields=["source", "html", "excerpt"])
    record_mentions(post, rendered)
    record_quotes(post, found)
    notify_of_edit(post)


@retrying_transaction
def delete_post(post: Post, *, actor: User) -> Post:
    """Take a post back: a tombstone stays where replies hang on it.

    An opening post below which nothing stands takes its thread with it. Raises `NotAllowed`,
    `Gone`, `SignedOut`, `Suspended` or `Busy`.
    """
    thread = lock_thread_of(post.pk)
    post = Post.objects.get(pk=post.pk)
    post.thread = thread
    can_delete(actor, post).enforce()
    was_counted = not post.is_hidden
    post.deleted_at = timezone.now()
    number_change(post)
    post.save(update_fields=["deleted_at", "changed_number"])
    if was_counted:
        decrement_post_count(post)
    close_reports([post.pk], Report.Outcome.GONE)
    if post.is_opening and not Post.objects.below(post).not_deleted().exists():
        thread.deleted_at = post.deleted_at
        thread.save(update_fields=["deleted_at"])
    return post


def number_change(post: Post) -> None:
    """Give what readers see change of a post a number of its own, as arrivals have.

    The thread is locked by the caller, who saves the post's `changed_number`.
    """
    post.changed_number = post.thread.take_numbers()
    post.thread.save(update_fields=["next_number"])


def number_changes(posts: Iterable[Post]) -> None:
    """Give each post a new number of its change; their threads are locked, the caller saves."""
    by_thread = defaultdict(list)
    for post in posts:
        by_thread[post.thread_id].append(post)
    for changed in by_thread.values():
        thread = changed[0].thread
        for post, number in zip(changed, count(thread.take_numbers(len(changed))), strict=False):
            post.changed_number = number
        thread.save(update_fields=["next_number"])


def decrement_post_count(post: Post) -> None:
    """A post no longer counts as standing in its thread; the thread is locked by the caller."""
    recount(post.thread, -1)


def recount(thread: Thread, change: int) -> None:
    """So many more posts stand in the thread; finds its latest. The thread is locked by the caller.

    The latest is the one with the highest id: numbers of posts that moved here tell no time.
    """
    last = Post.objects.latest_in(thread).published().first()
    Thread.objects.filter(pk=thread.pk).update(
        post_count=F("post_count") + change,
        last_post=last,
        last_post_at=last.created_at if last else F("created_at"),
    )
    thread.refresh_from_db(fields=["post_count", "last_post", "last_post_at"])
