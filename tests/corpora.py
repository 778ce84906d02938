"""Conversations and test vectors of others, which are read where they lie and never copied here.

What the forum must always be able to test is tested on data of our own in `tests/data/` as well.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"


def corpus(name: str) -> Path:
    """Return the path of one corpus file, or skip the test and say what is missing."""
    folder = Path(os.environ.get("CORPORA_DIR") or ROOT.parent / "shared" / "corpora")
    path = folder / name
    if not path.exists():
        pytest.skip(f"corpus {name} is not here (CORPORA_DIR names the folder of corpora)")
    return path


def corpus_json(name: str) -> Any:
    """Return one JSON file of the corpora."""
    return json.loads(corpus(name).read_text(encoding="utf-8"))


def data_json(name: str) -> Any:
    """Return one JSON file of our own test data."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))
