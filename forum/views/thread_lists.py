"""Lists of threads: the front page, all threads, boards and tags; marking them as read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from forum.actions.read_state import mark_boards_read, mark_read_before, undo_mark
from forum.errors import Invalid
from forum.lib.numbers import parse_number
from forum.lib.prepared_queries import PreparedQuery
from forum.models import Board, SiteText, Tag
from forum.presenters.feeds import FEED
from forum.presenters.thread_lists import ThreadList, list_address
from forum.queries.boards import board_formerly_at
from forum.queries.subscriptions import with_own_choice
from forum.queries.thread_lists import (
    ACTIVE_THREADS,
    TABS_BY_SLUG,
    UNREAD,
    ThreadListPage,
    ThreadListRequest,
    ThreadTab,
    fetch_boards,
    fetch_page,
    micros_of,
    moment_at,
    parse_cursor,
)
from forum.views.auth import MemberRequest, is_member, log_in_first, member_action
from forum.views.read_only import read_only

INTRODUCTION = PreparedQuery(lambda: SiteText.objects.values_list("introduction")[:1])


@read_only
def home(request: HttpRequest) -> HttpResponse:
    """Show what this place is, and the active threads of all boards."""
    introduction = INTRODUCTION.first()
    return _show_list(request, ACTIVE_THREADS, introduction=introduction[0] if introduction else "")


@read_only
def index(request: HttpRequest, tab: str) -> HttpResponse:
    """Show the threads of all boards in one of the other tabs."""
    return _show_list(request, _find_tab(tab))


@read_only
def board(request: HttpRequest, slug: str, tab: str = "") -> HttpResponse:
    """Show a board's threads; boards are found at their former addresses, too."""
    return _show_list(request, _find_tab(tab) if tab else ACTIVE_THREADS, slug)


@read_only
def tag(request: HttpRequest, slug: str, tab: str = "") -> HttpResponse:
    """Show a tag's threads; a synonym leads to its tag."""
    shown = _find_tab(tab) if tab else ACTIVE_THREADS
    tags = with_own_choice(Tag.objects.select_related("synonym_of"), request.user)
    found = get_object_or_404(tags, slug=slug)
    if found.synonym_of:
        return redirect(list_address(shown, found.synonym_of), permanent=True)
    return _show_list(request, shown, tag=found)


def _find_tab(slug: str) -> ThreadTab:
    if slug not in TABS_BY_SLUG:
        raise Http404
    return TABS_BY_SLUG[slug]


def _redirect_from_old(request: HttpRequest, slug: str, tab: ThreadTab) -> HttpResponse:
    """Redirect to the board that had this address before; raise `Http404` if none had."""
    found = board_formerly_at(slug)
    if found is None:
        raise Http404
    query = request.META["QUERY_STRING"]
    return redirect(list_address(tab, found) + (f"?{query}" if query else ""), permanent=True)


def _show_list(
    request: HttpRequest,
    tab: ThreadTab,
    board_slug: str = "",
    *,
    tag: Tag | None = None,
    introduction: str = "",
) -> HttpResponse:
    # First, so that nothing newer than what it counts is marked as read with it.
    listed = fetch_boards(request.user)
    board = next((each for each in listed.boards if each.slug == board_slug), None)
    if board_slug and not board:
        return _redirect_from_old(request, board_slug, tab)
    if tab.is_for_members and not is_member(request):
        return log_in_first(request)
    opened = [pk for pk, in_board in listed.opened.items() if not board or in_board == board.pk]
    page, is_lost = _requested_page(request, ThreadListRequest(tab, board, tag, opened=opened))
    context = {
        "list": ThreadList(tab, board, tag, request.user, listed, page, request.get_full_path()),
        "board": board,
        "tag": tag,
        "introduction": introduction,
        "feed": list_address(ACTIVE_THREADS, board or tag) + FEED,
        "is_lost": is_lost,
    }
    return render(request, "thread_lists/page.html", context)


def _requested_page(
    request: HttpRequest, beginning: ThreadListRequest
) -> tuple[ThreadListPage, bool]:
    """Return the page that `?after=` or `?before=` names, and whether there is no such page.

    Then it is the beginning of the list.
    """
    after, before = (
        parse_cursor(request.GET.get(name, ""), beginning.tab) for name in ("after", "before")
    )
    if after or before:
        page = fetch_page(replace(beginning, after=after, before=before), request.user)
        if page.threads:
            return page, False
    is_lost = "after" in request.GET or "before" in request.GET
    return fetch_page(beginning, request.user), is_lost


@require_POST
@member_action
def mark_read(request: MemberRequest) -> HttpResponse:
    """Mark what a list has shown as read, or what was written before a day; offer to undo it."""
    member, sent = request.user, request.POST
    newest = parse_number(sent.get("newest", ""))
    micros = parse_number(sent.get("at", ""))
    marked_at = moment_at(micros) if micros is not None else None
    tab = TABS_BY_SLUG.get(sent.get("tab", ""))
    if newest is None or marked_at is None or tab is None:
        raise Invalid(_("Go back, reload the list, and press the button again."))
    board = get_object_or_404(Board, slug=sent["board"]) if sent.get("board") else None
    boards = [board] if board else list(Board.objects.all())
    if "before" in sent:
        day = _start_of(sent["before"])
        mark_read_before(boards, member=member, day=day, marked_at=marked_at)
    else:
        mark_boards_read(boards, member=member, newest_post=newest, marked_at=marked_at)
    undo = reverse("threads-read-undo", args=[micros_of(marked_at)])
    messages.success(request, _("Marked as read."), extra_tags=undo)
    return redirect(list_address(tab, board))


def _start_of(text: str) -> datetime:
    """Return when a day begins in the member's time zone; raises `Invalid`."""
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(text), time.min))
    except (ValueError, OverflowError) as error:
        raise Invalid(_("Enter a day, such as 2026-01-31."), field="before") from error


@require_POST
@member_action
def undo_mark_read(request: MemberRequest, marked_at: int) -> HttpResponse:
    """Set back what was marked as read at that time."""
    moment = moment_at(marked_at)
    if moment and undo_mark(member=request.user, marked_at=moment):
        messages.success(request, _("Unread again."))
    else:
        messages.info(request, _("This was already undone, or you marked threads as read again."))
    return redirect(list_address(UNREAD))
