"""Syntax trees of the project's files, parsed when a test first looks at them.

Every process collects all tests, and few of them need a tree.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@cache
def syntax_tree(path: str) -> ast.Module:
    """Return the tree of a file, by its path in the repository."""
    return ast.parse((ROOT / path).read_text())
