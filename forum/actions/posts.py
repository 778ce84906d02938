"""Replying, editing and deleting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from uuid import UUID

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.actions.drafts import forget_draft, sent_before
from forum.actions.limits import check_slow_mode
from forum.actions.mentions import add_mentions, replace_mentions
from forum.actions.notifications import notify, notify_of_edit
from forum.actions.quote_sources import FoundQuote, add_quotes, find_sources, replace_quotes
from forum.actions.read_state import mark_own_post_read
from forum.actions.subscriptions import follow_own_post
from forum.actions.transactions import RetryTransaction, retrying_transaction
from forum.errors import Conflict, Invalid
from forum.lib.clock import was_within
from forum.lib.prepared_queries import PreparedQuery
from forum.lib.text import clean_source, fingerprint, is_blank
from forum.markup.rendered_post import MAX_HTML, MAX_SOURCE, Rendered, render
from forum.models import PendingPost, Post, Revision, Thread, User
from forum.models.accounts import known_names
from forum.models.drafts import Purpose
from forum.models.posts import PostQuerySet
from forum.permissions import can_delete, can_edit, can_reply_to, can_undelete

# An edit this soon, before anybody replied or quoted, replaces the latest revision.
SILENT_EDIT_PERIOD = timedelta(minutes=3)

# Called under the thread's lock, before anything is written; raises if the post is refused.
Check = Callable[[], None]


# -- Preparing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PreparedPost:
    """A text ready to be stored: rendered, with the sources of its quotes.

    `follow` is whether its author wants to follow its branch, if they are asked each time.
    """

    source: str
    rendered: Rendered
    quotes: list[FoundQuote]
    follow: bool = False


def prepare_post(
    source: str,
    *,
    author: User,
    parent: Post | None = None,
    quoted_post_ids: Iterable[int] = (),
    exclude: Post | None = None,
) -> PreparedPost:
    """Render a text and find the sources of its quotes; raises `Invalid` when it is no valid post.

    `parent` is the post that it replies to, `exclude` the post itself when it is edited, and
    `quoted_post_ids` are the posts that the form quoted from.
    """
    source = clean_source(source)
    rendered = rendered_post(source)
    if not rendered.quotes:
        return PreparedPost(source, rendered, [])
    quotes = find_sources(
        rendered, reader=author, parent=parent, quoted_post_ids=quoted_post_ids, exclude=exclude
    )
    return PreparedPost(source, rendered, quotes)


def rendered_post(source: str) -> Rendered:
    """Render a text; raises `Invalid` when it is empty or too long, as text or as HTML."""
    source = clean_source(source)
    excess = len(source) - MAX_SOURCE
    if excess > 0:
        raise Invalid(
            ngettext(
                "%(count)d character too long. Shorten the text, or split it.",
                "%(count)d characters too long. Shorten the text, or split it.",
                excess,
            )
            % {"count": excess}
        )
    if is_blank(source):
        raise Invalid(_("Write something first."))
    rendered = render(source, known_names)
    if len(rendered.html) > MAX_HTML:
        raise Invalid(_("Too much formatting for one post. Use less of it, or split the post."))
    if is_blank(rendered.own):
        raise Invalid(_("Write something of your own besides mentions and quotes."))
    return rendered


# -- Replying -------------------------------------------------------------------------------------


def reply_to(
    parent: Post,
    *,
    author: User,
    source: str,
    nonce: UUID | None = None,
    quoted_post_ids: Iterable[int] = (),
    draft_version: int | None = None,
    is_approved: bool = False,
) -> Post:
    """Post a reply and return it. `source` is Markdown.

    Raises what `prepare_post` and `publish_reply` raise; nothing is written then.
    """
    prepared = prepare_post(source, author=author, parent=parent, quoted_post_ids=quoted_post_ids)
    reply = publish_reply(
        parent,
        prepared,
        author=author,
        nonce=nonce,
        draft_version=draft_version,
        is_approved=is_approved,
    )
    assert isinstance(reply, Post)
    return reply


@retrying_transaction
def publish_reply(
    parent: Post,
    prepared: PreparedPost,
    *,
    author: User,
    nonce: UUID | None = None,
    draft_version: int | None = None,
    is_approved: bool = False,
    check: Check | None = None,
) -> Post | PendingPost:
    """Insert a reply, delete its draft, and return the reply.

    `nonce` identifies the form: sent twice, it returns the post made the first time, or the pending
    one; sent again with other text, `AlreadySent` is raised. `draft_version` is the version of the
    draft that the author has seen. Posts that a moderator approved (`is_approved`) ignore slow
    mode. Raises `Locked`, `Conflict` (the parent was removed), `Gone`, `LoggedOut`, `Suspended`,
    `RateLimited`, `Busy`, or what `check` raises.
    """
    parent = lock_post(parent)
    if sent := sent_before(author, nonce, prepared.source):
        return sent
    can_reply_to(author, parent).enforce()
    if not is_approved:
        check_slow_mode(author, parent)
    if check:
        check()
    forget_draft(
        Purpose(parent_id=parent.pk),
        member=author,
        source=prepared.source,
        nonce=nonce,
        version=draft_version,
    )
    reply = Post(parent=parent, thread=parent.thread, author=author, nonce=nonce)
    return publish(reply, prepared)


def publish(post: Post, prepared: PreparedPost) -> Post:
    """Insert a new post with everything that depends on it; the caller has locked its thread."""
    rendered = prepared.rendered
    post.number = post.latest_number = post.changed_number = post.thread.take_numbers()
    post.set_text(prepared.source, rendered)
    post.save(force_insert=True)
    Post.objects.record_in_branch(post)
    revision = Revision(
        post=post,
        number=post.number,
        editor=post.author,
        source=prepared.source,
        plain=rendered.plain,
        quoted=rendered.quoted,
        created_at=post.created_at,
    )
    revision.save(force_insert=True)
    mentioned = add_mentions(post, rendered) if rendered.mentions else []
    if prepared.quotes:
        add_quotes(post, prepared.quotes)
    notify(post, mentioned, prepared.quotes)
    follow_own_post(post, is_asked_for=prepared.follow)
    mark_own_post_read(post, member=post.author)
    post.thread.record_latest_post(post)
    return post


def lock_post(post: Post) -> Post:
    """Lock the thread of a post, and return the post as it is now.

    Its author, its thread with the board, and its parent's author are fetched with it. When the
    post was moved since it was read, the action starts again with its new thread.
    """
    thread_id = post.thread_id
    Thread.objects.lock(thread_id)
    locked = LOCKED_POST.first(post.pk)
    if locked is None:
        raise Post.DoesNotExist
    if locked.thread_id != thread_id:
        post.thread_id = locked.thread_id
        raise RetryTransaction
    return locked


def _locked_post(pk: int) -> PostQuerySet:
    posts: PostQuerySet = Post.objects.filter(pk=pk)
    posts = posts.select_related("author", "thread__board", "parent__author")
    return posts.defer("parent__html", "parent__source")


LOCKED_POST = PreparedQuery(_locked_post)


def lock_thread_of(post_id: int) -> Thread:
    """Lock the thread of a post and return it; retry when the post was moved."""
    thread_id = Post.objects.order_by().values_list("thread_id", flat=True).get(pk=post_id)
    thread = Thread.objects.locked(thread_id)
    if not Post.objects.filter(pk=post_id, thread_id=thread_id).exists():
        raise RetryTransaction
    return thread


# -- Editing --------------------------------------------------------------------------------------


def edit_post(
    post: Post,
    *,
    actor: User,
    source: str,
    base_revision: int | None = None,
    original_hash: str = "",
    quoted_post_ids: Iterable[int] = (),
    draft_version: int | None = None,
    is_approved: bool = False,
) -> Post:
    """Change the text of a post and return it.

    Raises what `prepare_post` and `publish_edit` raise; nothing is written then.
    """
    prepared = prepare_post(
        source, author=actor, parent=post.parent, quoted_post_ids=quoted_post_ids, exclude=post
    )
    edited = publish_edit(
        post,
        prepared,
        actor=actor,
        base_revision=base_revision,
        original_hash=original_hash,
        draft_version=draft_version,
        is_approved=is_approved,
    )
    assert isinstance(edited, Post)
    return edited


@retrying_transaction
def publish_edit(
    post: Post,
    prepared: PreparedPost,
    *,
    actor: User,
    base_revision: int | None = None,
    original_hash: str = "",
    nonce: UUID | None = None,
    draft_version: int | None = None,
    is_approved: bool = False,
    check: Check | None = None,
) -> Post | PendingPost:
    """Change the text of a post and delete the draft of the edit; return the post.

    `base_revision` is the number of the revision that the editor began from, and `original_hash`
    the fingerprint of its text, which changes when the author corrects it soon after: `Conflict` is
    raised when the post says something else by now. A form whose post is already pending, by its
    `nonce`, returns the pending post. An approved edit keeps the revision before, so that it can
    be restored. Raises `NotAllowed`, `Gone`, `Locked`, `Suspended`, `Busy`, or what
    `check` raises.
    """
    post = lock_post(post)
    if sent := sent_before(actor, nonce, prepared.source):
        return sent
    can_edit(actor, post).enforce()
    forget_draft(
        Purpose(post_id=post.pk), member=actor, source=prepared.source, version=draft_version
    )
    latest = post.latest_revision()
    if latest.source == prepared.source:
        return post  # the same form may have come twice
    if not began_from(latest, base_revision, original_hash):
        raise Conflict(_("This post was edited after you started."))
    if check:
        check()
    rendered = prepared.rendered
    is_silent = _is_fresh(latest, actor) and not is_approved
    if is_silent and not post.has_replies_quotes_or_reports():
        latest.source, latest.plain = prepared.source, rendered.plain
        latest.quoted = list(rendered.quoted)
        latest.save(update_fields=["source", "plain", "quoted"])
        reword(post, prepared)
    else:
        revise(post, prepared, editor=actor)
    mark_own_post_read(post, member=actor)
    return post


def began_from(latest: Revision, base_revision: int | None, original_hash: str) -> bool:
    """Return whether an edit began from the latest revision, according to its form."""
    return base_revision in (None, latest.number) and original_hash in (
        "",
        fingerprint(latest.source),
    )


def _is_fresh(latest: Revision, actor: User) -> bool:
    return latest.editor_id == actor.pk and was_within(SILENT_EDIT_PERIOD, latest.created_at)


def revise(
    post: Post, prepared: PreparedPost, *, editor: User, withdraws: bool = False
) -> Revision:
    """Write a new revision of a post, keeping the earlier ones; the caller locked its thread.

    `withdraws` blanks what it leaves out in quotes of other posts.
    """
    number_change(post)
    post.latest_number = post.changed_number
    revision = Revision.objects.create(
        post=post,
        number=post.latest_number,
        editor=editor,
        source=prepared.source,
        plain=prepared.rendered.plain,
        quoted=prepared.rendered.quoted,
        withdraws=withdraws,
    )
    post.edited_at, post.edited_action = timezone.now(), None
    reword(post, prepared, "edited_at", "edited_action", "latest_number", "changed_number")
    return revision


def reword(post: Post, prepared: PreparedPost, *changed: str) -> None:
    """Replace a post's text, with its mentions, quotes and notifications; save `changed` too."""
    rendered = prepared.rendered
    post.set_text(prepared.source, rendered)
    post.save(update_fields=["source", "html", "excerpt", *changed])
    mentioned = replace_mentions(post, rendered)
    replace_quotes(post, prepared.quotes)
    notify_of_edit(post, mentioned, prepared.quotes)


# -- Deleting and counting ------------------------------------------------------------------------


@retrying_transaction
def delete_post(post: Post, *, actor: User) -> Post:
    """Delete a post; a tombstone stays if it has replies.

    An opening post without replies takes its thread with it. Reports on it stay open, so that
    nobody escapes them by deleting. Raises `NotAllowed`, `Gone`,
    `LoggedOut`, `Suspended` or `Busy`.
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
    if post.is_opening and not Post.objects.below(post).not_deleted().exists():
        thread.deleted_at = post.deleted_at
        thread.save(update_fields=["deleted_at"])
    return post


@retrying_transaction
def undelete_post(post: Post, *, actor: User) -> Post:
    """Undo the deletion of a post, with everything that it changed, and return the post.

    Raises `NotAllowed`, `Gone`, `LoggedOut`, `Suspended` or `Busy`.
    """
    thread = lock_thread_of(post.pk)
    post = Post.objects.get(pk=post.pk)
    post.thread = thread
    can_undelete(actor, post).enforce()
    if not post.is_deleted:
        return post  # the same form may have come twice
    if thread.deleted_at == post.deleted_at:
        thread.deleted_at = None
        thread.save(update_fields=["deleted_at"])
    post.deleted_at = None
    number_change(post)
    post.save(update_fields=["deleted_at", "changed_number"])
    if not post.is_hidden:
        recount(thread, 1)
    return post


def number_change(post: Post) -> None:
    """Give a visible change of a post the next number of its thread.

    The caller has locked the thread, and saves the post's `changed_number`.
    """
    post.changed_number = post.thread.take_numbers()
    post.thread.save(update_fields=["next_number"])


def number_changes(posts: Iterable[Post]) -> None:
    """Give each post a new change number; the caller has locked the threads, and saves."""
    by_thread = defaultdict(list)
    for post in posts:
        by_thread[post.thread_id].append(post)
    for changed in by_thread.values():
        thread = changed[0].thread
        for post, number in zip(changed, count(thread.take_numbers(len(changed))), strict=False):
            post.changed_number = number
        thread.save(update_fields=["next_number"])


def decrement_post_count(post: Post) -> None:
    """Reduce a thread's post count by one; the caller has locked the thread."""
    recount(post.thread, -1)


def recount(thread: Thread, change: int) -> None:
    """Change a thread's post count and find its latest post; the caller has locked the thread.

    The latest post is the one with the highest id: the numbers of posts that moved here say nothing
    about time.
    """
    last = Post.objects.latest_in(thread).published().first()
    Thread.objects.filter(pk=thread.pk).update(
        post_count=F("post_count") + change,
        last_post=last,
        last_post_at=last.created_at if last else F("created_at"),
    )
    thread.refresh_from_db(fields=["post_count", "last_post", "last_post_at"])
