"""The composer: one form for replies, edits and new threads. Nothing typed in it is lost."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from forum.actions.limits import spend
from forum.actions.posts import rendered_post, sent_before
from forum.forms.posts import PostForm
from forum.lib.htmx import wants_fragment
from forum.markup.render import MAX_SOURCE
from forum.models import Post, User
from forum.models.limits import PREVIEWS, Limit
from forum.models.threads import TITLE_LENGTH
from forum.presenters.preview import Preview, preview
from forum.refusals import Refusal, SignedOut, TooFast

View = TypeVar("View", bound=Callable[..., HttpResponse])

KEPT = "kept_text"
# The session is a row in the database: a few forms' worth of text, not a store.
FORMS_KEPT = 5
FORMS_KEPT_FOR_VISITORS = 2
FIELDS = ("title", "source", "reason", "note")


@dataclass(slots=True)
class Composer:
    """What the composer shows."""

    id: str
    action: str
    heading: str
    label: str
    button: str
    back: str
    target: Post | None = None  # the post answered
    parent_text: SafeString | None = None  # what that says
    thread_title: str = ""  # of the thread that the post is in
    thread_id: int | None = None  # of the same
    has_title: bool = False
    title: str = ""
    source: str = ""
    nonce: str = field(default_factory=lambda: str(uuid.uuid4()))
    pointed_at: list[int] = field(default_factory=list)
    base: int | None = None  # the revision that an edit began from
    notice: str = ""
    refusal: Refusal | None = None
    preview: Preview | None = None
    # To whom other replies are begun in the thread, and where a quote is added to them.
    other_replies: list[tuple[str, str]] = field(default_factory=list)
    says_now: SafeString | None = None  # what an edit that came in between made of the post

    limit: int = MAX_SOURCE
    title_limit: int = TITLE_LENGTH

    @property
    def was_signed_out(self) -> bool:
        return isinstance(self.refusal, SignedOut)

    def take(self, form: PostForm) -> None:
        """Show again what was sent."""
        self.title = form.text("title")
        self.source = form.text("source")
        self.nonce = form.text("nonce") or self.nonce
        self.pointed_at = form.pointed_at()
        self.base = form.number("base")


def show(request: HttpRequest, composer: Composer, status: int = 200) -> HttpResponse:
    """The composer as a page, or as the fragment that goes under a post."""
    template = "posts/_composer.html" if wants_fragment(request) else "posts/compose.html"
    response = render(request, template, {"composer": composer}, status=status)
    if isinstance(composer.refusal, TooFast):
        response.headers["Retry-After"] = str(composer.refusal.retry_after)
    return response


def show_preview(
    request: HttpRequest,
    composer: Composer,
    author: User,
    *,
    parent: Post | None = None,
    but: Post | None = None,
) -> HttpResponse:
    """The composer with what its text will look like; raises `Invalid` or `TooFast`.

    `parent` is the post answered; `but` the post itself, when it is edited.
    """
    spend(f"person:{author.pk}", PREVIEWS)
    composer.preview = preview(
        composer.source, author=author, parent=parent, pointed_at=composer.pointed_at, but=but
    )
    return show(request, composer)


def refuse(request: HttpRequest, composer: Composer, refusal: Refusal) -> HttpResponse:
    """Say why the text was not taken, with the text; it is kept for the next visit too."""
    keep_text(request)
    composer.refusal = refusal
    return show(request, composer, refusal.status)


def restore(request: HttpRequest, composer: Composer) -> bool:
    """Give back what was typed here and not taken; tells whether there was anything."""
    kept = kept_text(request)
    if kept:
        composer.title = kept.get("title", composer.title)
        composer.source = kept.get("source", composer.source)
        composer.notice = _("This is what you had written when it could not be posted.")
    return bool(kept)


def signed_in(view: View) -> View:
    """A form for people who are signed in: others sign in first, and find what they had typed."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        keep_text(request)
        return redirect_to_login(request.get_full_path())

    return cast(View, wrapped)


def author_of(request: HttpRequest) -> User:
    """Who writes; raises `SignedOut` when nobody is signed in any more."""
    if isinstance(request.user, User):
        return request.user
    raise SignedOut


def admit(author: User, form: PostForm, limit: Limit) -> None:
    """Take a token for a new post; what is no post, or was sent before, costs none.

    Raises `Invalid` or `TooFast`.
    """
    rendered_post(form.text("source"))
    if not sent_before(author, form.nonce_value):
        spend(f"person:{author.pk}", limit)


def keep_text(request: HttpRequest) -> None:
    """Keep what was typed into the form at this address, for `restore` to give back.

    Text over the length limit is kept too, up to twice the limit; beyond that it never was a post.
    """
    typed = {
        name: request.POST[name][: 2 * MAX_SOURCE] for name in FIELDS if request.POST.get(name)
    }
    if not typed:
        return
    kept: dict[str, Any] = request.session.get(KEPT, {})
    kept.pop(request.path, None)
    kept[request.path] = typed
    most = FORMS_KEPT if request.user.is_authenticated else FORMS_KEPT_FOR_VISITORS
    request.session[KEPT] = dict(list(kept.items())[-most:])


def kept_text(request: HttpRequest) -> dict[str, str]:
    """What was typed at this address and not taken, by field; empty when nothing was."""
    kept: dict[str, dict[str, str]] = request.session.get(KEPT, {})
    return kept.get(request.path, {})


def forget_text(request: HttpRequest) -> None:
    """The text typed at this address was taken, or given up."""
    kept = request.session.get(KEPT, {})
    if kept.pop(request.path, None) is not None:
        request.session[KEPT] = kept
