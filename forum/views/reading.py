"""What pages that only read have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def reading(view: View[P]) -> View[P]:
    """A page that only reads: GET or HEAD, one transaction, at most 10 seconds a statement.

    The limit is set in the transaction, so that it also holds behind a pool of connections.
    """

    @require_safe
    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = '10s'")
            return view(request, *args, **kwargs)

    return wrapped
