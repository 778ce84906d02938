"""Costly pages: visitors share a small part of the server for them, and are refused before members.

Crawlers are told not to read these pages. Those that do, from thousands of networks, cannot take
the server from members with them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from forum.errors import RateLimited
from forum.lib.networks import network_of
from forum.lib.visitor_budget import RETRY_AFTER, NetworkLimit, costly_slot, send_away
from forum.views.auth import is_member

CostlyView = TypeVar("CostlyView", bound=Callable[..., HttpResponse])

# Parameters that make a page of a thread costly: another order, a place, a search.
COSTLY_PARAMETERS = {"order", "at", "before", "find", "fold", "asof", "through", "until"}

costly_limit = NetworkLimit(settings.COSTLY_PER_NETWORK)


def costly(view: CostlyView) -> CostlyView:
    """Decorate a costly page: 429 for visitors of a busy network, 503 when it is busy."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if is_member(request):
            return view(request, *args, **kwargs)
        if wait := costly_limit.take(network_of(request)):
            raise RateLimited(wait)
        with costly_slot() as is_free:
            return view(request, *args, **kwargs) if is_free else send_away(503, RETRY_AFTER)

    return cast(CostlyView, wrapped)


def costly_with_parameters(view: CostlyView) -> CostlyView:
    """Decorate a page that is costly only in another order, from another place, or searched."""
    costly_view = costly(view)

    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_costly = not COSTLY_PARAMETERS.isdisjoint(request.GET)
        return (costly_view if is_costly else view)(request, *args, **kwargs)

    return cast(CostlyView, wrapped)
