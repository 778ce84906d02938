"""Forms that only set a preference: checked without a token, which is a cookie."""

from __future__ import annotations

import functools
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

CookieView = Callable[[HttpRequest], HttpResponse]


def from_own_pages(view: CookieView) -> CookieView:
    """Decorate a POST that only sets a preference: 403 if another site has sent it.

    Browsers say where a form was sent from. Pages for visitors need no token and set no cookie.
    """

    @csrf_exempt
    @functools.wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if is_from_other_site(request):
            raise PermissionDenied
        return view(request)

    return wrapped


def is_from_other_site(request: HttpRequest) -> bool:
    """Return whether the browser says that the request comes from a page of another site."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.get_host()}"
    return origin is not None and origin not in (own, *settings.CSRF_TRUSTED_ORIGINS)
