"""Detection of languages by script."""

from __future__ import annotations

import pytest

from forum.lib.languages import detect_language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("苔は古い壁に美しい", "ja"),
        ("東京都千代田区霞が関の建物", "ja"),
        ("カタカナ", "ja"),
        ("青苔让古老的墙壁变得美丽", "zh"),
        ("이끼는 오래된 벽에 아름답다", "ko"),
        ("הטחב יפה על קיר ישן", "he"),
        ("Τα βρύα είναι όμορφα", "el"),
        ("มอสสวยงาม", "th"),
    ],
)
def test_language_is_detected_by_its_script(text: str, code: str) -> None:
    assert detect_language(text) == code


@pytest.mark.parametrize(
    "text",
    [
        *["", "Moss.", "Größe, naïveté", "2 × 3 ≈ 6 … 😀"],
        *["Мох красив", "الطحلب جميل", "काई सुंदर है"],  # scripts of several languages
        "The word 苔 is Japanese for moss",
        "Only the Δ of it",
    ],
)
def test_ambiguous_text_has_no_language(text: str) -> None:
    assert detect_language(text) == ""


def test_language_with_more_letters_wins() -> None:
    assert detect_language("苔は美しい, she said, 苔は古い壁に美しいです") == "ja"
