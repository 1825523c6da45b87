"""Text with its gaps: the phones are those of `phones`, the marks stand between words."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from speechkit.errors import TextError
from speechkit.text import MARKS, phones, reading

TEXTS = st.text(alphabet="ab cDé.,!?…-'\"1 $你好，。！吧\n", max_size=30)


@given(TEXTS, st.sampled_from(["en", "zh"]))
def test_phones_are_the_same_and_marks_are_single(text: str, language: str) -> None:
    symbols = reading(text, language)
    assert [symbol for symbol in symbols if symbol not in MARKS] == phones(text, language)
    if symbols:
        assert symbols[0] not in MARKS and symbols[-1] in ".?!"
    assert not any(left in MARKS and right in MARKS for left, right in zip(symbols, symbols[1:], strict=False))


@pytest.mark.parametrize(
    "text, language, marks",
    [
        ("Oh, no!", "en", [",", "!"]),
        ("Oh no", "en", [" ", "."]),
        ("well-known, really? Yes", "en", [" ", ",", "?", "."]),
        ("走吧，好！", "zh", [",", "!"]),
        ("说OK。好", "zh", [" ", " ", ".", "."]),
    ],
)
def test_marks(text: str, language: str, marks: list[str]) -> None:
    found = [symbol for symbol in reading(text, language) if symbol in MARKS]
    assert found[-1] == marks[-1] and set(found) == set(marks)


def test_nothing_to_say() -> None:
    assert reading("… 😀 ---", "en") == []


def test_language_is_checked() -> None:
    with pytest.raises(TextError, match="'en' or 'zh'"):
        reading("a", "de")
