"""Lines of templates, styles and scripts are short enough to review in a diff."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_WIDTH = 120
FILES = [
    path
    for pattern in ("templates/**/*.html", "static/css/*.css", "static/js/*.js")
    for path in sorted(ROOT.glob(pattern))
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_lines_are_at_most_120_characters(path: Path) -> None:
    lines = enumerate(path.read_text().splitlines(), start=1)
    assert [number for number, line in lines if len(line) > MAX_WIDTH] == []
