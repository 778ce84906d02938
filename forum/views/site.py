"""The theme, the default sort order, and the health checks of the site."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from forum.lib.htmx import wants_fragment
from forum.preferences import THEMES
from forum.views.own_forms import from_own_pages
from forum.views.sort_orders import find_order

PREFERENCE_COOKIE_MAX_AGE = 365 * 24 * 60 * 60


@from_own_pages
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Save the theme (light, dark, or the device’s own with "auto"), and go back."""
    chosen = request.POST.get("theme", "")
    if chosen not in (*THEMES, "auto"):
        raise BadRequest("light, dark or auto")
    # Not `redirect`: a Referer without slashes would pass for the name of a view.
    back = HttpResponseRedirect(_back(request))
    response = HttpResponse(status=204) if wants_fragment(request) else back
    if chosen == "auto":
        response.delete_cookie("theme")
    else:
        response.set_cookie(
            "theme",
            chosen,
            max_age=PREFERENCE_COOKIE_MAX_AGE,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return response


@from_own_pages
@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Save the order in which all threads open in this browser, and go back."""
    chosen = find_order(request.POST.get("order"))
    if chosen is None:
        raise BadRequest("no such order")
    response = HttpResponseRedirect(_back(request))
    response.set_cookie(
        "order",
        chosen,
        max_age=PREFERENCE_COOKIE_MAX_AGE,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )
    messages.success(request, _("Threads now open in this order."))
    return response


def _back(request: HttpRequest) -> str:
    """Return the page that the form was on, if it is ours."""
    back = request.META.get("HTTP_REFERER", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure())
    return back if safe else reverse("home")


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """Respond that the process runs."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Respond with 200 if the database answers and is migrated, else 503."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return HttpResponse("no database", status=503, content_type="text/plain")
    if waiting:
        return HttpResponse("migrations wait", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")
