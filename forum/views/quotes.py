"""Quotes: one beside its source, and those of a post."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from forum.lib.htmx import wants_fragment
from forum.presenters.places import place_of
from forum.presenters.sources import source_of
from forum.views.posts import get_post
from forum.views.reading import reading


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
