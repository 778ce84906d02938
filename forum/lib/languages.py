"""Detection of a language by its script, where the script is enough.

Browsers choose glyphs, and screen readers voices, by language: without it, a Japanese sentence in
an English page is drawn with Chinese glyphs and read aloud by an English voice. Scripts that many
languages share (Latin, Cyrillic, Arabic, Devanagari) are left alone: a wrong guess is worse than
none.
"""

from __future__ import annotations

import re

# By ISO 639-1 code; the ranges are Unicode's blocks. Han comes last: Japanese has it too.
SCRIPTS = {
    "ja": re.compile("[\u3041-\u30ff\uff66-\uff9f]"),
    "ko": re.compile("[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]"),
    "he": re.compile("[\u0590-\u05ff\ufb1d-\ufb4f]"),
    "el": re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    "th": re.compile("[\u0e00-\u0e7f]"),
    "zh": re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
}
# No script above begins before this, and most texts end here: even English has “…” and ’.
_FOREIGN = re.compile("[\u0370-\u1fff\u3041-\U0003ffff]")
LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
# A text with one kana for this many Chinese characters is Japanese.
SHARE_OF_KANA = 10


def detect_language(text: str) -> str:
    """Return the language code of most of `text`; empty when the script does not tell it."""
    if not _FOREIGN.search(text):
        return ""
    counts = {code: len(script.findall(text)) for code, script in SCRIPTS.items()}
    if counts["ja"] * SHARE_OF_KANA >= counts["zh"]:
        counts["ja"] += counts["zh"] if counts["ja"] else 0
    code, most = max(counts.items(), key=lambda counted: counted[1])
    return code if most > len(LATIN.findall(text)) else ""
