"""speechkit.text.normalise: golden files, number words, and what no text may break."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechkit.errors import TextError
from speechkit.text import EMOVA240, normalise, phones
from speechkit.text import english_numbers as english
from speechkit.text import mandarin_numbers as mandarin

GOLDEN = Path(__file__).parent / "golden"
ROWS = [
    (language, *line.split("\t"))
    for language in ("en", "zh")
    for line in (GOLDEN / f"normalise_{language}.tsv").read_text(encoding="utf-8").splitlines()
]
NUMBERED = st.text(st.sampled_from("0123456789.,:/-–%$£€¥#@+'\"½²℃ 年月日第个万ampkshtndrVI二é\n"), max_size=24)


@pytest.mark.parametrize(("language", "written", "spoken"), ROWS)
def test_golden(language: str, written: str, spoken: str) -> None:
    assert normalise(written, language) == spoken


@pytest.mark.parametrize(("language", "_", "spoken"), ROWS)
def test_normalising_twice_changes_nothing(language: str, _: str, spoken: str) -> None:
    assert normalise(spoken, language) == spoken


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=40) | NUMBERED, st.sampled_from(["en", "zh"]))
def test_any_text_is_read(text: str, language: str) -> None:
    spoken = normalise(text, language)
    assert not any(character.isdecimal() for character in spoken)
    assert set(phones(text, language)) <= set(EMOVA240)


def test_huge_numbers_are_read_by_digit() -> None:
    assert normalise("9" * 5000, "en").count("nine") == 5000
    assert normalise("9" * 5000 + ".5%", "zh").count("九") == 5000


def test_another_language_is_refused() -> None:
    with pytest.raises(TextError, match="'en' or 'zh'"):
        normalise("1", "de")


@given(st.integers(0, 10**27 - 1))
def test_english_cardinals_read_back(number: int) -> None:
    assert english_value(english.cardinal(number)) == number


def english_value(words: str) -> int:
    total, group = 0, 0
    for word in words.replace("-", " ").split():
        if word in english.ONES:
            group += english.ONES.index(word)
        elif word in english.TENS:
            group += 10 * english.TENS.index(word)
        elif word == "hundred":
            group *= 100
        else:
            total += group * 1000 ** english.SCALES.index(word)
            group = 0
    return total + group


@given(st.integers(0, 10**16 - 1))
def test_mandarin_cardinals_read_back(number: int) -> None:
    assert mandarin_value(mandarin.cardinal(number)) == number


def mandarin_value(words: str) -> int:
    if not words:
        return 0
    for scale, size in (("万亿", 10**12), ("亿", 10**8), ("万", 10**4)):
        if scale in words and not (scale == "万" and "亿" in words):
            head, tail = words.split(scale, 1)
            return mandarin_value(head) * size + mandarin_value(tail)
    total, digit = 0, 0
    for character in words.replace("两", "二").replace("零", ""):
        if character in mandarin.DIGITS:
            digit = mandarin.DIGITS.index(character)
        else:
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
    return total + digit


@pytest.mark.parametrize(("text", "value"), [("IV", 4), ("MCMXCIX", 1999), ("", None), ("VX", None), ("Q", None)])
def test_roman(text: str, value: int | None) -> None:
    assert english.roman(text) == value


def test_the_rest_of_the_number_words() -> None:
    assert english.year(12345) == english.cardinal(12345)
    assert english.ordinal(0) == "zeroth"
    assert mandarin.cardinal(-3) == "负三"
    assert english.cardinal(english.LARGEST).startswith("one zero")
    assert mandarin.cardinal(mandarin.LARGEST).startswith("一零")
