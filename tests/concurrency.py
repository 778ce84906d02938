"""Running functions in parallel, and waiting for other processes or threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from forum.errors import UserError


def wait_until(condition: Callable[[], object], seconds: float = 20, *, said: str = "") -> None:
    """Return once `condition` holds; fail if it does not in time."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, said or f"not after {seconds} s"
        time.sleep(0.05)


def run_in_parallel(*functions: Callable[[], object]) -> list[object]:
    """Run functions in parallel and return the result or the error of each."""

    def run(function: Callable[[], object]) -> object:
        try:
            return function()
        except UserError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [
            future.result() for future in [pool.submit(run, function) for function in functions]
        ]
