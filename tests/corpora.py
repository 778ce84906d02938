"""Test vectors of other projects, read in place and never copied into this repository.

They are additional: everything that they test is also tested with the files in `tests/data/`.
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
    """Return the path of a corpus file, or skip the test and name the missing file."""
    folder = Path(os.environ.get("CORPORA_DIR") or ROOT.parent / "shared" / "corpora")
    path = folder / name
    if not path.exists():
        pytest.skip(
            f"{name}: vectors of other projects are not part of this repository. Our own in"
            " tests/data cover the same ground; CORPORA_DIR adds a folder with theirs."
        )
    return path


def corpus_json(name: str) -> Any:
    """Return the data of a JSON file of the corpora."""
    return json.loads(corpus(name).read_text(encoding="utf-8"))


def data_json(name: str) -> Any:
    """Return the data of a JSON file in `tests/data/`."""
    return json.loads((DATA / name).read_text(encoding="utf-8"))
