"""Threads: reading one, starting one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.actions.threads import clean_title, start_thread
from forum.forms.deeds import offered
from forum.forms.posts import PostForm
from forum.lib.addresses import id_asked_for
from forum.lib.htmx import wants_fragment
from forum.lib.numbers import number_in
from forum.models import Board, Post, Thread
from forum.models.drafts import Purpose
from forum.models.limits import THREADS
from forum.models.orders import ORDERS, Start
from forum.models.outline import outline_of
from forum.models.reading import Marks, marks_of
from forum.models.threads import thread_path
from forum.models.windows import Window, window_of
from forum.permissions import may_start_thread
from forum.presenters.branch_pages import ways_on
from forum.presenters.branches import Folds
from forum.presenters.outline import outline_of_branches
from forum.presenters.threads import ThreadPage
from forum.refusals import Refusal, SignedOut
from forum.views.compose import (
    Composer,
    admit,
    author_of,
    refuse,
    show_preview,
    show_refused,
)
from forum.views.keeping import forget_text, give_back, set_aside, show
from forum.views.orders import order_of
from forum.views.reading import reading

# How long a browser remembers the order chosen.
A_YEAR = 365 * 24 * 60 * 60

STARTS: tuple[Start, ...] = ("after", "before", "at")


@reading
def detail(request: HttpRequest, thread_id: int, slug: str = "") -> HttpResponse:
    """A thread: whole, or one page of it in tree order."""
    threads = Thread.objects.visible_to(request.user).for_page().with_seen_by(request.user)
    threads = threads.with_drafts_of(request.user).with_held_of(request.user)
    thread = get_object_or_404(threads, pk=thread_id)
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    if thread.merged_into:
        return redirect(thread.merged_into.get_absolute_url() + query)
    address = thread_path(thread.pk, thread.slug)
    if slug != thread.slug:
        return redirect(address + query, permanent=True)
    marks = marks_of(thread, request.user)
    page = ThreadPage(thread, request.user, _window(request, thread, marks), marks)
    page.folds = _folds(request, page.window)
    response = _shown(request, page, address)
    if request.GET.get("order") in ORDERS:
        response.set_cookie("order", page.order, max_age=A_YEAR, samesite="Lax", httponly=True)
    return response


def _shown(request: HttpRequest, page: ThreadPage, address: str) -> HttpResponse:
    context = {"thread": page.thread, "page": page, "address": address}
    if wants_fragment(request):
        page.without_context()
        context |= {"ways": ways_on(page, address), "is_above": "before" in request.GET}
        return render(request, "threads/_more.html", context)
    card = page.card()
    context |= {
        "card": card,
        "fold_address": _fold_address(request, page, address),
        "ways": ways_on(page, address),
        "summary": card.row.excerpt,
        "opening_offers": page.offers.at(card.id),
        "offers_away": page.offers.away_from({card.id, *(row.id for row in page.rows)}),
        "deeds": offered("thread", page.thread, request.user),
    }
    return render(request, "threads/detail.html", context)


def _folds(request: HttpRequest, window: Window) -> Folds:
    """What the address asks to have folded away; never the post that it leads to."""
    asked = request.GET.get("fold")
    folded = "all" if asked == "all" else id_asked_for(request.GET, "fold", "p")
    return Folds(folded, window.rows, id_asked_for(request.GET, "at", "p"))


def _fold_address(request: HttpRequest, page: ThreadPage, address: str) -> str:
    """This page with all branches folded away; when they are, with all open."""
    query = request.GET.copy()
    query.pop("fold", None)
    if not page.folds.all:
        query["fold"] = "all"
    return f"{address}?{query.urlencode()}" if query else address


def _window(request: HttpRequest, thread: Thread, marks: Marks | None) -> Window:
    """The page that the address asks for; 404 when it names a post that is not in the thread."""
    start = next((name for name in STARTS if name in request.GET), None)
    post_id = id_asked_for(request.GET, start, "p") if start else None
    order = order_of(request, request.GET)
    window = window_of(
        thread,
        request.user,
        start,
        post_id,
        order=order,
        marks=marks,
        until=id_asked_for(request.GET, "until", "p"),
        through=id_asked_for(request.GET, "through", "p"),
        as_of=number_in(request.GET.get("asof", "")),
    )
    if window is None:
        raise Http404
    return window


@reading
def outline(request: HttpRequest, thread_id: int) -> HttpResponse:
    """Who answers whom in a large thread: its branches, and the way to a post in one."""
    threads = Thread.objects.visible_to(request.user).for_page().with_seen_by(request.user)
    thread = get_object_or_404(threads, pk=thread_id)
    begin = next((name for name in STARTS if name in request.GET), None)
    post_id = id_asked_for(request.GET, begin, "p") if begin else None
    if post_id is not None and not Post.objects.filter(pk=post_id, thread=thread).exists():
        raise Http404
    marks = marks_of(thread, request.user)
    outline = outline_of(thread, request.user, marks, begin, post_id)
    context = {"thread": thread, "outline": outline, "lines": outline_of_branches(outline)}
    template = "threads/_map.html" if wants_fragment(request) else "threads/map.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, slug: str) -> HttpResponse:
    """Start a thread in a board."""
    board = get_object_or_404(Board, slug=slug)
    composer = Composer(
        id="new-thread",
        action=request.path,
        heading=_("Start a thread in %(board)s") % {"board": board.name},
        label=_("The opening post"),
        button=_("Start the thread"),
        button_again=_("Start another thread"),
        back=board.get_absolute_url(),
        has_title=True,
        purpose=Purpose(board_id=board.pk),
    )
    if request.method == "POST":
        return _post_thread(request, composer, board)
    verdict = may_start_thread(request.user, board)
    if isinstance(verdict.refusal, SignedOut):
        return redirect_to_login(request.get_full_path())
    is_begun = give_back(request, composer)
    if verdict.refusal and is_begun:
        return show_refused(request, composer, verdict.refusal)
    verdict.enforce()
    return show(request, composer)


def _post_thread(request: HttpRequest, composer: Composer, board: Board) -> HttpResponse:
    form = PostForm(request.POST)
    composer.take(form)
    try:
        if answer := set_aside(request, composer, form, may_start_thread(request.user, board)):
            return answer
        author = author_of(request)
        title = clean_title(composer.title)
        if request.POST.get("do") == "preview":
            return show_preview(request, composer, author)
        if waits := admit(request, composer, author, THREADS):
            return waits
        thread = start_thread(
            board,
            author=author,
            title=title,
            source=composer.source,
            nonce=composer.nonce_value,
            draft_version=composer.version,
        )
    except Refusal as refusal:
        return refuse(request, composer, refusal)
    forget_text(request)
    messages.success(request, _("Your thread has begun."))
    return redirect(thread)
