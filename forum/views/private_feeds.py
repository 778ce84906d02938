"""Private feeds at secret addresses: a member's inbox, and what they follow; and their page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from forum.actions.feed_tokens import create_feed_token, record_feed_use, revoke_feed_token
from forum.errors import Conflict, RateLimited
from forum.lib.networks import network_of
from forum.models import FeedToken, Notification, Post, User
from forum.models.posts import PostQuerySet
from forum.presenters.feeds import FeedSubject, PostFeed, absolute
from forum.queries.feeds import fetch_feed, followed_posts
from forum.url_params import id_param
from forum.views.auth import MemberRequest, member_action, member_required
from forum.views.feeds import FEED_CONTENT_TYPE, feed_limit


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def addresses(request: MemberRequest) -> HttpResponse:
    """Show when addresses of private feeds were made; POST makes new ones, shown this once."""
    context: dict[str, object] = {}
    if request.method == "POST":
        try:
            token = create_feed_token(request.user)
            context["inbox"] = absolute(reverse("inbox-feed", args=[token]))
            context["following"] = absolute(reverse("following-feed", args=[token]))
        except Conflict as error:
            context["error"] = error
    context["tokens"] = list(FeedToken.objects.filter(member=request.user))
    status = 409 if "error" in context else 200
    return render(request, "account/feeds.html", context, status=status)


@require_POST
@member_action
def revoke(request: MemberRequest, token_id: int) -> HttpResponse:
    """Make addresses stop working."""
    revoke_feed_token(get_object_or_404(FeedToken, member=request.user, pk=token_id))
    messages.success(request, _("Revoked. Feed readers can’t read it any more."))
    return redirect("account-feeds")


@never_cache
@require_safe
def inbox(request: HttpRequest, key: str) -> HttpResponse:
    """Show the posts that the member with this token was notified of, the newest first."""
    member = member_with_token(request, key)
    notified = Notification.objects.inbox_of(member).order_by()
    posts = Post.objects.visible_to(member).filter(pk__in=notified.values("post")).order_by("-id")
    subject = FeedSubject(_("Inbox"), reverse("inbox"), f"/inbox/{member.pk}")
    return private_feed(request, subject, posts, member)


@never_cache
@require_safe
def following(request: HttpRequest, key: str) -> HttpResponse:
    """Show the posts in what the member with this token follows, the newest first."""
    member = member_with_token(request, key)
    posts = followed_posts(member, id_param(request.GET, "before", "p"))
    subject = FeedSubject(_("Following"), reverse("following"), f"/following/{member.pk}")
    return private_feed(request, subject, posts, member)


def member_with_token(request: HttpRequest, key: str) -> User:
    """Return the member whose token it is; 404 without one, 429 for too many requests."""
    if wait := feed_limit.take(network_of(request)):
        raise RateLimited(wait)
    token = get_object_or_404(FeedToken.objects.valid(key).select_related("member"))
    record_feed_use(token)
    return token.member


def private_feed(
    request: HttpRequest, subject: FeedSubject, posts: PostQuerySet, member: User
) -> HttpResponse:
    """Return a feed that search engines leave alone."""
    before = id_param(request.GET, "before", "p")
    feed = PostFeed(
        subject, fetch_feed(posts, before), member, before=before, feed_path=request.path
    )
    response = HttpResponse(feed.to_atom().to_xml(), content_type=FEED_CONTENT_TYPE)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
