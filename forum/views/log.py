"""The moderation log, for everybody; undoing its entries, for moderators."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.errors import Conflict, Invalid
from forum.log_entry_types import public_type_choices, type_choices
from forum.models import Board, ModerationAction
from forum.moderation.forms import ReasonForm
from forum.moderation.undo import undo
from forum.permissions import can_access_admin, can_appeal, can_undo
from forum.presenters.log import entries_of, entry_of, links_of
from forum.url_params import id_param
from forum.views.auth import MemberRequest, is_member, moderator_required
from forum.views.form_drafts import forget_text, kept_text
from forum.views.next_page import next_page
from forum.views.read_only import read_only

LOG_ENTRIES_PER_PAGE = 30


@read_only
def index(request: HttpRequest) -> HttpResponse:
    """Show the moderation actions that the reader may see, the latest first."""
    before = id_param(request.GET, "before", "a")
    entries = ModerationAction.objects.visible_to(request.user).with_targets().before(before)
    boards = Board.objects.order_by("name")
    board = next((each for each in boards if each.slug == request.GET.get("board")), None)
    choices = type_choices() if can_access_admin(request.user) else public_type_choices()
    act = request.GET.get("act") if request.GET.get("act") in dict(choices) else ""
    entries = entries.filter(**({"board": board} if board else {}) | ({"act": act} if act else {}))
    page = list(entries[: LOG_ENTRIES_PER_PAGE + 1])
    context = {
        "entries": entries_of(page[:LOG_ENTRIES_PER_PAGE], request.user),
        "older": page[LOG_ENTRIES_PER_PAGE - 1].pk if len(page) > LOG_ENTRIES_PER_PAGE else None,
        "is_later_page": before is not None,
        "boards": boards,
        "board": board,
        "acts": choices,
        "act": act,
    }
    return render(request, "log/index.html", context)


@read_only
def detail(request: HttpRequest, action_id: int) -> HttpResponse:
    """Show one entry of the log, with its effects and whether it was undone."""
    entries = ModerationAction.objects.visible_to(request.user).with_targets()
    action = get_object_or_404(entries, pk=action_id)
    context = {
        "entry": entry_of(action, request.user),
        "links": links_of(action, request.user),
        "can_undo": can_undo(request.user, action),
        "can_appeal": is_member(request) and can_appeal(request.user, action),
    }
    return render(request, "log/detail.html", context)


@moderator_required
@require_http_methods(["GET", "HEAD", "POST"])
def undo_act(request: MemberRequest, action_id: int) -> HttpResponse:
    """Undo an action, with a reason."""
    entries = ModerationAction.objects.for_admin(request.user).with_targets()
    action = get_object_or_404(entries, pk=action_id)
    if not hasattr(action, "undone_by"):
        can_undo(request.user, action).enforce()
    form = ReasonForm(request.POST or None, initial=kept_text(request), action="undo")
    if form.is_valid():
        try:
            undone = undo(action, actor=request.user, **form.cleaned_data)
        except (Invalid, Conflict) as error:
            form.add_error(None, str(error))
        else:
            forget_text(request)
            messages.success(request, _("Undone."))
            for words in undone.kept_in_words():
                messages.info(request, words)
            back = next_page(request, undone.action.get_absolute_url())
            return HttpResponseRedirect(back, status=303)
    context = {
        "entry": entry_of(action, request.user),
        "links": links_of(action, request.user),
        "form": form,
        "back": next_page(request, action.get_absolute_url()),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "log/undo.html", context, status=status)
