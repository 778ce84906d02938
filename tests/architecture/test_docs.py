"""Documentation is up to date: settings, commands, errors, paths, links and make targets."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from forum import errors
from forum.errors import UserError

ROOT = Path(__file__).parents[2]
PAGES = {
    str(path.relative_to(ROOT)): path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "deploy/README.md")
}
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
# Comments for maintainers are not part of a page.
TEXTS = {name: COMMENT.sub("", path.read_text()) for name, path in PAGES.items()}

FOLDERS = r"forum|templates|static|tests|docs|deploy|bench|requirements|\.ci|\.github"
PATH = re.compile(rf"(?<![\w/.:@-])(?:{FOLDERS})/[\w./*-]+")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def table_rows(page: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the page's tables."""
    for line in TEXTS[page].splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def table_rows_by_name(page: str) -> dict[str, list[str]]:
    """Return the rows whose first cell is one name in backticks, by that name."""
    named = ((re.fullmatch(r"`([\w-]+)`", cells[0]), cells) for cells in table_rows(page))
    return {match[1]: cells for match, cells in named if match}


# -- Settings ---------------------------------------------------------------------------------

SETTINGS = table_rows_by_name("docs/settings.md")
COMPOSE = (ROOT / "docker-compose.yml").read_text()


def settings_variables() -> set[str]:
    """Return the environment variables that settings.py reads, with any helper."""
    tree = ast.parse((ROOT / "forum/settings.py").read_text())
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.args[0], ast.Constant)
        and re.match(r"env\.|_\w+$", ast.unparse(call.func))
        and re.fullmatch(r"[A-Z][A-Z_]+", str(call.args[0].value))
    }


def compose_variables() -> dict[str, str]:
    """Return the variables of docker-compose.yml: `?` if required, else `-` with the default."""
    return dict(re.findall(r"\$\{([A-Z_]+):([^}]*)\}", COMPOSE))


def test_settings_page_has_every_setting_and_no_other() -> None:
    assert len(settings_variables()) > 20
    assert set(SETTINGS) == settings_variables() | set(compose_variables())


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_page_agrees_with_compose(name: str) -> None:
    _name, default, in_compose, _meaning = SETTINGS[name]
    rest = compose_variables().get(name)
    if rest is None:
        assert in_compose == "fixed"
    elif rest == "?":
        assert in_compose == "required"
    else:
        assert in_compose == "optional"
        assert rest == "-" or f"`{rest.removeprefix('-')}`" in default


def test_settings_page_agrees_with_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    defaults = dict(re.findall(r"^#([A-Z_]+)=(.+)$", example, re.MULTILINE))
    assert len(defaults) > 10
    for name, value in defaults.items():
        assert f"`{value}`" in SETTINGS[name][1], name


# -- Commands and errors ----------------------------------------------------------------------


def test_operating_page_has_every_command() -> None:
    commands = {path.stem for path in (ROOT / "forum/management/commands").glob("[a-z]*.py")}
    assert commands - set(table_rows_by_name("docs/operating.md")) == set()


def test_architecture_page_has_every_error_with_its_status() -> None:
    page = {
        name: int(cells[1])
        for cells in table_rows("docs/architecture.md")
        if len(cells) > 1 and cells[1].isdecimal()
        for name in re.findall(r"`(\w+)`", cells[0])
    }
    found = {
        name: cls.status
        for name, cls in vars(errors).items()
        if isinstance(cls, type) and issubclass(cls, UserError) and cls is not UserError
    }
    assert page == found


def test_architecture_page_has_every_layer() -> None:
    layers = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "forum").iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    outside = {"__init__", *contracts["contracts"][0]["exhaustive_ignores"]}
    text = TEXTS["docs/architecture.md"]
    named = {layer for layer in layers if re.search(rf"`{re.escape(layer)}/?`", text)}
    assert {layer for layer in layers if Path(layer).stem not in outside} == named


# -- Paths, links and make targets ------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_every_path_in_a_page_exists(name: str) -> None:
    if name == "CHANGELOG.md":
        pytest.skip("names what there was at the time")
    paths = {path.rstrip(".") for path in PATH.findall(TEXTS[name])}
    paths -= {path for path in paths if f"{path}<" in TEXTS[name]}  # templates/<noun>/
    assert {path for path in paths if not any(ROOT.glob(path))} == set()


CODE = "\n".join(
    path.read_text()
    for folder in ("forum", "templates", "static/css", "static/js", "tests", "bench", "deploy")
    for path in (ROOT / folder).rglob("*.*")
    if path.suffix in {".py", ".html", ".css", ".js", ".sh"} and path != Path(__file__)
)
WORDS_IN_CODE = set(re.findall(r"\w+", CODE))
# Names with an underscore or an inner capital, which are not words of English.
IDENTIFIER = re.compile(r"`(?:\w+\.)*(\w*[^\W_]_[^\W_]\w*|[A-Z][a-z]+[A-Z]\w*)(?:\(.*?\))?`")
# Names of HTTP and PgBouncer, and a variable that settings.py derives from a setting.
NOT_IN_CODE = {"HttpOnly", "SameSite", "SECRET_KEY_FILE", "max_prepared_statements"}


@pytest.mark.parametrize("name", PAGES)
def test_every_identifier_in_a_page_is_in_the_code(name: str) -> None:
    named = set(IDENTIFIER.findall(FENCE.sub("", TEXTS[name])))
    assert named - WORDS_IN_CODE - set(SETTINGS) - NOT_IN_CODE == set()


def slug(heading: str) -> str:
    """Return the anchor that code hosts make from a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).strip().replace(" ", "-")


def anchors(name: str) -> set[str]:
    text = FENCE.sub("", TEXTS[name])
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)}


def links(name: str) -> Iterator[tuple[str, str]]:
    """Yield the pages and files that a page links to, with the anchor."""
    for link in LINK.findall(FENCE.sub("", TEXTS[name])):
        if not re.match(r"\w+:", link):
            target, _hash, anchor = link.partition("#")
            path = (PAGES[name].parent / target).resolve() if target else PAGES[name]
            yield path.relative_to(ROOT).as_posix(), anchor


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_has_a_target(name: str) -> None:
    for target, anchor in links(name):
        assert (ROOT / target).exists(), target
        assert not anchor or anchor in anchors(target), f"{target}#{anchor}"


def test_every_page_is_reachable_from_the_readme() -> None:
    reached: set[str] = set()
    new = {"README.md"}
    while new:
        reached |= new
        new = {target for name in new for target, _ in links(name) if target in PAGES} - reached
    assert set(PAGES) - reached - {"deploy/README.md"} == set()


@pytest.mark.parametrize("name", PAGES)
def test_every_make_target_in_a_page_exists(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+)(?= .*:|:)", makefile, re.MULTILINE))
    targets |= set(re.findall(r"\bbench-[a-z]+", makefile))
    commands = re.findall(r"(?:`|^|\s[A-Z_]+=\S+ )make ([a-z-]+)", TEXTS[name], re.MULTILINE)
    assert set(commands) <= targets


def test_performance_page_has_every_benchmark() -> None:
    benchmarks = set(re.findall(r"\bbench-[a-z]+", (ROOT / "Makefile").read_text()))
    assert benchmarks == set(re.findall(r"\bmake (bench-[a-z]+)`", TEXTS["docs/performance.md"]))


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert re.search(r"^make test\b", TEXTS["README.md"], re.MULTILINE)
    assert re.search(r"^make test\b", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    assert ".ci/run" in (ROOT / ".github/workflows/ci.yml").read_text()


# -- Structure --------------------------------------------------------------------------------

DECISIONS = [
    name for name in PAGES if name.startswith("docs/decisions/") and not name.endswith("README.md")
]


@pytest.mark.parametrize("name", DECISIONS)
def test_decision_has_context_decision_and_consequences(name: str) -> None:
    headings = re.findall(r"^## (.*)$", TEXTS[name], re.MULTILINE)
    assert headings[:3] == ["Context", "Decision", "Consequences"]
    assert Path(name).name in {Path(target).name for target, _ in links("docs/decisions/README.md")}


@pytest.mark.parametrize("journey", ["Post a reply", "Hide a post and undo it"])
def test_journey_is_read_in_at_most_twelve_files(journey: str) -> None:
    section = TEXTS["docs/developing.md"].split(f"### {journey}\n")[1].split("Its tests")[0]
    assert 5 < len(set(PATH.findall(section)) - {"tests"}) <= 12


def test_readme_fits_on_a_page() -> None:
    assert len(TEXTS["README.md"].splitlines()) <= 60


@pytest.mark.parametrize("name", ["CHANGELOG.md", "LICENSE", "README.md"])
def test_file_is_not_empty(name: str) -> None:
    assert len((ROOT / name).read_text()) > 200
