"""Vocabulary: replaced words do not come back, and no name means two things."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.syntax_trees import syntax_tree

ROOT = Path(__file__).parents[2]

# Replaced words, as parts of names, and the words to use.
REPLACED = {
    "alike": "fuzzy_match",
    "anonymising": "anonymise",
    "arrival": "live_update",
    "arrivals": "live_updates",
    "around": "context",
    "citation": "backlink",
    "citations": "backlinks",
    "cited": "quoted_by",
    "deed": "action, moderation_action",
    "deeds": "actions, moderation_actions",
    "desk": "admin",
    "doors": "entry_points",
    "erasing": "erasure",
    "floors": "layers",
    "hasten": "disable_slow_mode",
    "hinders": "blocked_by",
    "house": "architecture",
    "joined": "oob_updates",
    "keeping": "form_drafts",
    "meanwhile": "new_activity",
    "newcomer": "new_member",
    "newcomers": "new_members",
    "newness": "new_member",
    "paced": "slow",
    "refusal": "error",
    "refusals": "errors",
    "stamp": "version_token",
    "stamps": "version_tokens",
    "standing": "roles, status, visible",
    "stands": "is_published, is_visible",
    "stencil": "compiled_template",
    "stencils": "compiled_templates",
    "told": "notifications, acknowledged",
    "unseen": "unread",
    "verdict": "permission_result",
    "waits": "is_pending",
    "ways": "links",
    "wording": "revision, moderator_edit",
}
# Names that are neither nouns nor verbs.
PREPOSITIONS = {"but", "by", "of", "with"}
RELATIVE = {
    *("What", "Who", "Whom", "Whose", "Whether", "Which", "Where", "When", "How", "Why"),
    *("Of", "That", "If"),
}
# (file, name): the reason for the exception.
EXCEPTIONS: dict[tuple[str, str], str] = {
    ("forum/management/commands/serve.py", "stamp"): "the usual word for a file of this purpose",
    ("forum/models/visibility.py", "date_joined"): "a field of Django's users",
}

# Top-level names that several modules define, and the reason.
SHARED_NAMES = {
    "Command": "Django finds management commands by this name",
    "logger": "a logger per module, as Python's documentation has it",
    "register": "Django finds template filters by this name",
    "main": "a script's function that runs it",
    "arguments": "a script's command line",
    "index": "a view of a list, called by its module: `log.index`",
    "detail": "a view of one object, called by its module: `log.detail`",
    "P": "the arguments of a decorated function, as Python's documentation has it",
}
# Choices of a model are named with it: `Role.Kind`, never `Kind = Role.Kind`.
CHOICES = {"Kind", "State", "Cause", "Outcome", "Status"}

FILES = [
    str(path.relative_to(ROOT))
    for top in ("forum", "bench", "tests")
    for path in sorted((ROOT / top).rglob("*.py"))
    if "migrations" not in path.parts
]


def names_in(tree: ast.AST) -> Iterator[str]:
    """Yield the names of functions, classes and arguments."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg


def words_of(name: str) -> list[str]:
    """Return the words of a name in snake_case or CamelCase, in lower case."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def docstrings(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the docstrings with the names of what they describe."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield getattr(node, "name", "module"), text


def top_level_names(tree: ast.Module) -> Iterator[str]:
    """Yield the public names that a module defines."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def test_no_name_contains_a_replaced_word() -> None:
    for path in FILES:
        names = {Path(path).stem, *names_in(syntax_tree(path))}
        found = {
            name: [REPLACED[word] for word in words_of(name) if word in REPLACED]
            for name in names
            if (path, name) not in EXCEPTIONS and not REPLACED.keys().isdisjoint(words_of(name))
        }
        assert found == {}, f"use these words instead in {path}"
        assert names & PREPOSITIONS == set(), path


def test_docstrings_begin_with_a_verb_or_a_noun() -> None:
    found = {
        (path, name): text.splitlines()[0]
        for path in FILES
        for name, text in docstrings(syntax_tree(path))
        if text.split()[0].strip(",.:;") in RELATIVE
    }
    assert found == {}


def test_top_level_names_are_unique() -> None:
    paths_by_name: dict[str, list[str]] = defaultdict(list)
    for path in FILES:
        if path.startswith("forum/"):
            for name in top_level_names(syntax_tree(path)):
                if not name.startswith("_"):
                    paths_by_name[name].append(path)
    shared = {name: paths for name, paths in paths_by_name.items() if len(paths) > 1}
    assert shared.keys() - SHARED_NAMES.keys() == set(), shared


def test_choices_are_named_with_their_model() -> None:
    for path in FILES:
        for node in syntax_tree(path).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
                assert node.value.attr not in CHOICES, (path, ast.unparse(node))


def test_listed_exceptions_exist() -> None:
    assert [path for path, _name in EXCEPTIONS if path not in FILES] == []
