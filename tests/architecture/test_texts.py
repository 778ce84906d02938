"""Texts that users read: one word per thing, with no word of the list below."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GETTEXT = {
    "_": 1,
    "_lazy": 1,
    "_now": 1,
    "gettext": 1,
    "gettext_lazy": 1,
    "gettext_noop": 1,
    "ngettext": 2,
    "ngettext_lazy": 2,
}
TRANSLATE = re.compile(r"""\{%\s*translate\s+"([^"]*)"|\b_\("([^"]*)"\)""")
BLOCK = re.compile(r"\{%\s*blocktranslate\b[^%]*%\}(.*?)\{%\s*endblocktranslate\s*%\}", re.S)
PLURAL = re.compile(r"\{%\s*plural\s*%\}")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\{.*?\}\}|\{\w+\}")

# Words that users must not read, and the words to use.
FORBIDDEN_WORDS = {
    r"\banswer(s|ed|ing)?\b": "reply (to a post), decide (an appeal), close (a report)",
    r"\bsign(ed)? (in|out)\b": "log in, log out",
    r"\bheld\b|\bhold(s|ing)?\b": "pending, awaiting review",
    r"\bwaits?\b(?! (until|between|five|a little))": "pending, awaiting review",
    r"\bdeeds?\b": "action",
    r"\bdesk\b": "moderation",
    r"\bnotices?\b": "notification",
    r"\bfirst new\b|\bsince you were here\b": "unread",
    r"\beras(e|ed|es|ing|ure|ures)\b|\bfor ?ever\b": "delete permanently, permanent deletion",
    r"\b(some|every)body\b": "someone, everyone",
    r"\b(take|takes|took|taken) (it )?back\b": "undo, withdraw",
    r"\bslow(ed|s)? (\w+ )?down\b|\bpace\b": "slow mode",
    r"\bkeep(s|ing)? order\b": "moderate",
    r"\bThat are\b": "Too many …",
    r"^Nobody [a-z]+s\b": "You can’t …",
    r"^(Somebody|Who|Whoever|Whom)\b|\b(those|person) (who|whom)\b": "name the person or the role",
    r"\bmeanwhile\b": "since",
    r"\b(isn’t|aren’t) here any ?more\b": "no longer exists",
    r"\balready[.,:]|\bat most[.;]": "put it before the verb: “was already …”, “at most 5”",
    r"\b(sees|hears) (of|from|that)\b": "is told, is notified",
}


def texts() -> Iterator[tuple[str, str]]:
    """Yield every text for gettext, with its file."""
    for path in sorted((ROOT / "forum").rglob("*.py")):
        for text in texts_in_python(path.read_text()):
            yield str(path.relative_to(ROOT)), text
    for path in sorted((ROOT / "templates").rglob("*.*")):
        for text in texts_in_template(path.read_text()):
            yield str(path.relative_to(ROOT)), text


def texts_in_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            for text in node.args[: GETTEXT.get(name, 0)]:
                if isinstance(text, ast.Constant):
                    yield str(text.value)


def texts_in_template(source: str) -> Iterator[str]:
    for match in TRANSLATE.finditer(source):
        yield match[1] or match[2] or ""
    for match in BLOCK.finditer(source):
        yield from (" ".join(text.split()) for text in PLURAL.split(match[1]))


def find_faults(text: str) -> list[str]:
    """Return the words to use in place of the forbidden words of a text."""
    words = PLACEHOLDER.sub("…", text)
    return [
        replacements
        for rule, replacements in FORBIDDEN_WORDS.items()
        if re.search(rule, words, re.I)
    ]


def test_texts_are_found() -> None:
    found = {text for _place, text in texts()}
    assert len(found) > 1000
    assert {"Reply", "No replies yet", "{{ count }} replies"} <= found


def test_texts_use_the_words_of_the_glossary() -> None:
    wrong = [
        f"{place}: “{text.strip()}”: {', '.join(replacements)}"
        for place, text in texts()
        if (replacements := find_faults(text))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "The post it answers",
        "You aren’t signed in.",
        "This post is held.",
        "Nobody keeps order over themselves.",
        "That are too many at once.",
        "3 new since you were here on 30 Nov",
        "Erase for ever",
    ],
)
def test_check_finds_forbidden_words(text: str) -> None:
    assert find_faults(text)
