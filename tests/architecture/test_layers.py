"""Layers, the modules that may write, and the modules that may name the columns of the tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.syntax_trees import syntax_tree

ROOT = Path(__file__).parents[2]
FORUM = ROOT / "forum"
MODULES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in sorted(FORUM.rglob("*.py"))
    if path.parent.name != "migrations"
}

# Files that may name the columns of the nested sets; all other code calls these.
TREE_FILES = {
    "forum/models/posts.py",  # the columns themselves, their constraints, and the queries
    "forum/models/tree.py",  # inserting and moving
    "forum/models/subscriptions.py",  # the branches around a post that members follow or mute
    "forum/actions/subscriptions.py",  # the same, when a member posts in one
    "forum/queries/branches.py",  # locked and slow branches, by place
    "forum/actions/branches.py",  # which top-level branch a post is in
    "forum/queries/live_updates.py",  # the place of a changed post
    "forum/queries/sort_orders.py",  # statements for thread_pages.py
    "forum/queries/branch_outline.py",  # branches and what is in them
    "forum/queries/siblings.py",  # neighbours of a post
    "forum/queries/read_state.py",  # the next unread post in tree order
    "forum/queries/thread_pages.py",  # pages in tree order, as one SQL statement
    "forum/actions/bulk_import.py",  # COPY of whole conversations names its columns
    "forum/actions/rebuild.py",  # the one statement that numbers a tree anew
}
TREE_COLUMNS = re.compile(r"\b(lft|rght|tree_id)\b")

# A class with more fields does too much, unless it is a row of a wide table.
MAX_FIELDS = 16
WIDE_DATACLASSES = {
    "PostRow": "a post with all that its page shows, filled by one query",
    "QuoteRow": "a quote with all that its page shows, filled by one query",
    "Composer": "until the views of the composer are one class",
}

WRITES = {
    *("save", "create", "update", "delete", "get_or_create", "update_or_create"),
    *("bulk_create", "bulk_update", "asave", "acreate", "aupdate", "adelete"),
}
# Models have the small writes that actions are made of; nothing else calls them.
MAY_WRITE = ("forum/actions/", "forum/moderation/", "forum/models/")
WRITING_SQL = re.compile(r"\b(INSERT\s+INTO|UPDATE\s+forum_|DELETE\s+FROM|TRUNCATE|COPY)\b")
# Functions of models that write, by file; only actions call them.
WRITES_OF_MODELS = {
    ("forum/models/accounts.py", "create_user"),  # called by Django's own user manager
    ("forum/models/accounts.py", "create_superuser"),
    ("forum/models/posts.py", "save"),
    ("forum/models/threads.py", "record_latest_post"),
    ("forum/models/tree.py", "insert_node"),
}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call, str]]:
    """Yield each method call, with the name of the function around it."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[str, ast.Call, str]]:
        for child in ast.iter_child_nodes(node):
            name = child.name if isinstance(child, ast.FunctionDef) else function
            if isinstance(child, ast.Call) and isinstance(child.func, ast.Attribute):
                yield child.func.attr, child, function
            yield from walk(child, name)

    yield from walk(tree, "")


def is_write(name: str, call: ast.Call) -> bool:
    """Return whether a call writes rows; `hash.update(data)` and `dict.update(other)` do not."""
    if name == "update" and call.args:
        return False
    return name in WRITES


def model_writes(name: str) -> set[tuple[str, str]]:
    return {
        (name, function)
        for method, call, function in calls(syntax_tree(name))
        if is_write(method, call)
    }


def test_module_imports_only_from_layers_below_its_own() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_module_is_in_a_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(each for each in contracts["contracts"] if each["type"] == "layers")
    assert layers["exhaustive"] is True
    placed = set(re.findall(r"\w+", " ".join(layers["layers"]))) | set(layers["exhaustive_ignores"])
    found = {path.stem for path in FORUM.iterdir() if path.suffix == ".py" or _is_package(path)}
    assert found - {"__init__"} <= placed
    # Modules outside the layers are imported by no other module.
    ignored = "|".join(layers["exhaustive_ignores"])
    for name, text in MODULES.items():
        assert not re.search(rf"(from|import) forum\.({ignored})\b", text), name


def _is_package(path: Path) -> bool:
    return (path / "__init__.py").exists()


def test_columns_of_the_tree_are_named_in_its_files_only() -> None:
    assert {name for name, text in MODULES.items() if TREE_COLUMNS.search(text)} == TREE_FILES


@pytest.mark.parametrize("name", [name for name in MODULES if not name.startswith(MAY_WRITE)])
def test_nothing_outside_actions_and_moderation_writes(name: str) -> None:
    assert model_writes(name) == set()
    assert not WRITING_SQL.search(MODULES[name])


def test_models_hold_only_the_writes_that_actions_are_made_of() -> None:
    names = [name for name in MODULES if name.startswith("forum/models/")]
    assert set().union(*map(model_writes, names)) == WRITES_OF_MODELS


def test_admin_saves_nothing_without_an_action() -> None:
    """Every row is changed by an action, which writes a log entry."""
    from forum.admin import admin_site
    from forum.admin.configured import ConfiguredAdmin
    from forum.admin.site import ForAdministrators, ForModerators

    saved = {
        model.__name__
        for model, admin in admin_site._registry.items()
        if isinstance(admin, ForAdministrators) and not isinstance(admin, ConfiguredAdmin)
    }
    assert saved == set()
    for model, admin in admin_site._registry.items():
        assert isinstance(admin, ForAdministrators | ForModerators), model
        assert {inline.model.__name__ for inline in admin.inlines} <= {"Role"}
        assert not admin.list_editable


# Checks of the login other than those of `forum.views.auth`.
LOGIN_CHECK = re.compile(
    r"isinstance\(\s*\w*\.?user\b|\.is_authenticated|redirect_to_login|login_required"
    r"|raise LoggedOut\b"
)


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("forum/views/")])
def test_views_check_the_login_in_one_way(name: str) -> None:
    if name == "forum/views/auth.py":
        assert LOGIN_CHECK.search(MODULES[name])
    else:
        assert not LOGIN_CHECK.search(MODULES[name])


def test_no_module_uses_signals() -> None:
    for name, text in MODULES.items():
        assert not re.search(r"django\.(db\.models\.|core\.)?(signals|dispatch)", text), name
        assert not re.search(r"import .*\b(receiver|Signal|post_save|pre_save)\b", text), name


def test_only_one_file_reads_htmx_request_headers() -> None:
    reads = re.compile(r"request\.htmx|HX-Request|HTTP_HX_")
    found = {name for name, text in MODULES.items() if reads.search(text)}
    # The others only set the Vary header.
    assert found == {"forum/lib/htmx.py", "forum/middleware.py", "forum/page_cache.py"}
    for template in (ROOT / "templates").rglob("*.html"):
        assert "request.htmx" not in template.read_text(), template


def test_dataclasses_have_few_fields() -> None:
    wide = {
        node.name
        for tree in map(syntax_tree, MODULES)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)
        and sum(isinstance(each, ast.AnnAssign) for each in node.body) > MAX_FIELDS
    }
    assert wide <= WIDE_DATACLASSES.keys()
