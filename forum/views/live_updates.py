"""New replies and changes of a thread: open pages poll for them, and links ask for them."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from forum.errors import Gone
from forum.lib.htmx import wants_fragment
from forum.lib.numbers import parse_number
from forum.models import Post, Thread
from forum.models.posts import post_url
from forum.models.read_state import read_state_of
from forum.presenters.live_updates import LiveUpdates
from forum.queries.live_updates import fetch_changes
from forum.queries.threads import for_thread_page, with_read_state
from forum.url_params import id_param
from forum.views.auth import is_member
from forum.views.read_only import read_only


@read_only
def since(request: HttpRequest, thread_id: int) -> HttpResponse:
    """Show the number of changes since the number `after`, or with `show` the changes themselves.

    Without htmx, redirect to the first of them. While there are none beyond what was `known`,
    `forum.middleware.QuietPolls` has answered before.
    """
    after = parse_counter(request.GET, "after")
    if "known" in request.GET:
        parse_counter(request.GET, "known")
    threads = for_thread_page(Thread.objects.visible_to(request.user))
    threads = with_read_state(threads, request.user)
    thread = threads.filter(pk=thread_id).first()
    if thread is None:
        get_object_or_404(Thread.objects.gone_for(request.user), pk=thread_id)
        raise Gone(_("This thread was removed."))
    if thread.merged_into:
        raise Gone(_("This thread was merged into another one."))
    changes = fetch_changes(thread, after)
    if "show" in request.GET and request.GET["show"] != "all":
        post_id = id_param(request.GET, "show", "p")
        changes = [change for change in changes if change.id == post_id]
    read_state = read_state_of(thread, request.user)
    updates = LiveUpdates(thread, request.user, read_state, changes)
    if not wants_fragment(request):
        return redirect_to_updates(request, updates)
    template = "threads/_new_posts.html" if "show" in request.GET else "threads/_live_updates.html"
    context = {"thread": thread, "updates": updates, "after": after}
    return render(request, template, context)


def redirect_to_updates(request: HttpRequest, updates: LiveUpdates) -> HttpResponse:
    """Redirect to the first new post, else to the end; visitors get no cookie for a message."""
    thread = updates.thread
    if not updates.first and is_member(request):
        messages.info(request, _("No new replies yet."))
    post_id = updates.first or thread.last_post_id
    post = Post.objects.get(pk=post_id) if post_id else Post.objects.opening_of(thread.pk).get()
    post.thread = thread
    return redirect(post_url(post))


def parse_counter(query: QueryDict, name: str) -> int:
    """Return the change counter in a query parameter; raises `Http404` for anything else."""
    number = parse_number(str(query.get(name, "")))
    if number is None:
        raise Http404
    return number
