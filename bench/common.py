# ruff: noqa: E402 (Django is set up before anything of it is imported)
"""Shared by the benchmarks: a database of their own, tables, and the final line of JSON."""

from __future__ import annotations

import json
import os
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "forum.settings"
os.environ["DEBUG"] = "False"

import django

django.setup()

from django.conf import settings
from django.db import connection

from forum import database

DATABASE = "plait_bench"

# Asked to end, clean up as after Ctrl-C.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


@contextmanager
def bench_database() -> Iterator[None]:
    """Create and migrate a database in the server of the settings, and remove it at the end."""
    before = settings.DATABASES["default"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = DATABASE
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)
        connection.close()
        if settings.EMBEDDED_DATABASE:
            database.stop_if_idle(settings.DATA_DIR)


def database_url() -> str:
    """Return the URL of the benchmark's database, for another process."""
    keys = connection.settings_dict
    who = ":".join(quote(keys[key], safe="") for key in ("USER", "PASSWORD") if keys[key])
    where = urlencode({key: keys[key.upper()] for key in ("host", "port") if keys[key.upper()]})
    return f"postgresql://{who}@/{DATABASE}?{where}"


def say(text: str) -> None:
    print(text, flush=True)


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under a title, the first column aligned left, figures right."""
    texts = [list(head), *([_text(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    say(f"\n{title}")
    for place, row in enumerate(texts):
        first, *rest = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
        say("  " + "  ".join(cells).rstrip())
        if place == 0:
            say("  " + "  ".join("-" * width for width in widths))


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.2f}" if cell < 100 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def finish(figures: dict[str, object]) -> None:
    """Print the last line: all figures as JSON, to be kept and compared."""
    say("")
    print(json.dumps(_rounded(figures), separators=(",", ":")))


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {str(key): _rounded(item) for key, item in value.items()}
    return value


def milliseconds(task: Callable[[], object]) -> float:
    """Return how long `task` takes in wall-clock time."""
    started = time.perf_counter()
    task()
    return (time.perf_counter() - started) * 1000


def interleaved(tasks: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Return the results of each task, run `rounds` times in turn.

    A moment in which the machine is busy then affects all of them.
    """
    results: dict[str, list[float]] = {name: [] for name in tasks}
    for _round in range(rounds):
        for name, task in tasks.items():
            results[name].append(task())
    return results


def percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
