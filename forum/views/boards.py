"""The front page, and the boards."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from forum.models import Board, Category, Thread
from forum.permissions import can_start_thread
from forum.queries.boards import board_formerly_at
from forum.queries.read_state import load_unread_counts
from forum.queries.threads import for_thread_list
from forum.url_params import id_param
from forum.views.auth import is_member
from forum.views.read_only import read_only

LATEST_THREADS_PER_BOARD = 3  # threads of each board on the front page
THREADS_PER_PAGE = 30  # threads of a board's page


@read_only
def home(request: HttpRequest) -> HttpResponse:
    """Show all boards by category, with their latest threads."""
    categories = Category.objects.with_boards()
    latest = list(for_thread_list(Thread.objects.latest_per_board(LATEST_THREADS_PER_BOARD)))
    load_unread_counts(latest, request.user)
    by_board: dict[int, list[Thread]] = {}
    for thread in latest:
        by_board.setdefault(thread.board_id, []).append(thread)
    shelves = [
        (category, [(board, by_board.get(board.pk, [])) for board in category.boards.all()])
        for category in categories
    ]
    return render(request, "boards/home.html", {"shelves": shelves})


def _redirect_from_old(request: HttpRequest, slug: str) -> HttpResponse:
    """Redirect to the board that had this address before; raise `Http404` if none had."""
    board = board_formerly_at(slug)
    if board is None:
        raise Http404
    query = request.META["QUERY_STRING"]
    return redirect(board.get_absolute_url() + (f"?{query}" if query else ""))


@read_only
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a page of a board's threads: pinned ones first, then by latest reply."""
    board = Board.objects.select_related("category").filter(slug=slug).first()
    if board is None:
        return _redirect_from_old(request, slug)
    threads = for_thread_list(Thread.objects.listed_for(request.user).filter(board=board))
    last = id_param(request.GET, "after", "t")
    page = list((threads.listed_after(last) if last else threads.listed())[: THREADS_PER_PAGE + 1])
    load_unread_counts(page, request.user)
    context = {
        "board": board,
        "threads": page[:THREADS_PER_PAGE],
        "next_after": page[THREADS_PER_PAGE - 1].pk if len(page) > THREADS_PER_PAGE else None,
        "can_start": can_start_thread(request.user, board) or not is_member(request),
    }
    return render(request, "boards/detail.html", context)
