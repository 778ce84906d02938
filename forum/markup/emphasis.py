"""Emphasis beside Chinese, Japanese and Korean: no spaces are needed around its marks.

CommonMark asks for a space or punctuation next to marks that follow punctuation. These are the
"CJK-friendly amendments" by Tatsunori Uchino, which markdown-it, remark and Markdig have too.
"""

import unicodedata

import regex
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned

_HANGUL = regex.compile(r"\p{Hangul}")
_EMOJI = regex.compile(r"\p{Emoji_Presentation}")
_IDEOGRAPHIC_SELECTOR = regex.compile("[\U000e0100-\U000e01ef]")
_TEXT_SELECTOR = regex.compile("[\ufe00-\ufe0e]")
# Quotation marks are narrow or wide, as this selector says.
_WIDE_QUOTE = regex.compile("[‘’“”]\ufe01")


class InlineState(StateInline):
    """The state of the inline parser, with other conditions for marks of emphasis."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803
        """Return whether the run of marks at `start` can open or close emphasis, and its length."""
        mark = self.src[start]
        end = start
        while end < self.posMax and self.src[end] == mark:
            end += 1
        before, is_cjk_before = self._before(start)
        after = self.src[end] if end < self.posMax else " "
        is_cjk_after = _is_cjk(after)
        is_mark_before, is_mark_after = _is_punctuation(before), _is_punctuation(after)
        is_space_before, is_space_after = isWhiteSpace(ord(before)), isWhiteSpace(ord(after))

        left_flanking = not is_space_after and (
            not is_mark_after or is_cjk_after or is_space_before or is_mark_before or is_cjk_before
        )
        right_flanking = not is_space_before and (
            not is_mark_before or is_cjk_before or is_space_after or is_mark_after or is_cjk_after
        )
        return Scanned(
            left_flanking and (canSplitWord or not right_flanking or is_mark_before),
            right_flanking and (canSplitWord or not left_flanking or is_mark_after),
            end - start,
        )

    def _before(self, start: int) -> tuple[str, bool]:
        """Return the character before the marks, without its selector, and whether it is CJK."""
        before = self.src[start - 1] if start > 0 else " "
        if _IDEOGRAPHIC_SELECTOR.match(before):
            return before, True
        if start > 1 and _TEXT_SELECTOR.match(before):
            base = self.src[start - 2]
            return base, _is_cjk(base) or bool(_WIDE_QUOTE.match(base + before))
        return before, _is_cjk(before)


def _is_cjk(char: str) -> bool:
    if char < "\u1100":
        return False
    is_wide = unicodedata.east_asian_width(char) in "WFH" and not _EMOJI.match(char)
    return is_wide or bool(_HANGUL.match(char))


def _is_punctuation(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)
