"""The site's own pages for what went wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from forum.views.compose import keep_text


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is out of date: 403, with the text that was typed kept for the retry."""
    keep_text(request)
    return render(request, "403_csrf.html", status=403)
