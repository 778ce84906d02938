"""What waits for a moderator: said at once, looked at, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from forum.actions.holding import hold_post, why_held, withdraw_held
from forum.errors import LoggedOut
from forum.forms.deeds import offered
from forum.lib.htmx import wants_fragment
from forum.markup.render import Rendered
from forum.models import Draft, HeldPost, Post, User
from forum.presenters.held import held_of, page_of, shown
from forum.views.keeping import forget_text
from forum.views.read_only import read_only

if TYPE_CHECKING:
    from forum.views.compose import Composer

PAGE = 30
WAITS = 202


def let_wait(
    request: HttpRequest,
    composer: Composer,
    author: User,
    rendered: Rendered,
    *,
    edits: Post | None = None,
) -> HttpResponse | None:
    """The answer to a text that has to wait; None when it can be posted now."""
    why = why_held(author, rendered, title=composer.title, edits=edits)
    if why is None or composer.purpose is None:
        return None
    held = hold_post(
        composer.purpose, author=author, written=composer.written, was=composer.was, why=why
    )
    return waits(request, HeldPost.objects.with_context().get(pk=held.pk))


def waits(request: HttpRequest, held: HeldPost) -> HttpResponse:
    """Say that it waits: in the composer's place, or on a page."""
    forget_text(request)
    assert isinstance(request.user, User)
    if wants_fragment(request):
        context = {"held": held, "each": shown(held)}
        return render(request, "held/_waits.html", context, status=WAITS)
    context = {"page": page_of(held, request.user)}
    return render(request, "held/detail.html", context, status=WAITS)


@never_cache
@read_only
def index(request: HttpRequest) -> HttpResponse:
    """What the member who asks wrote and was held: what waits, then how the latest ended."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    mine = HeldPost.objects.of(request.user).with_context()
    context = {
        "waiting": held_of(mine.waiting()),
        "ended": held_of(mine.ended()[:PAGE]),
    }
    return render(request, "held/index.html", context)


@never_cache
@read_only
def detail(request: HttpRequest, held_id: int) -> HttpResponse:
    """One of one's own, or one to decide on; for everybody else there is none."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    held = get_object_or_404(HeldPost.objects.visible_to(request.user).with_context(), pk=held_id)
    assert isinstance(request.user, User)
    context = {
        "page": page_of(held, request.user),
        "deeds": offered("held", held, request.user),
    }
    return render(request, "held/detail.html", context)


@require_POST
def withdraw(request: HttpRequest, held_id: int) -> HttpResponse:
    """Take one's own back: to change it, or for good; either way its text is a draft again."""
    if not isinstance(request.user, User):
        raise LoggedOut
    held = get_object_or_404(HeldPost.objects.visible_to(request.user), pk=held_id)
    purpose = withdraw_held(held, actor=request.user)
    if request.POST.get("do") != "change":
        messages.success(request, _("Withdrawn. Its text is in your drafts."))
        return HttpResponseRedirect("/held/", status=303)
    draft = Draft.objects.of(request.user).purposed(purpose).first()
    return redirect((draft and draft.get_absolute_url()) or "drafts")
