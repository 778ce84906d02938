"""`@name` in prose: one rule over the parser's tokens decides what is a mention.

A mention is not preceded by a letter that could be part of a name, another at sign, or a character
that joins it to an address or a path, unless that joins it to another mention (`@alice/@bob`); it
is not followed by what makes it something else (`@user@host`, `@example.com`, `@scope/package`).
Letters of scripts unlike that of names may touch it, since many are written without spaces. A name
does not end with a hyphen: `@lina-` mentions lina. A backslash before the at sign makes it plain
text.
"""

from collections.abc import Iterator

import regex
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from forum.lib.scripts import NAME_LIKE

NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,28}[A-Za-z0-9_]"
MAX_MENTIONS = 50  # different people in one post; further names stay plain text

# A letter with its marks counts as one: "é" may be one character, or two.
NOT_AFTER_LETTER = rf"(?<![{NAME_LIKE}]\p{{M}}*)"
_BEFORE = rf"{NOT_AFTER_LETTER}(?<![@＠])"
# "-*": a name longer than allowed is no mention at all, not one of its first thirty characters.
_AFTER = rf"(?!-*[{NAME_LIKE}]|[@＠\p{{M}}]|[/.][{NAME_LIKE}]|://)"
_MENTION = regex.compile(rf"{_BEFORE}@(?>({NAME})){_AFTER}")
# Before an at sign: a path or an address, unless it comes right after a mention.
_JOINERS = frozenset("/.!#$%&*+=")

_LOOK_BACK = 8  # characters: a letter and its marks

_TEXT = {"text", "text_special"}
_BREAKS = {"softbreak", "hardbreak"}


def mention_rule(state: StateCore) -> None:
    """Core rule: turn names in prose into `mention` tokens, then wrap those that lead the post.

    Leaves the names in `state.env["mentions"]` and `state.env["leading"]`.
    """
    names: dict[str, str] = {}  # casefolded -> as first typed
    quotes = 0
    for token in state.tokens:
        if token.type in {"blockquote_open", "blockquote_close"}:
            quotes += token.nesting
        elif token.type == "inline" and quotes == 0 and "@" in token.content:
            token.children = list(_with_mentions(token.children or [], names))
    leading = _wrap_leading(state.tokens)
    state.env["mentions"] = list(names.values())
    state.env["leading"] = list(
        {name.casefold(): names[name.casefold()] for name in leading}.values()
    )


def _with_mentions(children: list[Token], names: dict[str, str]) -> Iterator[Token]:
    """Yield `children` with mentions split out of the text, unless inside a link."""
    links = 0
    before = ""  # the last characters a reader sees before this run
    for run in _runs(children):
        first = run[0]
        if first.type in {"link_open", "link_close"}:
            links += first.nesting
        if first.type in _TEXT and not links:
            yield from _split(run, before, names)
        else:
            yield from run
        before = " " if first.type in _BREAKS else run[-1].content[-_LOOK_BACK:] or before


def _runs(children: list[Token]) -> Iterator[list[Token]]:
    """Group neighbouring text tokens (escaped characters are tokens of their own)."""
    run: list[Token] = []
    for token in children:
        if token.type in _TEXT:
            run.append(token)
            continue
        if run:
            yield run
            run = []
        yield [token]
    if run:
        yield run


def _split(run: list[Token], before: str, names: dict[str, str]) -> Iterator[Token]:
    text = before + "".join(token.content for token in run)
    escaped = _escaped_offsets(run, len(before))
    end = len(before)
    joined_at = -1  # where a mention ends
    for match in _MENTION.finditer(text, end):
        name = match[1]
        full = len(names) >= MAX_MENTIONS and name.casefold() not in names
        previous = text[max(0, match.start() - 1) : match.start()]
        is_path = previous in _JOINERS and match.start() - 1 != joined_at
        if match.start() in escaped or full or is_path:
            continue
        joined_at = match.end()
        names.setdefault(name.casefold(), name)
        if match.start() > end:
            yield _text(text[end : match.start()], run[0].level)
        yield Token("mention", "span", 0, content=name, level=run[0].level)
        end = match.end()
    if end < len(text):
        yield _text(text[end:], run[0].level)


def _escaped_offsets(run: list[Token], start: int) -> set[int]:
    offsets = set()
    for token in run:
        if token.type == "text_special":
            offsets.add(start)
        start += len(token.content)
    return offsets


def _wrap_leading(tokens: list[Token]) -> list[str]:
    """Mark the mentions before the first other character of the post; return their names."""
    names: list[str] = []
    for opening, inline in zip(tokens[::3], tokens[1::3], strict=False):
        if opening.type != "paragraph_open":
            break
        head, rest = _split_leading(inline.children or [])
        names += [token.content for token in head if token.type == "mention"]
        if head and rest:
            span = Token("addressed_open", "span", 1, attrs={"class": "addressed"})
            inline.children = [span, *head, Token("addressed_close", "span", -1), *rest]
        if rest or not head:
            break
        inline.children = head
        opening.attrSet("class", "addressed")
        inline.meta["addressed"] = True
    return names


def _split_leading(children: list[Token]) -> tuple[list[Token], list[Token]]:
    """Return the leading mentions of a paragraph with the space after them, and the rest."""
    length = _leading_length(children)
    head, rest = children[:length], children[length:]
    while head and rest and _is_gap(rest[0]):
        head.append(rest.pop(0))
    if head and rest and rest[0].type == "text":
        text = rest[0].content
        words = text.lstrip()
        head.append(_text(text[: len(text) - len(words)], rest[0].level))
        rest[0] = _text(words, rest[0].level)
    # The run is mentions and white space, nothing else.
    head = [_text("\n", token.level) if token.type in _BREAKS else token for token in head]
    return head, rest


def _leading_length(children: list[Token]) -> int:
    """Return the number of tokens in the leading run, up to its last mention.

    A mention followed directly by a word or comma is not part of it: "@lina's" and "@lina, …" would
    lose their beginning.
    """
    length = 0
    for index, token in enumerate(children):
        follower = children[index + 1] if index + 1 < len(children) else None
        if token.type == "mention" and (follower is None or _starts_with_space(follower)):
            length = index + 1
        elif not _is_gap(token):
            break
    return length


def _is_gap(token: Token) -> bool:
    return token.type in _BREAKS or (token.type == "text" and not token.content.strip())


def _starts_with_space(token: Token) -> bool:
    return token.type in _BREAKS or (token.type == "text" and token.content[:1].isspace())


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)
