"""The composer: one form for replies, edits and new threads. Nothing typed in it is lost."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID, uuid4

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from forum.actions.drafts import Writing
from forum.actions.limits import spend
from forum.actions.new_member_limits import keep_limits_of_new
from forum.actions.posts import rendered_post
from forum.actions.sent_forms import held_before, posted_before
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
from forum.markup.changes import TextChange
from forum.markup.render import MAX_SOURCE
from forum.models import Draft, Post, User
from forum.models.drafts import Purpose
from forum.models.limits import PREVIEWS, Limit
from forum.models.threads import TITLE_LENGTH
from forum.presenters.new_activity import Meanwhile
from forum.presenters.preview import Preview, preview
from forum.views.held import let_wait, waits
from forum.views.keeping import give_back, keep, look_around, show, typed_text

View = TypeVar("View", bound=Callable[..., HttpResponse])

# What cannot be mended in the composer: the text can be copied, and is kept.
FINAL = (Gone, Locked, NotAllowed)


@dataclass(slots=True)
class Composer:
    """What the composer shows."""

    id: str
    action: str
    heading: str
    label: str
    button: str
    back: str
    button_again: str = ""  # when the form was sent before, with other words
    target: Post | None = None  # the post answered
    parent_text: SafeString | None = None  # what that says
    thread_title: str = ""  # of the thread that the post is in
    thread_id: int | None = None  # of the same
    has_title: bool = False
    title: str = ""
    source: str = ""
    nonce: str = field(default_factory=lambda: str(uuid4()))
    pointed_at: list[int] = field(default_factory=list)
    base: int | None = None  # the revision, of the post edited or answered, that it began from
    was: str = ""  # the fingerprint of the text that an edit began from
    notice: str = ""
    error: UserError | None = None
    preview: Preview | None = None
    # To whom other replies are begun in the thread, and where a quote is added to them.
    other_replies: list[tuple[str, str]] = field(default_factory=list)
    says_now: SafeString | None = None  # what an edit that came in between made of the post
    changes: list[TextChange] = field(default_factory=list)  # what this text would change in that
    purpose: Purpose | None = None  # what its draft is kept under; none when that is not there
    known: int | None = None  # the latest post of the thread when it was opened
    version: int | None = None  # of the draft that it began from or saved last
    turn: int | None = None  # which saving in passing this is
    saved_at: datetime | None = None
    other: Draft | None = None  # what another device has saved meanwhile
    meanwhile: Meanwhile | None = None  # what others did since it was opened
    told: int | None = None  # the latest of that which it has shown: an answer,
    told_edit: int | None = None  # and an edit of the post answered
    is_held: bool = False  # it shows that first; pressed again, it is posted
    elsewhere: str = ""  # where it can be posted instead, when what it answers was removed
    is_dead_end: bool = False  # and where there is no such place

    limit: int = MAX_SOURCE
    title_limit: int = TITLE_LENGTH

    @property
    def was_signed_out(self) -> bool:
        return isinstance(self.error, LoggedOut)

    @property
    def sent_address(self) -> str:
        """Where to read what the form has sent before; empty when it has sent nothing else."""
        return self.error.address if isinstance(self.error, AlreadySent) else ""

    @property
    def wrong(self) -> str:
        """Which field a refusal is about: “title” or “source”; empty without one."""
        if self.error is None or self.sent_address:
            return ""
        return self.error.field if isinstance(self.error, Invalid) else "source"

    @property
    def focus(self) -> str:
        """Which field is to be written in next; none while there is something to read first."""
        if self.preview or self.is_held:
            return ""
        lacks_title = self.has_title and not self.title
        return self.wrong or ("title" if lacks_title else "source")

    @property
    def wait_seconds(self) -> int:
        """After how many seconds it can be posted; 0 when it can be tried at once."""
        return self.error.retry_after if isinstance(self.error, RateLimited) else 0

    @property
    def is_stuck(self) -> bool:
        """Whether the text can be copied, and not posted from here."""
        return self.is_dead_end or isinstance(self.error, FINAL)

    @property
    def nonce_value(self) -> UUID | None:
        try:
            return UUID(self.nonce)
        except ValueError:
            return None

    @property
    def written(self) -> Writing:
        """What a draft keeps of it, and what waits for a moderator."""
        return Writing(
            self.source,
            title=self.title,
            quoted=self.pointed_at,
            base=self.base,
            known=self.known,
            nonce=self.nonce_value,
            version=self.version,
            turn=self.turn,
        )

    def was_sent_by(self, author: User) -> bool:
        """Whether the form was sent before; raises `AlreadySent` when with other words."""
        form = (author, self.nonce_value, self.source)
        return bool(posted_before(*form, title=self.title) or held_before(*form, title=self.title))

    def become_another(self) -> None:
        """Go on as another form than the one that was sent."""
        self.nonce, self.button = str(uuid4()), self.button_again or self.button

    def take(self, form: PostForm) -> None:
        """Show again what was sent."""
        self.title = form.text("title")
        self.source = form.text("source")
        self.nonce = form.text("nonce") or self.nonce
        self.pointed_at = form.pointed_at()
        self.base, self.known = form.number("base"), form.number("known")
        self.was = form.text("was")
        self.told, self.told_edit = form.number("told"), form.number("told_edit")
        self.version, self.turn = form.number("version"), form.number("turn")

    def take_state(self, draft: Draft | None) -> None:
        """Go on from what is saved now."""
        is_kept = draft is not None and draft.discarded_at is None
        self.version = draft.version if draft and is_kept else None
        self.saved_at = draft.saved_at if draft and is_kept else None

    def show_draft(self, draft: Draft) -> None:
        """Show what was kept."""
        self.title, self.source = draft.title, draft.source
        self.pointed_at, self.version = draft.quoted, draft.version
        self.base, self.known = draft.base or self.base, draft.known or self.known
        self.other = None


def show_preview(
    request: HttpRequest,
    composer: Composer,
    author: User,
    *,
    parent: Post | None = None,
    exclude: Post | None = None,
) -> HttpResponse:
    """The composer with what its text will look like; raises `Invalid` or `RateLimited`.

    `parent` is the post answered; `exclude` the post itself, when it is edited.
    """
    spend(f"person:{author.pk}", PREVIEWS)
    composer.preview = preview(
        composer.source,
        author=author,
        parent=parent,
        pointed_at=composer.pointed_at,
        exclude=exclude,
    )
    keep(request, composer)
    look_around(composer, author)
    return show(request, composer)


def hold(request: HttpRequest, composer: Composer, author: User) -> HttpResponse | None:
    """Show once, before posting, what others have done here meanwhile; None when nothing is new."""
    look_around(composer, author)
    unread = composer.meanwhile
    if unread is None or not unread.is_news(composer.told, composer.told_edit):
        return None
    if composer.was_sent_by(author):
        return None
    keep(request, composer)
    composer.is_held, composer.button = True, _("Post anyway")
    return show(request, composer, Conflict.status)


def refuse(request: HttpRequest, composer: Composer, error: UserError) -> HttpResponse:
    """Say why the text was not taken, with the text; it is kept for the next visit too."""
    if isinstance(error, AlreadySent):
        composer.become_another()
    if composer.turn is None or isinstance(error, LoggedOut):
        keep(request, composer)
    return show_refused(request, composer, error)


def show_refused(request: HttpRequest, composer: Composer, error: UserError) -> HttpResponse:
    """The composer with why its text is not taken; perhaps it can be posted elsewhere."""
    composer.error = error
    if composer.elsewhere:
        # Another text from here on: this one's draft stays as it is.
        composer.action, composer.version = composer.elsewhere, None
        composer.button = _("Post to the thread instead")
    return show(request, composer, error.status)


def lost(request: HttpRequest, purpose: Purpose) -> HttpResponse:
    """About a post that is not there, or not for this reader: one's own words, if there are any.

    404 without. What never was there and what may not be seen look the same.
    """
    composer = Composer(
        id="lost",
        action=request.path,
        heading=_("What you had written"),
        label=_("Your text"),
        button="",
        back=reverse("drafts"),
        purpose=purpose if Post.objects.filter(pk__in=purpose.posts).exists() else None,
    )
    if request.method == "POST":
        composer.take(PostForm(request.POST))
    else:
        give_back(request, composer)
    if not composer.source:
        raise Http404
    error = Gone(_("What this was for isn’t here any more."))
    if request.method == "POST":
        return refuse(request, composer, error)
    return show_refused(request, composer, error)


def signed_in(view: View) -> View:
    """A form for people who are signed in: others sign in first, and are shown what they typed."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        typed = typed_text(request)
        if not typed:
            return redirect_to_login(request.get_full_path())
        error = LoggedOutWhileWriting()
        context = {"error": error, "typed": typed.values()}
        return render(request, "user_error.html", context, status=error.status)

    return cast(View, wrapped)


def author_of(request: HttpRequest) -> User:
    """Who writes; raises `LoggedOut` when nobody is signed in any more."""
    if isinstance(request.user, User):
        return request.user
    raise LoggedOutWhileWriting


def admit(
    request: HttpRequest,
    composer: Composer,
    author: User,
    limit: Limit,
    *,
    edits: Post | None = None,
) -> HttpResponse | None:
    """The answer to what waits for a moderator; None for what is to be posted.

    Takes a token for it; what is no post, or was sent before, costs none. Raises `Invalid` or
    `RateLimited`.
    """
    rendered = rendered_post(composer.source)
    form = (author, composer.nonce_value, composer.source)
    if posted_before(*form, title=composer.title):
        return None
    if held := held_before(*form, title=composer.title):
        return waits(request, held)
    keep_limits_of_new(author, rendered, is_edit=edits is not None)
    spend(f"person:{author.pk}", limit)
    return let_wait(request, composer, author, rendered, edits=edits)
