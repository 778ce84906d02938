"""Error pages."""

from __future__ import annotations

import sys

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template.loader import render_to_string

from forum.errors import UserError
from forum.lib.outages import DATABASE_IS_AWAY, unavailable
from forum.lib.request_log import request_id
from forum.views.form_drafts import keep_text, typed_text


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Refuse a form with an outdated token (403), and keep or show the text that was typed.

    Only text from our own pages is kept or shown: another site could put words into the reader's
    mouth.
    """
    is_ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    typed = typed_text(request) if is_ours else {}
    is_kept = bool(typed) and keep_text(request)
    context = {"is_kept": is_kept, "typed": [] if is_kept else typed.values()}
    return render(request, "403_csrf.html", context, status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a malformed request with 400."""
    too_big = isinstance(exception, RequestDataTooBig)
    return render(request, "400.html", {"too_big": too_big}, status=413 if too_big else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer with 403; our own errors say why."""
    message = str(exception) if isinstance(exception, UserError) else ""
    return render(request, "403.html", {"message": message}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer errors that no view catches, such as a session that cannot be saved or an error
    page that cannot be rendered: 503 while the database is away, else 500.
    """
    error = sys.exc_info()[1]
    if isinstance(error, DATABASE_IS_AWAY):
        return unavailable(request, error)
    page = render_to_string("500.html", {"request_id": request_id.get()})
    return HttpResponseServerError(page)


def too_fast(request: HttpRequest) -> HttpResponse:
    """Answer with 429; django-allauth's limits are per minute."""
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = "60"
    return response
