"""A quote beside its source, and the posts that quote a post."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from forum.lib.htmx import wants_fragment
from forum.models import Post
from forum.models.posts import post_url
from forum.presenters.quote_source import find_quote_source
from forum.url_params import id_param
from forum.views.costly import costly
from forum.views.posts import get_post
from forum.views.read_only import read_only

QUOTING_POSTS_PER_PAGE = 30
QUOTING_POSTS_IN_MENU = 10


@costly
@read_only
def detail(request: HttpRequest, post_id: int, ordinal: int) -> HttpResponse:
    """Show one quote of a post beside its source: as a page, or under the quote."""
    post = get_post(request, post_id)
    if not post.is_readable:
        return redirect(post)
    source = find_quote_source(post, ordinal, request.user)
    if source is None:
        raise Http404
    template = "posts/_quote_source.html" if wants_fragment(request) else "posts/quote_source.html"
    return render(request, template, {"post": post, "place": post_url(post), "source": source})


@costly
@read_only
def quoted(request: HttpRequest, post_id: int) -> HttpResponse:
    """List the posts that quote this one, oldest first: on a page, or in a menu below it."""
    post = get_post(request, post_id)
    if not post.is_readable:
        return redirect(post)
    after = id_param(request.GET, "after", "p")
    readable = Post.objects.visible_to(request.user).readable().with_context()
    is_menu = wants_fragment(request)
    most = QUOTING_POSTS_IN_MENU if is_menu else QUOTING_POSTS_PER_PAGE
    posts = list(readable.quoting(post, after=after)[: most + 1])
    context = {
        "post": post,
        "place": post_url(post),
        "posts": [(post_url(each), each) for each in posts[:most]],
        "later": posts[most - 1].pk if len(posts) > most else None,
    }
    return render(request, "posts/_quoted_by.html" if is_menu else "posts/quoted_by.html", context)
