"""Private feeds: a member's inbox, at a secret address; and the page of these addresses."""

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
from forum.models import FeedToken, Notification, Post
from forum.presenters.feeds import FeedSubject, PostFeed, absolute
from forum.queries.feeds import fetch_feed
from forum.url_params import id_param
from forum.views.auth import MemberRequest, member_action, member_required
from forum.views.feeds import FEED_CONTENT_TYPE, feed_limit


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def addresses(request: MemberRequest) -> HttpResponse:
    """Show the addresses of private feeds; POST makes one, which is shown this once."""
    context: dict[str, object] = {}
    if request.method == "POST":
        try:
            token = create_feed_token(request.user)
            context["address"] = absolute(reverse("inbox-feed", args=[token]))
        except Conflict as error:
            context["error"] = error
    context["tokens"] = list(FeedToken.objects.filter(member=request.user))
    status = 409 if "error" in context else 200
    return render(request, "account/feeds.html", context, status=status)


@require_POST
@member_action
def revoke(request: MemberRequest, token_id: int) -> HttpResponse:
    """Make an address stop working."""
    revoke_feed_token(get_object_or_404(FeedToken, member=request.user, pk=token_id))
    messages.success(request, _("Revoked. Feed readers can’t read it any more."))
    return redirect("account-feeds")


@never_cache
@require_safe
def inbox(request: HttpRequest, key: str) -> HttpResponse:
    """Show the posts that the member with this token was notified of, the newest first."""
    if wait := feed_limit.take(network_of(request)):
        raise RateLimited(wait)
    token = get_object_or_404(FeedToken.objects.valid(key).select_related("member"))
    record_feed_use(token)
    member, before = token.member, id_param(request.GET, "before", "p")
    subject = FeedSubject(_("Inbox"), reverse("inbox"), f"/inbox/{member.pk}")
    notified = Notification.objects.inbox_of(member).order_by()
    posts = Post.objects.visible_to(member).filter(pk__in=notified.values("post")).order_by("-id")
    feed = PostFeed(
        subject, fetch_feed(posts, before), member, before=before, feed_path=request.path
    )
    response = HttpResponse(feed.to_atom().to_xml(), content_type=FEED_CONTENT_TYPE)
    response.headers["X-Robots-Tag"] = "noindex"
    return response
