"""The composer: one form for replies, edits and new threads. Nothing typed in it is lost."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views import View

from forum.actions.drafts import Writing, discard_draft, save_draft, sent_before
from forum.actions.limits import DRAFTS, EDITS, POSTS, PREVIEWS, THREADS, Limit, check_rate, spend
from forum.actions.posts import Check, PreparedPost, prepare_post, publish_edit, publish_reply
from forum.actions.premoderation import submit
from forum.actions.tags import check_tag_count
from forum.actions.threads import clean_title, publish_thread
from forum.errors import (
    AlreadySent,
    Conflict,
    Gone,
    Invalid,
    Locked,
    LoggedOut,
    LoggedOutWhileWriting,
    NotAllowed,
    RateLimited,
    UserError,
)
from forum.forms.posts import PostForm
from forum.lib.htmx import load_again, wants_fragment
from forum.lib.text import clean_source, fingerprint
from forum.markup.changes import TextChange, word_diff
from forum.markup.rendered_post import MAX_SOURCE
from forum.models import Board, Draft, PendingPost, Post, Tag, Thread, User
from forum.models.drafts import KEPT_DRAFT, Purpose
from forum.models.posts import POST_WITH_CONTEXT, post_path, post_url
from forum.permissions import PermissionResult, can_edit, can_reply_to, can_start_thread
from forum.presenters.editable_source import MASK, masked_for, unmasked
from forum.presenters.new_activity import NewActivity, new_activity
from forum.presenters.oob_updates import edited, posted
from forum.presenters.preview import Preview, preview
from forum.presenters.threads import render_post_text
from forum.presenters.times import moment_of
from forum.views.auth import MemberRequest, is_member, log_in_first, member_required
from forum.views.form_drafts import announce_discarded, discarded, forget_text, keep_text, kept_text
from forum.views.pending_posts import show_pending
from forum.views.quoting import with_quotes
from forum.views.read_only import read_only
from forum.views.sort_orders import order_of_page

# Errors that can't be fixed in the composer: the text can be copied, and is kept.
FINAL = (Gone, Locked, NotAllowed)


@dataclass(frozen=True, slots=True)
class ComposerTarget:
    """The purpose of a text, with the labels that the composer uses for it."""

    id: str
    action: str
    heading: str
    label: str
    button: str
    back: str
    purpose: Purpose | None  # of its draft; none when what it was for is not there
    button_again: str = ""  # when the form was sent before, with other words
    parent: Post | None = None  # the post that it replies to
    edited: Post | None = None
    board: Board | None = None  # of a new thread
    thread: Thread | None = None

    @property
    def is_reply(self) -> bool:
        return self.purpose is not None and self.purpose.parent_id is not None


@dataclass(frozen=True, slots=True)
class Composer:
    """The context of the composer's templates."""

    target: ComposerTarget
    writing: Writing
    button: str
    notice: str = ""
    error: UserError | None = None
    preview: Preview | None = None
    parent_text: SafeString | None = None
    # Names of people with unfinished replies in the thread, and addresses that add the quote there.
    other_replies: Sequence[tuple[str, str]] = ()
    says_now: SafeString | None = None  # what an edit that came in between made of the post
    changes: Sequence[TextChange] = ()  # what this text would change in that
    saved_at: datetime | None = None
    conflicting_draft: Draft | None = None  # what another device has saved since
    conflicting_text: str = ""  # of that, what the member may read
    new_activity: NewActivity | None = None  # since the form was opened
    needs_confirmation: bool = False  # it shows that first; sent again, it is posted
    elsewhere: str = ""  # where it can be posted instead, when the parent was removed
    is_dead_end: bool = False  # and where there is no such place
    other_boards: Sequence[Board] = ()  # where a thread can be started instead
    tags: Sequence[Tag] = ()  # that a new thread can have
    fresh_nonce: UUID = field(default_factory=uuid4)  # of a form that has none yet

    limit = MAX_SOURCE

    @property
    def action(self) -> str:
        return self.elsewhere or self.target.action

    @property
    def nonce(self) -> UUID:
        return self.writing.nonce or self.fresh_nonce

    @property
    def was_signed_out(self) -> bool:
        return isinstance(self.error, LoggedOut)

    @property
    def sent_address(self) -> str:
        """Return the address of another post that this form has posted; empty if there is none."""
        return self.error.address if isinstance(self.error, AlreadySent) else ""

    @property
    def invalid_field(self) -> str:
        """Return the field that an error is about, such as “title”; empty without one."""
        if self.error is None or self.sent_address:
            return ""
        return self.error.field if isinstance(self.error, Invalid) else "source"

    @property
    def focus(self) -> str:
        """Return the field to focus; empty while there is something to read first."""
        if self.preview or self.needs_confirmation:
            return ""
        lacks_title = self.target.board and not self.writing.title
        return self.invalid_field or ("title" if lacks_title else "source")

    @property
    def wait_seconds(self) -> int:
        """Return the seconds until it can be posted; 0 when it can be tried at once."""
        return self.error.retry_after if isinstance(self.error, RateLimited) else 0

    @property
    def is_stuck(self) -> bool:
        """Return whether the text can't be posted from here, only copied."""
        return self.is_dead_end or isinstance(self.error, FINAL)


class ComposeView(View, ABC):
    """The common part of replies, edits and new threads.

    GET shows the composer with any text typed before. POST does what the button says (`do`);
    without one it publishes the text in these steps: confirm new activity, render, check limits,
    then write it or hold it for review. After an error the composer is shown again with the text.

    Subclasses define what the text is for (`find_target`), who may write it (`permission`), and how
    it is written (`write`).
    """

    http_method_names = ["get", "head", "post"]
    limit: Limit
    composer: Composer

    # -- Defined by subclasses --------------------------------------------------------------------

    @abstractmethod
    def find_target(self, *args: Any, **kwargs: Any) -> ComposerTarget | Purpose:
        """Return the target, or only its purpose when it is gone or the member cannot see it."""

    @abstractmethod
    def permission(self) -> PermissionResult:
        """Return whether this person may write it."""

    def begin(self) -> Writing:
        """Return the form's initial values."""
        return Writing()

    def complete(self, *, has_draft: bool) -> None:
        """Add what the query string asks for, before the form is first shown."""

    @abstractmethod
    def write(self, member: User, prepared: PreparedPost, check: Check) -> Post | PendingPost:
        """Write the text, unless `check` refuses it, and return the post."""

    @abstractmethod
    def posted(self, post: Post) -> HttpResponse:
        """Return the response after the text was posted."""

    def discarded(self, draft: Draft | None) -> HttpResponse:
        """Return the response after the text was discarded."""
        if draft is None:
            return redirect(self.target.back)
        return discarded(self.request, draft, back=self.target.back)

    def recover(self, error: UserError) -> None:
        """Add to the composer what helps after an error."""

    def as_sent(self, writing: Writing) -> Writing:
        """Return the text that a form stands for: with masked quotes as they are in the post.

        Only for its author: whatever others send may end up in a draft of theirs.
        """
        if MASK not in writing.source or self.edited_id is None:
            return writing
        own = Post.objects.filter(pk=self.edited_id, author=self.request.user.pk).first()
        return replace(writing, source=unmasked(writing.source, own)) if own else writing

    def as_shown(self, composer: Composer) -> Composer:
        """Mask quotes whose source the member can no longer read; they are saved as they were."""
        writing, other = composer.writing, composer.conflicting_draft
        return replace(
            composer,
            writing=replace(writing, source=self.masked(writing.source)),
            conflicting_text=self.masked(other.source) if other else "",
        )

    def masked(self, source: str) -> str:
        """Return a text as the member may read it."""
        if self.edited_id is None:
            return source
        return masked_for(self.request.user, source, self.edited_id)

    @property
    def edited_id(self) -> int | None:
        """Return the id of the post that is edited, even if it is gone or hidden."""
        return self.target.purpose.post_id if self.target.purpose else None

    # -- GET and POST -----------------------------------------------------------------------------

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        target = self.find_target(**kwargs)
        if isinstance(target, Purpose):
            return self.show_orphan(target)
        self.target = target
        self.composer = Composer(target, self.begin(), target.button)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **_address: Any) -> HttpResponse:
        permission = self.permission()
        if isinstance(permission.error, LoggedOut):
            return self.ask_to_log_in()
        has_draft = self.restore_draft()
        if permission.error and has_draft:
            self.recover(permission.error)
            return self.show_error(permission.error)
        permission.enforce()
        self.complete(has_draft=has_draft)
        return self.show()

    def post(self, request: HttpRequest, **_address: Any) -> HttpResponse:
        form = PostForm(request.POST)
        self.change(writing=self.as_sent(form.writing))
        try:
            if form.error:
                raise Invalid(form.error)
            if not is_member(request):
                raise LoggedOutWhileWriting
            return self.handle(request.user, request.POST.get("do", ""))
        except UserError as error:
            self.recover(error)
            return self.refuse(error)

    def handle(self, member: User, do: str) -> HttpResponse:
        """Do what the button `do` says; raises `UserError`."""
        match do:
            case "save":
                return self.autosave(member)
            case "discard":
                return self.discard(member)
            case "use":
                return self.use_conflicting_draft(member)
        if do == "preview":
            self.permission().enforce()
            return self.show_preview(member)
        try:
            return self.confirm_new_activity(member) or self.publish(member)
        except UserError:
            # Publishing checks the permission under the lock, after the text. Say that first.
            self.permission().enforce()
            raise

    # -- Publishing -------------------------------------------------------------------------------

    def confirm_new_activity(self, member: User) -> HttpResponse | None:
        """Show new activity once before posting; return None when there is none."""
        self.load_new_activity(member)
        activity, writing = self.composer.new_activity, self.composer.writing
        if activity is None or not activity.is_unacknowledged(
            writing.acknowledged_post, writing.acknowledged_edit
        ):
            return None
        if sent_before(member, writing.nonce, writing.source, title=writing.title):
            return None  # it is answered as it was
        self.permission().enforce()
        self.keep()
        self.change(needs_confirmation=True, button=_("Post anyway"))
        return self.show(Conflict.status)

    def publish(self, member: User) -> HttpResponse:
        """Write the post, or hold it for review. Limits are checked under the thread's lock."""
        self.check_rate(member)
        prepared = self.prepare(member)
        assert self.target.purpose
        sent = submit(
            self.target.purpose,
            prepared,
            author=member,
            written=self.composer.writing,
            limit=self.limit,
            write=lambda check: self.write(member, prepared, check),
            edits=self.target.edited,
        )
        forget_text(self.request)
        if isinstance(sent, PendingPost):
            return show_pending(self.request, sent)
        return self.posted(sent)

    def check_rate(self, member: User) -> None:
        """Raise `RateLimited` before a text with quotes is prepared: the search is expensive.

        A form that was sent before still gets its response.
        """
        writing = self.composer.writing
        if ">" not in writing.source:
            return
        try:
            check_rate(f"person:{member.pk}", self.limit)
        except RateLimited:
            if not sent_before(member, writing.nonce, writing.source, title=writing.title):
                raise

    def prepare(self, member: User) -> PreparedPost:
        """Render the text once and find the sources of its quotes; raises `Invalid`."""
        writing = self.composer.writing
        prepared = prepare_post(
            writing.source,
            author=member,
            parent=self.target.parent,
            quoted_post_ids=writing.quoted_post_ids,
            exclude=self.target.edited,
        )
        return replace(prepared, follow=writing.follow)

    # -- Other buttons ----------------------------------------------------------------------------

    def show_preview(self, member: User) -> HttpResponse:
        spend(f"person:{member.pk}", PREVIEWS)
        prepared = self.prepare(member)
        parent, edited = self.target.parent, self.target.edited
        self.change(preview=preview(prepared, author=member, parent=parent, edits=edited))
        self.keep()
        self.load_new_activity(member)
        return self.show()

    def autosave(self, member: User) -> HttpResponse:
        """Save a draft, even of a text that may not be posted, and report new activity."""
        self.change(error=self.permission().error)
        status = 200
        try:
            spend(f"person:{member.pk}", DRAFTS)
            self.save_draft(member)
        except Conflict as changed:
            self.load_conflicting_draft(member)
            status = changed.status
        self.load_new_activity(member)
        return self.show(status)

    def discard(self, member: User) -> HttpResponse:
        """Discard the text; even if it was never saved, it can be restored."""
        try:
            draft = self.save_draft(member)
        except Conflict:
            self.load_conflicting_draft(member)
            return self.show(Conflict.status)
        forget_text(self.request)
        return self.discarded(discard_draft(draft, actor=member) if draft else None)

    def use_conflicting_draft(self, member: User) -> HttpResponse:
        """Replace the text with the draft from the other device."""
        if draft := self.find_draft(member):
            self.change(writing=self.written_in(draft), conflicting_draft=None)
            forget_text(self.request)
        return self.show()

    # -- Drafts -----------------------------------------------------------------------------------

    def restore_draft(self) -> bool:
        """Fill the form with text typed earlier and not posted; return whether there was any.

        Text in the session is newer than the draft, which is offered beside it.
        """
        draft = self.find_draft(self.request.user) if is_member(self.request) else None
        if draft:
            notice = _("Draft from %(when)s.") % {"when": moment_of(draft.saved_at)}
            self.change(writing=self.written_in(draft), notice=notice)
        typed, writing = kept_text(self.request), self.composer.writing
        if typed and typed.get("source", "") != writing.source:
            kept = {
                name: typed.get(name, getattr(writing, name))
                for name in ("title", "source", "tag_ids")
            }
            self.change(
                writing=replace(writing, **kept),
                notice=_("Your unsent text."),
                conflicting_draft=draft,
            )
        return bool(draft or typed)

    def find_draft(self, member: User) -> Draft | None:
        """Return the member's draft of this text."""
        if self.target.purpose is None:
            return None
        return KEPT_DRAFT.first(member.pk, *astuple(self.target.purpose))

    def written_in(self, draft: Draft) -> Writing:
        """Return a draft's text, with the other fields of the form."""
        writing = self.composer.writing
        return replace(
            writing,
            title=draft.title,
            source=draft.source,
            quoted_post_ids=draft.quoted_post_ids,
            tag_ids=draft.tag_ids,
            version=draft.version,
            base_revision=draft.base_revision or writing.base_revision,
            last_seen_post=draft.last_seen_post or writing.last_seen_post,
        )

    def save_draft(self, member: User) -> Draft | None:
        """Save the text as a draft; raises `Conflict` when another device has saved since."""
        assert self.target.purpose
        writing = self.composer.writing
        draft = save_draft(self.target.purpose, member=member, written=writing)
        is_kept = draft is not None and draft.discarded_at is None
        self.change(
            writing=replace(writing, version=draft.version if draft and is_kept else None),
            saved_at=draft.saved_at if draft and is_kept else None,
        )
        return draft

    def keep(self) -> None:
        """Save the text as a draft if possible, else in the session."""
        if not is_member(self.request) or self.target.purpose is None:
            keep_text(self.request)
            return
        try:
            self.save_draft(self.request.user)
        except Conflict:
            self.load_conflicting_draft(self.request.user)
        except UserError:
            keep_text(self.request)

    def load_conflicting_draft(self, member: User) -> None:
        """Show the draft that another device has saved; continuing acknowledges it."""
        draft = self.find_draft(member)
        writing = replace(self.composer.writing, version=draft.version if draft else None)
        self.change(writing=writing, conflicting_draft=draft, saved_at=None)

    # -- Showing ----------------------------------------------------------------------------------

    def change(self, **changes: Any) -> None:
        self.composer = replace(self.composer, **changes)

    def load_new_activity(self, member: User) -> None:
        """Find the activity near the parent since the form was opened."""
        if self.target.parent and self.target.is_reply:
            writing = self.composer.writing
            activity = new_activity(
                self.target.parent,
                member,
                last_seen_post=writing.last_seen_post,
                base_revision=writing.base_revision,
            )
            self.change(new_activity=activity)

    def show(self, status: int = 200) -> HttpResponse:
        """Show the composer as a page or fragment, or only the result of an autosave."""
        if self.composer.writing.autosave_seq is not None:
            template = "drafts/_state.html"
        elif wants_fragment(self.request):
            template = "posts/_composer.html"
        else:
            template = "posts/compose.html"
            if self.target.parent and self.target.is_reply:
                self.change(parent_text=render_post_text(self.target.parent, self.request.user))
        context = {"composer": self.as_shown(self.composer), "target": self.target}
        response = render(self.request, template, context, status=status)
        error = self.composer.error
        if error and error.retry_after is not None:
            response.headers["Retry-After"] = str(error.retry_after)
        return response

    def refuse(self, error: UserError) -> HttpResponse:
        """Show the composer with the error and the text, which is also saved for the next visit."""
        writing = self.composer.writing
        if isinstance(error, AlreadySent):
            button = self.target.button_again or self.target.button
            self.change(writing=replace(writing, nonce=uuid4()), button=button)
        if writing.autosave_seq is None or isinstance(error, LoggedOut):
            self.keep()
        return self.show_error(error)

    def show_error(self, error: UserError) -> HttpResponse:
        """Show the composer with the error, and the other place where it can be posted, if any."""
        self.change(error=error)
        if self.composer.elsewhere or self.composer.other_boards:
            # It becomes a new draft: the old one stays as it is.
            self.change(writing=replace(self.composer.writing, version=None))
        if self.composer.elsewhere:
            self.change(button=_("Post to the thread instead"))
        return self.show(error.status)

    def ask_to_log_in(self) -> HttpResponse:
        return log_in_first(self.request)

    def show_orphan(self, purpose: Purpose) -> HttpResponse:
        """Show a member's own text for a post that is gone or hidden from them; 404 without text.

        Posts that never existed and posts that may not be seen look the same.
        """
        exists = Post.objects.filter(pk__in=purpose.posts).exists()
        self.target = ComposerTarget(
            id="lost",
            action=self.request.path,
            heading=_("Your unsent text"),
            label=_("Your text"),
            button="",
            back=reverse("drafts"),
            purpose=purpose if exists else None,
        )
        is_sent = self.request.method == "POST"
        writing = self.as_sent(PostForm(self.request.POST).writing) if is_sent else Writing()
        self.composer = Composer(self.target, writing, "")
        if not is_sent:
            self.restore_draft()
        if not self.composer.writing.source:
            raise Http404
        error = Gone(_("What this was for no longer exists."))
        return self.refuse(error) if is_sent else self.show_error(error)


def find_post(request: HttpRequest, post_id: int) -> Post | None:
    """Return a post in a thread that this reader may open."""
    return POST_WITH_CONTEXT.first(request.user, post_id)


class ReplyView(ComposeView):
    """Reply to a post, inline or on a page of its own."""

    limit = POSTS
    parent: Post

    def find_target(self, *, post_id: int) -> ComposerTarget | Purpose:
        purpose = Purpose(parent_id=post_id)
        parent = find_post(self.request, post_id)
        if parent is None:
            return purpose
        self.parent = parent
        heading, label = _("Reply to a removed post"), _("Your reply to a removed post")
        if parent.is_readable:
            name = {"name": parent.author.username}
            heading, label = _("Reply to %(name)s") % name, _("Your reply to %(name)s") % name
        return ComposerTarget(
            id=f"reply-{parent.pk}",
            action=f"{post_path(parent.pk)}reply/",
            heading=heading,
            label=label,
            button=_("Post reply"),
            button_again=_("Post as another reply"),
            back=post_url(parent),
            purpose=purpose,
            parent=parent,
            thread=parent.thread,
        )

    def permission(self) -> PermissionResult:
        return can_reply_to(self.request.user, self.parent)

    def begin(self) -> Writing:
        parent = self.parent
        return Writing(
            base_revision=parent.latest_number, last_seen_post=parent.thread.last_post_id
        )

    def complete(self, *, has_draft: bool) -> None:
        writing, others = with_quotes(self.request, self.composer.writing, self.parent)
        self.change(writing=writing, other_replies=others)

    def write(self, member: User, prepared: PreparedPost, check: Check) -> Post | PendingPost:
        return publish_reply(
            self.parent,
            prepared,
            author=member,
            nonce=self.composer.writing.nonce,
            draft_version=self.composer.writing.version,
            check=check,
        )

    def posted(self, post: Post) -> HttpResponse:
        if wants_fragment(self.request):
            context = posted(post, self.request.user, order_of_page(self.request))
            return render(self.request, "posts/_posted.html", context, status=201)
        messages.success(self.request, _("Posted."))
        return redirect(post_url(post))

    def recover(self, error: UserError) -> None:
        """Offer to reply to the thread itself when the parent was removed."""
        if not isinstance(error, Conflict):
            return
        posts = Post.objects.visible_to(self.request.user).with_context()
        opening = posts.opening_of(self.parent.thread_id).first()
        if opening and can_reply_to(self.request.user, opening):
            self.change(elsewhere=f"{post_path(opening.pk)}reply/")
        else:
            self.change(is_dead_end=True)

    def ask_to_log_in(self) -> HttpResponse:
        if not wants_fragment(self.request):
            return log_in_first(self.request)
        context = {"target": self.target}
        return render(self.request, "posts/_log_in.html", context, status=401)


class EditView(ComposeView):
    """Edit one's own post."""

    limit = EDITS
    edited: Post

    def find_target(self, *, post_id: int) -> ComposerTarget | Purpose:
        purpose = Purpose(post_id=post_id)
        post = find_post(self.request, post_id)
        if post is None:
            return purpose
        self.edited = post
        return ComposerTarget(
            id=f"edit-{post.pk}",
            action=f"{post_path(post.pk)}edit/",
            heading=_("Edit post"),
            label=_("Text of the post"),
            button=_("Save"),
            back=post_url(post),
            purpose=purpose,
            parent=post.parent,
            edited=post,
            thread=post.thread,
        )

    def permission(self) -> PermissionResult:
        if not is_member(self.request):
            return PermissionResult(LoggedOut())
        return can_edit(self.request.user, self.edited)

    def begin(self) -> Writing:
        source = self.edited.shown_source
        return Writing(
            source,
            base_revision=self.edited.latest_number,
            original_hash=fingerprint(source),
        )

    def complete(self, *, has_draft: bool) -> None:
        if has_draft:
            self.catch_up()

    def write(self, member: User, prepared: PreparedPost, check: Check) -> Post | PendingPost:
        writing = self.composer.writing
        return publish_edit(
            self.edited,
            prepared,
            actor=member,
            base_revision=writing.base_revision,
            original_hash=writing.original_hash,
            nonce=writing.nonce,
            draft_version=writing.version,
            check=check,
        )

    def posted(self, post: Post) -> HttpResponse:
        if self.is_in_place:
            return self.show_post(_("Saved."))
        messages.success(self.request, _("Saved."))
        return load_again(self.request, post_url(post))

    def discarded(self, draft: Draft | None) -> HttpResponse:
        if self.is_in_place:
            return self.show_post("", draft)
        if draft:
            announce_discarded(self.request, draft)
        return load_again(self.request, self.target.back)

    @property
    def is_in_place(self) -> bool:
        """Return whether the composer stands where the post does in its thread."""
        return wants_fragment(self.request) and not self.edited.is_opening

    def show_post(self, done: str, draft: Draft | None = None) -> HttpResponse:
        """Return the post to the place of the composer."""
        context = {"post": edited(self.edited, self.request.user), "done": done, "draft": draft}
        return render(self.request, "posts/_edited.html", context)

    def recover(self, error: UserError) -> None:
        if isinstance(error, Conflict):
            self.catch_up()

    def catch_up(self) -> None:
        """Show the post's current text, which saving again would replace."""
        latest, writing = self.edited.latest_revision(), self.composer.writing
        self.change(
            writing=replace(
                writing,
                base_revision=latest.number,
                original_hash=fingerprint(latest.source),
            ),
            says_now=render_post_text(self.edited, self.request.user),
            changes=word_diff(
                self.masked(latest.source), self.masked(clean_source(writing.source))
            ),
        )


@read_only
@member_required
def choose_board(request: MemberRequest) -> HttpResponse:
    """Let a member choose the board of a new thread; where there is only one, go on there."""
    boards, tag = open_boards(request.user), request.GET.get("tag", "")
    if len(boards) == 1:
        query = {"tag": tag} if tag else None
        return redirect(reverse("thread-start", args=[boards[0].slug], query=query))
    return render(request, "thread_lists/choose_board.html", {"boards": boards, "tag": tag})


def open_boards(member: User) -> list[Board]:
    """Return the boards in which this member may start a thread."""
    boards = Board.objects.select_related("category").order_by(
        "category__position", "category__name", "position", "name"
    )
    return [board for board in boards if can_start_thread(member, board)]


class NewThreadView(ComposeView):
    """Start a thread in a board."""

    limit = THREADS
    board: Board

    def find_target(self, *, slug: str) -> ComposerTarget:
        self.board = board = get_object_or_404(Board, slug=slug)
        return ComposerTarget(
            id="new-thread",
            action=self.request.path,
            heading=_("New thread in %(board)s") % {"board": board.name},
            label=_("Opening post"),
            button=_("Post thread"),
            button_again=_("Post another thread"),
            back=board.get_absolute_url(),
            purpose=Purpose(board_id=board.pk),
            board=board,
        )

    def permission(self) -> PermissionResult:
        return can_start_thread(self.request.user, self.board)

    def get(self, request: HttpRequest, **address: Any) -> HttpResponse:
        try:
            return super().get(request, **address)
        except Locked as error:  # closed after the page that leads here was made
            if not is_member(request):
                raise
            context = {"boards": open_boards(request.user), "error": error}
            return render(request, "thread_lists/choose_board.html", context, status=error.status)

    def complete(self, *, has_draft: bool) -> None:
        """Choose the tag whose list the member comes from."""
        slug = self.request.GET.get("tag", "")
        if slug and not has_draft:
            tags = Tag.objects.main().filter(slug=slug).values_list("pk", flat=True)
            self.change(writing=replace(self.composer.writing, tag_ids=list(tags)))

    def show(self, status: int = 200) -> HttpResponse:
        if self.composer.writing.autosave_seq is None:
            self.change(tags=list(Tag.objects.main()))
        return super().show(status)

    def recover(self, error: UserError) -> None:
        """Offer the other boards when this one was closed."""
        if isinstance(error, Locked) and is_member(self.request):
            self.change(other_boards=open_boards(self.request.user))

    def prepare(self, member: User) -> PreparedPost:
        writing = self.composer.writing
        self.change(writing=replace(writing, title=clean_title(writing.title)))
        check_tag_count(writing.tag_ids)
        return super().prepare(member)

    def write(self, member: User, prepared: PreparedPost, check: Check) -> Post | PendingPost:
        writing = self.composer.writing
        return publish_thread(
            self.board,
            writing.title,
            prepared,
            author=member,
            nonce=writing.nonce,
            tag_ids=writing.tag_ids,
            draft_version=writing.version,
            check=check,
        )

    def posted(self, post: Post) -> HttpResponse:
        messages.success(self.request, _("Thread posted."))
        return redirect(post.thread)
