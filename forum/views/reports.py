"""Reporting a post to the moderators."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from forum.actions.limits import REPORTS, spend
from forum.actions.reports import report_post
from forum.errors import Gone
from forum.forms.reports import ReportForm
from forum.lib.htmx import wants_fragment
from forum.models import Post, Report
from forum.models.posts import post_url
from forum.permissions import can_report
from forum.views.auth import MemberRequest, member_required
from forum.views.form_drafts import forget_text, kept_text
from forum.views.posts import get_post


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: MemberRequest, post_id: int) -> HttpResponse:
    """Report a post, on a page or under it, or show one's earlier report."""
    post = get_post(request, post_id)
    reporter = request.user
    before = Report.objects.open().filter(post=post, reporter=reporter).first()
    if before:
        return _show(request, post, report=before)
    answered = Report.objects.answered(post, reporter)
    permission = can_report(reporter, post)
    if answered and isinstance(permission.error, Gone):
        return _show(request, post, answered=answered)
    permission.enforce()
    form = ReportForm(request.POST or None, initial=kept_text(request))
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        return _show(request, post, form=form, answered=answered, status=status)
    spend(f"person:{reporter.pk}", REPORTS)
    answer = form.cleaned_data
    made = report_post(post, actor=reporter, reason=answer["reason"], words=answer["note"])
    forget_text(request)
    if wants_fragment(request):
        return _show(request, post, report=made, status=201)
    return redirect(request.path)


def _show(request: HttpRequest, post: Post, status: int = 200, **what: object) -> HttpResponse:
    context = {"post": post, "place": post_url(post), **what}
    template = "reports/_report.html" if wants_fragment(request) else "reports/report.html"
    return render(
        request, template, context | {"on_page": not wants_fragment(request)}, status=status
    )
