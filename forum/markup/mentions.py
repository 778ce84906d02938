"""`@name` in prose: one rule over the parser's tokens decides what is a mention.

A mention is not preceded by a letter that could be part of a name, another at sign, or a character
that joins it to an address or a path, unless that joins it to another mention (`@alice/@bob`); it
is not followed by what makes it something else (`@user@host`, `@example.com`, `@scope/package`).
A name does not end with a hyphen: `@lina-` mentions lina. A backslash before the at sign makes it
plain text.

Many scripts are written without spaces, or add particles: `@linaさん`, `@名前さん`. There a name
may end inside a run of letters: where the script changes, and anywhere in scripts without spaces
and in Hangul. The longest name that somebody has counts.
"""

import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property

import regex
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from forum.lib.names import MAX_NAME, fold_name, is_name
from forum.lib.scripts import LOOSE, NAME_LIKE

MAX_MENTIONS = 50  # different people in one post; further names stay plain text

# Returns those of some names that somebody has, as `fold_name` gives them.
KnownNames = Callable[[Iterable[str]], Collection[str]]

# A letter with its marks counts as one: "é" may be one character, or two.
NOT_AFTER_LETTER = rf"(?<![{NAME_LIKE}]\p{{M}}*)"
_BEFORE = rf"{NOT_AFTER_LETTER}(?<![@＠])"
# All letters in a row: a name longer than allowed is no mention, not one of its first thirty.
_RUN = r"[\p{L}\p{Nd}](?:-*[\p{L}\p{M}\p{Nd}_])*"
_AFTER = rf"(?![@＠\p{{M}}]|[/.][{NAME_LIKE}]|://)"
_MENTION = regex.compile(rf"{_BEFORE}@(?>({_RUN})){_AFTER}")
# A place in a run, or its end, where a name may end.
NAME_END = (
    rf"(?![\p{{M}}ำຳ\p{{Nd}}_])(?:(?<=[{LOOSE}]\p{{M}}*)|(?=-*[{LOOSE}])"
    rf"|(?<=[{NAME_LIKE}]\p{{M}}*)(?!-*[{NAME_LIKE}])|(?!-*[\p{{L}}\p{{Nd}}_]))"
)
_NAME_END = regex.compile(NAME_END)
# Before an at sign: a path or an address, unless it comes right after a mention.
_JOINERS = frozenset("/.!#$%&*+=")

_LOOK_BACK = 8  # characters: a letter and its marks

_TEXT = {"text", "text_special"}
_BREAKS = {"softbreak", "hardbreak"}


class _Names:
    """The names found in a post, and the choice where a name ends.

    Without `known`, the longest possible name is taken, and the others are collected.
    """

    def __init__(
        self, lookup: KnownNames | None = None, known: Collection[str] | None = None
    ) -> None:
        self.typed: dict[str, str] = {}  # folded -> as first typed
        self.possible: set[str] = set()  # in runs that could begin with several names
        self._lookup, self._known = lookup, known

    def choose(self, run: str) -> str:
        """Return the beginning of `run` that is a name; "" for none, and for too many people."""
        names = _possible_names(run)
        if len(names) > 1 and self._known is not None:
            names = [name for name in names if fold_name(name) in self._known]
        elif len(names) > 1:
            self.possible.update(names)
        name = names[0] if names else ""
        folded = fold_name(name)
        if not name or (len(self.typed) >= MAX_MENTIONS and folded not in self.typed):
            return ""
        self.typed.setdefault(folded, composed(name))
        return name

    @cached_property
    def _of_members(self) -> Collection[str]:
        return self._lookup(self.typed.values()) if self._lookup else self.typed

    def is_of_member(self, name: str) -> bool:
        """Return whether somebody has a name that was found."""
        return fold_name(name) in self._of_members


def composed(text: str) -> str:
    """Return `text` in NFC, so that the same words can be searched for as the same characters."""
    return unicodedata.normalize("NFC", text)


def _possible_names(run: str) -> list[str]:
    """Return the names that a run of letters could begin with, the longest first."""
    ends = (end.start() for end in _NAME_END.finditer(run, 0, 4 * MAX_NAME))
    return [name for end in ends if is_name(composed(name := run[:end]))][::-1]


def can_end_at(run: str, place: int) -> bool:
    """Return whether a name may end at a place in a run of letters."""
    return _NAME_END.match(run, place) is not None


def mention_rule(state: StateCore) -> None:
    """Core rule: turn names in prose into `mention` tokens, then wrap those that lead the post.

    Asks `state.env["known_names"]`, if it is there, where a name ends. Leaves the names in
    `state.env["mentions"]` and `state.env["leading"]`.
    """
    prose = list(_prose(state.tokens))
    lookup: KnownNames | None = state.env.get("known_names")
    names = _Names(lookup)
    children = _find_mentions(prose, names)
    if names.possible and lookup:
        names = _Names(lookup, lookup(names.possible))
        children = _find_mentions(prose, names)
    for token, found in zip(prose, children, strict=True):
        token.children = found
    leading = map(fold_name, _wrap_leading(state.tokens, names))
    state.env["mentions"] = list(names.typed.values())
    state.env["leading"] = [names.typed[name] for name in dict.fromkeys(leading)]


def _prose(tokens: list[Token]) -> Iterator[Token]:
    """Yield the tokens of text outside quotes that has an at sign."""
    quotes = 0
    for token in tokens:
        if token.type in {"blockquote_open", "blockquote_close"}:
            quotes += token.nesting
        elif token.type == "inline" and quotes == 0 and "@" in token.content:
            yield token


def _find_mentions(prose: list[Token], names: _Names) -> list[list[Token]]:
    return [list(_with_mentions(token.children or [], names)) for token in prose]


def _with_mentions(children: list[Token], names: _Names) -> Iterator[Token]:
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


def _split(run: list[Token], before: str, names: _Names) -> Iterator[Token]:
    text = before + "".join(token.content for token in run)
    escaped = _escaped_offsets(run, len(before))
    end = len(before)
    joined_at = -1  # where a mention ends
    for match in _MENTION.finditer(text, end):
        previous = text[max(0, match.start() - 1) : match.start()]
        is_path = previous in _JOINERS and match.start() - 1 != joined_at
        name = "" if match.start() in escaped or is_path else names.choose(match[1])
        if not name:
            continue
        joined_at = match.start(1) + len(name)
        if match.start() > end:
            yield _text(text[end : match.start()], run[0].level)
        yield Token("mention", "span", 0, content=composed(name), level=run[0].level)
        end = joined_at
    if end < len(text):
        yield _text(text[end:], run[0].level)


def _escaped_offsets(run: list[Token], start: int) -> set[int]:
    offsets = set()
    for token in run:
        if token.type == "text_special":
            offsets.add(start)
        start += len(token.content)
    return offsets


def _wrap_leading(tokens: list[Token], found: _Names) -> list[str]:
    """Mark the mentions before the first other character of the post; return their names.

    After the first, those of members only: the line “to …” above a post cannot have others.
    """
    names: list[str] = []
    for opening, inline in zip(tokens[::3], tokens[1::3], strict=False):
        if opening.type != "paragraph_open":
            break
        head, rest = _split_leading(inline.children or [], found, is_first=not names)
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


def _split_leading(
    children: list[Token], found: _Names, *, is_first: bool
) -> tuple[list[Token], list[Token]]:
    """Return the leading mentions of a paragraph with the space after them, and the rest."""
    length = _leading_length(children, found, is_first=is_first)
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


def _leading_length(children: list[Token], found: _Names, *, is_first: bool) -> int:
    """Return the number of tokens in the leading run, up to its last mention.

    A mention followed directly by a word or comma is not part of it: "@lina's" and "@lina, …" would
    lose their beginning.
    """
    length = 0
    for index, token in enumerate(children):
        follower = children[index + 1] if index + 1 < len(children) else None
        if token.type == "mention" and (follower is None or _starts_with_space(follower)):
            if not is_first and not found.is_of_member(token.content):
                break
            length, is_first = index + 1, False
        elif not _is_gap(token):
            break
    return length


def _is_gap(token: Token) -> bool:
    return token.type in _BREAKS or (token.type == "text" and not token.content.strip())


def _starts_with_space(token: Token) -> bool:
    return token.type in _BREAKS or (token.type == "text" and token.content[:1].isspace())


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)
