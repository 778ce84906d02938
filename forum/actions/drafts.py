"""The text in a composer: saving it as a draft, and telling whether its form was sent before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from uuid import UUID

from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.transactions import retrying_transaction
from forum.errors import AlreadySent, Conflict, Gone, Invalid, NotAllowed
from forum.lib.prepared_queries import PreparedQuery
from forum.lib.text import clean_source, is_blank, one_line
from forum.markup.rendered_post import MAX_SOURCE
from forum.models import Draft, PendingPost, Post, User
from forum.models.drafts import Purpose

# Drafts may be longer than posts, to be split later.
MAX_DRAFT = 5 * MAX_SOURCE
# More drafts than a member would return to.
MOST_KEPT = 200


@dataclass(frozen=True, slots=True)
class Writing:
    """The text in a composer, with the hidden fields of its form.

    `nonce` identifies the form. `base_revision` and `last_seen_post` are the state when it was
    opened: the revision of the post that it replies to or edits, and the latest post of the thread.
    `original_hash` is the fingerprint of the text that an edit began from. `acknowledged_post` and
    `acknowledged_edit` are the latest reply and edit by others that the form has shown. `version`
    is the version of the draft that it began from or saved last; `autosave_seq` counts its
    autosaves. `follow` is whether to follow the branch of the post.
    """

    source: str = ""
    title: str = ""
    quoted_post_ids: Sequence[int] = ()
    tag_ids: Sequence[int] = ()
    nonce: UUID | None = None
    base_revision: int | None = None
    original_hash: str = ""
    last_seen_post: int | None = None
    acknowledged_post: int | None = None
    acknowledged_edit: int | None = None
    version: int | None = None
    autosave_seq: int | None = None
    follow: bool = False


# -- Drafts ---------------------------------------------------------------------------------------


@retrying_transaction
def save_draft(purpose: Purpose, *, member: User, written: Writing) -> Draft | None:
    """Save a member's draft for a purpose and return it.

    Return None when there is nothing to save: the form has been posted, or an edit changes nothing.
    A blank text discards the draft saved before. Raises `Conflict` when another form has saved
    since, and keeps that form's text; `Invalid` when the text is too long or the member has too
    many drafts; `NotAllowed` when it edits somebody else's post; and `AlreadySent` for an autosave
    of a form that was sent with other text, since it may be older than what was sent.
    """
    _check_own(purpose, member)
    source, title = clean_source(written.source), clean_source(written.title)
    if len(source) > MAX_DRAFT:
        raise Invalid(_("This text is too long to save as a draft."))
    draft = _lock_draft(purpose, member)
    try:
        is_posted = _is_posted(purpose, member, source, title, written.nonce)
    except AlreadySent:
        if written.autosave_seq is not None and not is_blank(source):
            raise
        is_posted, written = False, replace(written, nonce=None)
    if is_posted:
        forget_draft(
            purpose, member=member, source=source, nonce=written.nonce, version=written.version
        )
        return None
    if draft is None:
        if is_blank(source) and is_blank(title):
            return None
        draft = _create_draft(purpose, member)
    if _is_late_autosave(draft, written):
        return draft
    if _is_conflicting(draft, written, source, title):
        raise Conflict(_("This draft was changed on another device."))
    if is_blank(source) and is_blank(title):
        return _mark_discarded(draft)
    draft.source, draft.title = source, title[: Draft._meta.get_field("title").max_length]
    draft.quoted_post_ids = list(written.quoted_post_ids)
    draft.tag_ids = list(written.tag_ids)
    draft.base_revision, draft.last_seen_post = written.base_revision, written.last_seen_post
    draft.nonce, draft.autosave_seq = written.nonce, written.autosave_seq or 0
    draft.version += 1
    draft.saved_at, draft.discarded_at = timezone.now(), None
    draft.save()
    return draft


@retrying_transaction
def discard_draft(draft: Draft, *, actor: User) -> Draft:
    """Discard a draft; for an hour it can be restored. Raises `Gone` if it is not the member's."""
    draft = _lock_own_draft(draft, actor)
    return draft if draft.discarded_at else _mark_discarded(draft)


@retrying_transaction
def take_back_draft(draft: Draft, *, actor: User) -> Draft:
    """Restore a discarded draft. Raises `Gone` when it is too late, or not the member's."""
    draft = _lock_own_draft(draft, actor)
    draft.discarded_at = None
    draft.save(update_fields=["discarded_at"])
    return draft


def forget_draft(
    purpose: Purpose,
    *,
    member: User,
    source: str,
    nonce: UUID | None = None,
    version: int | None = None,
) -> None:
    """Delete the draft of a text that was posted, in the same transaction.

    A draft that another device has saved since, and that the author was not shown, is kept.
    """
    this_text = Q(source=source)
    if nonce is not None:
        this_text |= Q(nonce=nonce)
    if version is not None:
        this_text |= Q(version=version)
    Draft.objects.of_member(member).purposed(purpose).filter(this_text).delete()


def forget_old_drafts() -> int:
    """Delete old and discarded drafts; return how many there were."""
    return Draft.objects.stale().delete()[0]


def _check_own(purpose: Purpose, member: User) -> None:
    if purpose.post_id is None:
        return
    if not Post.objects.written_by(member).filter(pk=purpose.post_id).exists():
        raise NotAllowed(_("Only the author can edit a post."))


def _lock_draft(purpose: Purpose, member: User) -> Draft | None:
    return Draft.objects.of_member(member).purposed(purpose).select_for_update(of=("self",)).first()


def _create_draft(purpose: Purpose, member: User) -> Draft:
    """Return a new draft, or the one that another form has just created; locked."""
    if Draft.objects.of_member(member).kept().count() >= MOST_KEPT:
        raise Invalid(
            _("You already have %(count)d drafts. Post or discard some first.")
            % {"count": MOST_KEPT}
        )
    Draft.objects.bulk_create(
        [Draft(member=member, version=0, **asdict(purpose))], ignore_conflicts=True
    )
    draft = _lock_draft(purpose, member)
    assert draft
    return draft


def _lock_own_draft(draft: Draft, member: User) -> Draft:
    own = (
        Draft.objects.of_member(member).select_for_update(of=("self",)).filter(pk=draft.pk).first()
    )
    if own is None:
        raise Gone(_("This draft no longer exists."))
    return own


def _mark_discarded(draft: Draft) -> Draft:
    """Discard a draft; its version is raised, so that a late autosave does not restore it."""
    draft.discarded_at = timezone.now()
    draft.version = F("version") + 1
    draft.save(update_fields=["discarded_at", "version"])
    draft.refresh_from_db(fields=["version"])
    return draft


def _is_posted(purpose: Purpose, member: User, source: str, title: str, nonce: UUID | None) -> bool:
    """Return whether this text was posted already, or is the current text of the edited post.

    Raises `AlreadySent` when the form has sent other text.
    """
    if sent_before(member, nonce, source, title=title):
        return True
    edited = purpose.post_id
    return edited is not None and Post.objects.filter(pk=edited, source=source).exists()


def _is_late_autosave(draft: Draft, written: Writing) -> bool:
    """Return whether an autosave arrives after a later one of its form, or after a discard."""
    if written.autosave_seq is None or written.nonce is None or draft.nonce != written.nonce:
        return False
    is_discarded = draft.discarded_at is not None and written.version != draft.version
    return is_discarded or written.autosave_seq <= draft.autosave_seq


def _is_conflicting(draft: Draft, written: Writing, source: str, title: str) -> bool:
    """Return whether another form has saved a text that this form has not shown."""
    is_own = written.nonce is not None and draft.nonce == written.nonce
    if is_own or draft.discarded_at or written.version == draft.version or not draft.version:
        return False
    return (draft.source, draft.title) != (source, title)


# -- Forms that are sent twice: with the same text, they get the same response --------------------


def _created_by_form(author_id: int, nonce: UUID) -> QuerySet[Post, tuple[int, str]]:
    form = {"author": author_id, "nonce": nonce}
    posted = Post.objects.order_by().filter(**form).values_list("pk", Value("posted"))
    pending = PendingPost.objects.order_by().filter(**form).values_list("pk", Value("pending_post"))
    both: QuerySet[Post, tuple[int, str]] = posted.union(pending, all=True)
    return both


CREATED_BY_FORM = PreparedQuery(_created_by_form)


def sent_before(
    author: User, nonce: UUID | None, source: str, *, title: str = ""
) -> Post | PendingPost | None:
    """Return what this form has created already, a post or a pending one; None if nothing.

    Raises `AlreadySent` when the form now has other text.
    """
    if nonce is None:
        return None
    found = {kind: pk for pk, kind in CREATED_BY_FORM.fetch(author.pk, nonce)}
    if "posted" in found:
        return _post_sent(found["posted"], clean_source(source), one_line(title))
    if "pending_post" in found:
        return _pending_post_sent(found["pending_post"], clean_source(source), one_line(title))
    return None


def _post_sent(post_id: int, source: str, title: str) -> Post:
    post: Post = Post.objects.select_related("thread").get(pk=post_id)
    is_same_title = not post.is_opening or post.thread.title == title
    if is_same_title and (post.source == source or post.revisions.filter(source=source).exists()):
        return post
    if post.is_opening:
        message = _("You already started a thread from this form. This text isn’t posted yet.")
    else:
        message = _("You already posted a reply from this form. This text isn’t posted yet.")
    raise AlreadySent(message, address=post.get_absolute_url())


def _pending_post_sent(pending_post_id: int, source: str, title: str) -> PendingPost:
    pending = PendingPost.objects.with_context().get(pk=pending_post_id)
    if pending.source == source and pending.title in ("", title):
        return pending
    message = _("Your post from this form is awaiting review. This text isn’t posted yet.")
    raise AlreadySent(message, address=pending.get_absolute_url())
