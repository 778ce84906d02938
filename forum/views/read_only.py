"""A decorator for views that only read."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from forum.lib import replica

# The time limit of one statement.
STATEMENT_TIMEOUT = "10s"

ViewFunc = TypeVar("ViewFunc", bound=Callable[..., HttpResponse])


def read_only(view: ViewFunc) -> ViewFunc:
    """Decorate a view that only reads: GET or HEAD, one transaction, 10 seconds a statement.

    The limit is set in the transaction, so that it also holds behind a connection pool. The view
    reads from the replica if there is one that shows enough, else from the primary. It must not
    care if it is called a second time.
    """

    def read(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true)", [STATEMENT_TIMEOUT]
                )
            return view(request, *args, **kwargs)

    @require_safe
    @functools.wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if replica.may_read_from_replica(request):
            try:
                with replica.replica_as_default():
                    return read(request, *args, **kwargs)
            except replica.UNREACHABLE as error:
                replica.lag.leave_alone(error)
        return read(request, *args, **kwargs)

    return cast(ViewFunc, wrapped)
