"""Places for servers that tests start."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def open_directory() -> Iterator[Path]:
    """Return a directory that the account of a database may enter.

    Not in pytest's own: another run of pytest on this machine closes that to other accounts.
    """
    with tempfile.TemporaryDirectory(prefix="plait-", ignore_cleanup_errors=True) as name:
        place = Path(name)
        place.chmod(0o755)
        yield place
