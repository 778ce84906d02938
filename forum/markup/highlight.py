"""Syntax highlighting by Pygments: short class names, no guessing of languages."""

from html import escape
from itertools import groupby
from threading import Lock

from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType

# Characters of code highlighted in a post. Lexers are not linear: at this length the worst text
# found takes a second, at 10,000 it takes six.
MAX_CODE = 4_000

_NAMES = """
bash c cmake common-lisp console cpp css diff docker elixir erlang fortran fsharp go haskell
html ini java javascript json julia kotlin lua make nginx ocaml perl php postgresql powershell
python ruby rust scala scheme splus sql swift toml typescript xml yaml zig
"""
_LANGUAGES = frozenset(_NAMES.split())

# All aliases of these languages in Pygments, for example py and python3 -> python.
_CANONICAL = {
    alias: aliases[0]
    for _name, aliases, _patterns, _types in get_all_lexers(plugins=False)
    if aliases and aliases[0] in _LANGUAGES
    for alias in aliases
}

# The first instance of a lexer compiles the states of its class, which is not thread-safe.
_COMPILING = Lock()

TOKEN_CLASSES = frozenset(STANDARD_TYPES.values()) - {""}
LANGUAGE_CLASSES = frozenset(f"language-{name}" for name in _LANGUAGES)


def code_language(info: str) -> str | None:
    """Return the language in the info string of a code block; None when unknown."""
    words = info.split(maxsplit=1)
    return _CANONICAL.get(words[0].lower()) if words else None


def highlight(code: str, language: str) -> str:
    """Return `code` as HTML with `<span class="…">` around its tokens; its text stays the same."""
    with _COMPILING:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    parts = [(_class_of(kind, value), value) for kind, value in lexer.get_tokens(code)]
    if "".join(value for _css, value in parts) != code:
        return escape(code)  # some lexers drop a character, such as a byte order mark
    return "".join(
        _span(css, "".join(value for _css, value in run))
        for css, run in groupby(parts, key=lambda part: part[0])
    )


def _class_of(kind: _TokenType, value: str) -> str:
    if value.isspace():
        return ""
    while kind not in STANDARD_TYPES:
        assert kind.parent is not None  # Token itself is a standard type
        kind = kind.parent
    return STANDARD_TYPES[kind]


def _span(css: str, text: str) -> str:
    return f'<span class="{css}">{escape(text)}</span>' if css else escape(text)
