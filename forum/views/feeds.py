"""Atom feeds: the newest posts of the site, a board, a tag, a thread, a branch, a person, a search.

They show what visitors see, whoever asks: a feed is read by programs, which are not logged in.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _

from forum.errors import Gone, RateLimited
from forum.lib.networks import network_of
from forum.lib.search import clean_search, parse_search
from forum.lib.visitor_budget import NetworkLimit
from forum.models import Board, Post, Tag, Thread, User
from forum.models.posts import PostQuerySet
from forum.models.tags import has_tag
from forum.models.visibility import VISITOR, listed_by
from forum.presenters.feeds import FEED, FeedSubject, PostFeed
from forum.queries.boards import board_formerly_at
from forum.queries.content_version import fetch_dated_version, is_shown_by_replica
from forum.queries.feeds import fetch_feed, fetch_moved_out, newest_posts_in
from forum.queries.search import PostSearch
from forum.url_params import id_param
from forum.views.read_only import read_only

FEED_MAX_AGE = 300  # seconds
FEED_CONTENT_TYPE = "application/atom+xml; charset=utf-8"
# Of feeds that changed; services that read for many people ask for many.
feed_limit = NetworkLimit(2 * settings.COSTLY_PER_NETWORK)

FeedView = Callable[..., HttpResponse]


def conditional(view: FeedView) -> FeedView:
    """Decorate a feed: 304 if nothing changed, which takes one query; else it counts as one read.

    Raises `RateLimited` when too many were read from one network.
    """
    reading = read_only(view)

    @functools.wraps(view)
    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        thread_id = kwargs.get("thread_id")
        version, changed_at = fetch_dated_version(thread_id)
        etag = f'W/"{version}"'
        response = get_conditional_response(request, etag, changed_at)
        if response is None or response.status_code != 304:
            if wait := feed_limit.take(network_of(request)):
                raise RateLimited(wait)
            if not is_shown_by_replica(version, thread_id):
                return reading(request, **kwargs)
            response = reading(request, **kwargs)
        if response.status_code in (200, 304):
            response.headers["ETag"] = etag
            if changed_at is not None:
                response.headers["Last-Modified"] = http_date(changed_at)
            response.headers["Cache-Control"] = f"public, max-age={FEED_MAX_AGE}"
        return response

    return wrapped


def _show(
    request: HttpRequest, subject: FeedSubject, posts: PostQuerySet, **more: Any
) -> HttpResponse:
    before = _before(request)
    page = fetch_feed(posts, before)
    feed = PostFeed(subject, page, VISITOR, before=before, **more)
    return HttpResponse(feed.to_atom().to_xml(), content_type=FEED_CONTENT_TYPE)


def _before(request: HttpRequest) -> int | None:
    return id_param(request.GET, "before", "p")


@conditional
def site_feed(request: HttpRequest) -> HttpResponse:
    """Show the newest posts of all boards."""
    subject = FeedSubject(_("New posts"), reverse("home"), "/")
    threads = Thread.objects.listed_for(VISITOR)
    return _show(request, subject, newest_posts_in(threads, VISITOR, _before(request)))


@conditional
def board_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the newest posts of a board."""
    found = Board.objects.filter(slug=slug).first()
    if found is None:
        former = board_formerly_at(slug)
        if former is None:
            raise Http404
        return redirect("board-feed", former.slug, permanent=True)
    subject = FeedSubject(found.name, found.get_absolute_url(), f"/b/{found.pk}")
    threads = Thread.objects.listed_for(VISITOR).filter(board=found)
    return _show(request, subject, newest_posts_in(threads, VISITOR, _before(request)))


@conditional
def tag_feed(request: HttpRequest, tag: str) -> HttpResponse:
    """Show the newest posts of the threads with a tag."""
    found = get_object_or_404(Tag.objects.select_related("synonym_of"), slug=tag)
    if found.synonym_of:
        return redirect("tag-feed", found.synonym_of.slug)
    subject = FeedSubject(found.name, found.get_absolute_url(), f"/tags/{found.pk}")
    threads = Thread.objects.listed_for(VISITOR).filter(has_tag(found.pk))
    return _show(request, subject, newest_posts_in(threads, VISITOR, _before(request)))


@conditional
def thread_feed(request: HttpRequest, thread_id: int, slug: str = "") -> HttpResponse:
    """Show the newest posts of a thread; its feed is found at former addresses, too."""
    found = Thread.objects.visible_to(VISITOR).filter(pk=thread_id).first()
    if found is None:
        get_object_or_404(Thread.objects.gone_for(VISITOR), pk=thread_id)
        raise Gone(_("This thread was removed."))
    if found.merged_into_id:
        return redirect("thread-feed-short", found.merged_into_id)
    path = found.get_absolute_url()
    if slug != found.slug:
        return redirect(path + FEED, permanent=True)
    subject = FeedSubject(found.title, path, f"/t/{found.pk}")
    posts = Post.objects.visible_to(VISITOR).latest_in(found)
    moved = [] if "before" in request.GET else fetch_moved_out(found)
    return _show(request, subject, posts, moved_out=moved)


@conditional
def branch_feed(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show the newest posts of a branch."""
    posts = Post.objects.visible_to(VISITOR)
    head = get_object_or_404(posts.select_related("thread", "author"), pk=post_id)
    if head.is_opening:
        return redirect(head.thread.get_absolute_url() + FEED)
    if head.is_readable:
        names = {"name": head.author.username, "title": head.thread.title}
        title = _("Branch by %(name)s on %(title)s") % names
    else:
        title = _("Branch on %(title)s") % {"title": head.thread.title}
    subject = FeedSubject(title, reverse("post-branch", args=[post_id]), f"/p/{post_id}/branch")
    return _show(request, subject, posts.branch_of(head).order_by("-id"))


@conditional
def person_feed(request: HttpRequest, name: str) -> HttpResponse:
    """Show a person's newest posts."""
    found = get_object_or_404(User.objects.confirmed().named([name]))
    if found.username != name:
        return redirect(found.get_absolute_url() + FEED)
    subject = FeedSubject(found.username, found.get_absolute_url(), f"/u/{found.pk}")
    posts = Post.objects.visible_to(VISITOR).written_by(found)
    return _show(request, subject, posts.filter(listed_by(VISITOR, "thread__")))


@conditional
def search_feed(request: HttpRequest) -> HttpResponse:
    """Show the newest posts that a search finds."""
    text = clean_search(request.GET.get("q", ""))
    query = parse_search(text)
    if query.is_empty:
        raise Http404
    found = PostSearch(query, VISITOR, "newest").results().threads
    ids = [each.post.pk for thread in found for each in thread.posts]
    address = f"?{urlencode({'q': text})}"
    subject = FeedSubject(text, reverse("search"), f"/search{address}", address)
    return _show(
        request, subject, Post.objects.visible_to(VISITOR).filter(pk__in=ids).order_by("-id")
    )
