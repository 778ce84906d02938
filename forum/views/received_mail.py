"""Posts that came by mail: what was left out of them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from forum.actions.incoming_mail import put_back
from forum.models import PendingPost, Post, ReceivedMail
from forum.models.posts import post_url
from forum.views.auth import MemberRequest, member_required
from forum.views.pending_posts import show_pending


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def left_out(request: MemberRequest, post_id: int) -> HttpResponse:
    """Show what was left out of the mail that became one's own post; POST puts it back."""
    own = Post.objects.visible_to(request.user).with_context().written_by(request.user)
    post = get_object_or_404(own, pk=post_id)
    mail = ReceivedMail.objects.of_member(request.user).of_post(post).noted()
    received = get_object_or_404(mail.exclude(left_out=""))
    if request.method != "POST":
        context = {"received": received, "post": post, "place": post_url(post)}
        return render(request, "received_mail/left_out.html", context)
    sent = put_back(received, post, actor=request.user)
    if isinstance(sent, PendingPost):
        return show_pending(request, sent)
    messages.success(request, _("Put back."))
    return redirect(post_url(sent))
