"""Styles, scripts and templates: size, text direction, safety and origin."""

import gzip
import re
import runpy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STYLE = ROOT / "static/css/forum.css"
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
# Without the bodies of mail, which have no style sheet.
TEMPLATES = sorted({*(ROOT / "templates").rglob("*.html")} - {*(ROOT / "templates/mail").glob("*")})

KILO = 1000

PHYSICAL_PROPERTIES = re.compile(
    r"(?<![-\w])(?:(?:margin|padding|border|scroll-margin|scroll-padding|inset)-)?"
    r"(?:left|right|top|bottom)(?:-\w+)?\s*:"
    r"|(?<![-\w])(?:(?:min|max)-)?(?:width|height)\s*:"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)"
)
INLINE = {
    "a style element": re.compile(r"<style\b", re.I),
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "a handler": re.compile(r"<[^>]*\s(?:on\w+|hx-on[\w:-]*)\s*=", re.I),
    # A block of data is no script.
    "a script of its own": re.compile(r"<script\b(?![^>]*\s(?:src=|type=\"application/))", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
    "an evaluated value": re.compile(r"hx-(?:vals|headers)\s*=\s*[\"']\s*js", re.I),
}
UNSAFE = re.compile(
    r"\beval\(|new Function|\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write"
)
TAG = re.compile(r"<(\w+)((?:[^<>{]|\{\{.*?\}\}|\{%.*?%\})*)>", re.S)


def compressed_size(*paths: Path) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


def without_media_queries(css: str) -> str:
    """Remove media queries, which may name the width of the window."""
    return re.sub(r"@media[^{]*", "", re.sub(r"/\*.*?\*/", "", css, flags=re.S))


def tags(template: Path) -> Iterator[tuple[str, str]]:
    text = re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", template.read_text())
    yield from TAG.findall(text)


def test_style_sheet_is_at_most_10_kilobytes() -> None:
    assert compressed_size(STYLE) <= 10 * KILO


# Scripts that are loaded with the composer, or once something was pressed.
LOADED_LATER = {
    "composer.js",
    "dom.js",
    "drafts.js",
    "quoting.js",
    "quote_markdown.js",
    "mentions.js",
    "menu.js",
    "queue.js",
    "load_more.js",
    "quote_preview.js",
    "text_fragments.js",
}
LOADED_LATER |= {
    "live_updates.js",
    "page_updates.js",
    "reply_places.js",
}  # after a page has been open for a while, or got new posts
LOADED_LATER |= {"logout.js"}  # on logging out with drafts on the device
LOADED_LATER |= {
    "scroll_spy.js",
    "scroll_restore.js",
    "jumps.js",
    "folds.js",
    "parent_preview.js",
    "keys.js",
}  # when somebody starts to move about
LOADED_LATER |= {"reasons.js"}  # on pages that ask for a reason


def test_scripts_loaded_at_first_are_at_most_8_6_kilobytes() -> None:
    assert (
        compressed_size(*(path for path in SCRIPTS if path.name not in LOADED_LATER)) <= 8.6 * KILO
    )


def test_one_font_of_at_most_60_kilobytes_is_preloaded() -> None:
    base = (ROOT / "templates/base.html").read_text()
    preloaded = re.findall(r'rel="preload" href="{% static "([^"]+)" %}" as="font"', base)
    assert len(preloaded) == 1
    assert (ROOT / "static" / preloaded[0]).stat().st_size <= 60 * KILO


@pytest.mark.parametrize("style", sorted((ROOT / "static/css").glob("*.css")), ids=lambda p: p.name)
def test_style_sheet_uses_only_logical_properties(style: Path) -> None:
    found = PHYSICAL_PROPERTIES.findall(without_media_queries(style.read_text()))
    assert found == [], "a right-to-left page must be the mirror image"


@pytest.mark.parametrize(
    "wrong",
    ["a { margin-left: 1px }", "a{left:0}", "a { border-right-color: red }", "a { width: 1px }"],
)
def test_check_finds_physical_properties(wrong: str) -> None:
    assert PHYSICAL_PROPERTIES.search(wrong)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_template_respects_the_content_security_policy(template: Path) -> None:
    text = template.read_text()
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_form_works_without_htmx(template: Path) -> None:
    for name, attributes in tags(template):
        if "hx-post=" in attributes and name == "button":
            address = re.search(r'hx-post="([^"]*)"', attributes)
            assert address
            assert f'formaction="{address[1]}"' in attributes
        elif "hx-post=" in attributes:
            assert name == "form", f"<{name}{attributes}>"
            assert 'method="post"' in attributes
            assert "action=" in attributes
        if "hx-get=" in attributes:
            plain = {"a": "href=", "form": "action="}
            assert plain[name] in attributes, f"<{name}{attributes}>"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_script_never_turns_text_into_code_or_markup(script: Path) -> None:
    assert UNSAFE.findall(script.read_text()) == []


def test_scripts_send_requests_through_one_function() -> None:
    """The function accepts only marked responses; forum.js checks those of htmx."""
    sending = re.compile(r"(?<![\w.])fetch\(|XMLHttpRequest")
    assert [path.name for path in SCRIPTS if sending.search(path.read_text())] == ["dom.js"]


def test_every_script_that_a_template_needs_can_be_loaded() -> None:
    required = {
        name
        for path in [*TEMPLATES, *(ROOT / "forum").rglob("*.py")]
        for name in re.findall(r'data-js-needs(?:="|": ")([^"]*)"', path.read_text())
    }
    script = (ROOT / "static/js/forum.js").read_text()
    available = set(re.findall(r'^  (\w+): \(\) => import\("\./\1\.js"\),$', script, re.MULTILINE))
    assert required == available


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_imports_of_a_script_name_existing_files(script: Path) -> None:
    imports = re.findall(r'(?:from |import\()"([^"]+)"', script.read_text())
    assert [path for path in imports if not (script.parent / path).is_file()] == []


def test_vendored_files_match_their_manifests() -> None:
    refresh = runpy.run_path(str(ROOT / "tests/browser/vendor/refresh.py"))
    differences: Callable[[], list[str]] = refresh["differences"]
    assert differences() == []
