"""The number of random examples that a test tries: few in each run, more when asked for."""

from __future__ import annotations

import os

# `EXAMPLES=10 make test` tries ten times as many.
FACTOR = float(os.environ.get("EXAMPLES") or 1)


def examples(usual: int) -> int:
    """Return the number of examples for this run."""
    return round(usual * FACTOR)
