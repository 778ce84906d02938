"""The front page, and the boards."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from forum.lib.addresses import id_asked_for
from forum.models import Board, Category, Thread
from forum.models.unseen import note_unseen
from forum.permissions import may_start_thread
from forum.views.reading import reading

LATEST = 3  # threads of each board on the front page
PAGE = 30  # threads of a board's page


@reading
def home(request: HttpRequest) -> HttpResponse:
    """All boards by category, with their latest threads."""
    categories = Category.objects.with_boards()
    latest = list(Thread.objects.latest_per_board(LATEST).with_last_post())
    note_unseen(latest, request.user)
    by_board: dict[int, list[Thread]] = {}
    for thread in latest:
        by_board.setdefault(thread.board_id, []).append(thread)
    shelves = [
        (category, [(board, by_board.get(board.pk, [])) for board in category.boards.all()])
        for category in categories
    ]
    return render(request, "boards/home.html", {"shelves": shelves})


@reading
def detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A board's threads, a page at a time: pinned first, then the latest reply first."""
    board = get_object_or_404(Board.objects.select_related("category"), slug=slug)
    threads = Thread.objects.visible_to(request.user).filter(board=board).with_last_post()
    last = id_asked_for(request.GET, "after", "t")
    page = list((threads.listed_after(last) if last else threads.listed())[: PAGE + 1])
    note_unseen(page, request.user)
    context = {
        "board": board,
        "threads": page[:PAGE],
        "next_after": page[PAGE - 1].pk if len(page) > PAGE else None,
        "may_start": may_start_thread(request.user, board) or not request.user.is_authenticated,
    }
    return render(request, "boards/detail.html", context)
