"""Quotes: one beside its source, and those of a post."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from forum.lib.addresses import id_asked_for
from forum.lib.htmx import wants_fragment
from forum.models import Post
from forum.presenters.places import place_of
from forum.presenters.sources import source_of
from forum.views.posts import get_post
from forum.views.reading import reading

PAGE = 30
IN_MENU = 10


@reading
def detail(request: HttpRequest, post_id: int, ordinal: int) -> HttpResponse:
    """One quote of a post beside its source: a page, or what opens under the quote."""
    post = get_post(request, post_id)
    if not post.is_readable:
        return redirect(post)
    source = source_of(post, ordinal, request.user)
    if source is None:
        raise Http404
    template = "posts/_source.html" if wants_fragment(request) else "posts/source.html"
    return render(request, template, {"post": post, "place": place_of(post), "source": source})


@reading
def quoted(request: HttpRequest, post_id: int) -> HttpResponse:
    """Which posts quote this one, the first written first: a page, or a menu under the post."""
    post = get_post(request, post_id)
    if not post.is_readable:
        return redirect(post)
    after = id_asked_for(request.GET, "after", "p")
    readable = Post.objects.visible_to(request.user).readable().with_context()
    is_menu = wants_fragment(request)
    most = IN_MENU if is_menu else PAGE
    posts = list(readable.quoting(post, after=after)[: most + 1])
    context = {
        "post": post,
        "place": place_of(post),
        "posts": [(place_of(each), each) for each in posts[:most]],
        "later": posts[most - 1].pk if len(posts) > most else None,
    }
    return render(request, "posts/_quoted.html" if is_menu else "posts/quoted.html", context)
