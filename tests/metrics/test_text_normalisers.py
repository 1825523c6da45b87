"""Text normalisers against the packages they follow, on random texts."""

import re
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechkit.errors import ConfigError, DependencyError
from speechkit.metrics.english_numbers import _HANDLERS, english_numbers
from speechkit.metrics.english_spelling import PARITY_MISPRINTS, american_spelling, spelling_table
from speechkit.metrics.english_text import whisper_english
from speechkit.metrics.mandarin_text import mandarin_numbers, normalise_mandarin, read_cardinal, read_digits
from speechkit.metrics.punctuation import CHINESE_PUNCTUATION
from speechkit.metrics.text_protocols import (
    PROTOCOLS,
    detect_language,
    mixed_tokens,
    normalise_text,
    to_simplified,
    tokens_of,
)

PIECES = [
    *_HANDLERS,
    *"3 12 0 007 3.5 $5 $0.07 ¢5 £20 -3 +7 1 1s 20th 5% % . .5 1,000 2. x2 b2b 1960s $ € 10.10 1 0".split(),
    *"it's don't won't can't I've he'd y'all let's cause gonna mr mr. st dr. uh um hmm 'em ma'am".split(),
    *"colour analyse theatre (uh) [x y] <b> é ß Œuvre ' — ٣ ² ½ per cent and half a".split(),
    "and a half", "'d been", "dollars and", "cents", "hello", "I", "\t", "\n",
]  # fmt: skip
ENGLISH = st.lists(st.sampled_from(PIECES), max_size=8).flatmap(
    lambda words: st.sampled_from([" ", " ", " ", "", "-", ", "]).map(lambda gap: gap.join(words))
)


@pytest.fixture(scope="module")
def whisper() -> object:
    english = pytest.importorskip("whisper_normalizer.english", reason="whisper-normalizer is not installed")
    return english.EnglishTextNormalizer()


@settings(max_examples=200)
@given(text=ENGLISH)
def test_english_equals_whisper(whisper: object, text: str) -> None:
    """With parity equal to the character; without, equal but for outer spaces and the nine misprinted words."""
    expected = whisper(text)  # type: ignore[operator]
    assert whisper_english(text, parity=True) == expected
    assert whisper_english(text) == expected.strip()


@given(text=st.text(max_size=30))
def test_english_equals_whisper_on_any_text(whisper: object, text: str) -> None:
    assert whisper_english(text, parity=True) == whisper(text)  # type: ignore[operator]


def test_spelling_table_is_whispers_but_for_its_misprints(whisper: object) -> None:
    theirs = {word: new for word, new in whisper.standardize_spellings.mapping.items() if " " not in word}  # type: ignore[attr-defined]
    assert len(theirs) == 1738
    for word, new in theirs.items():
        assert american_spelling(word, parity=True) == new
    differing = {word for word in {*theirs, *spelling_table()} if theirs.get(word) != spelling_table().get(word)}
    assert differing == set(PARITY_MISPRINTS)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("", ""),
        (" and a half", ""),
        ("nineteen eighty four", "1984"),
        ("one hundred and five", "105"),
        ("3.5 hundred thousands", "350000s"),
        ("1.2345 hundreds", "one.2345 100s"),
        ("twenty one one", "211"),
        ("double agent", "double agent"),
        ("point", "point"),
        ("three point 5", "3.5"),
        ("1.2345 hundred", "one.2345 100"),
        ("three point 1 point 4 hundreds", "3.one.4 100s"),
        ("point million", "1000000"),
        ("two and a half million", "2500000"),
        ("a book and a half", "a book and a half"),
        ("one oh one", "101"),
        ("minus five point two percent", "-5.2%"),
        ("double seven triple oh", "77000"),
        ("fifty per cent", "50%"),
        ("three point one point four", "3.one.4"),
        ("the twenty first", "the 21st"),
        ("hundreds of thousands", "100s of 1000s"),
        ("zero point five million", "500000"),
        ("five million sixths", "5000000 sixths"),
        ("five hundred sixth", "506th"),
        ("per", "per"),
        ("minus", "minus"),
        ("a dollar", "a dollar"),
    ],
)
def test_numbers(text: str, expected: str) -> None:
    assert english_numbers(text) == expected


def test_chinese_punctuation_is_zhons() -> None:
    hanzi = pytest.importorskip("zhon.hanzi", reason="zhon is not installed")
    assert sorted(CHINESE_PUNCTUATION) == sorted(hanzi.punctuation)


@pytest.mark.parametrize(
    "number,words",
    [
        ("0", "零"), ("10", "十"), ("12", "十二"), ("20", "二十"), ("22", "二十二"), ("200", "两百"), ("202", "两百零二"),
        ("1005", "一千零五"), ("1050", "一千零五十"), ("2222", "两千两百二十二"), ("10010", "一万零一十"),
        ("20000", "两万"), ("120000", "十二万"), ("100000000", "一亿"), ("0.05", "零点零五"), ("00.5", "零点五"),
        ("05", "零五"), ("00", ""), ("110", "一百一十"),
    ],
)  # fmt: skip
def test_mandarin_cardinals(number: str, words: str) -> None:
    assert read_cardinal(number) == words


@given(st.integers(0, 10**12 - 1))
def test_mandarin_cardinals_can_be_read_back(number: int) -> None:
    cn2an = pytest.importorskip("cn2an", reason="cn2an is not installed")
    assert cn2an.cn2an(read_cardinal(str(number)).replace("两", "二"), "smart") == number


@pytest.mark.parametrize(
    "text,expected",
    [
        ("固话：0595-23865596或23880880。", "固话：零五九五二三八六五五九六或二三八八零八八零。"),
        ("手机：+86 19859213959或15659451527。", "手机：八六一九八五九二一三九五九或一五六五九四五一五二七。"),
        ("分数：32477/76391。", "分数：七万六千三百九十一分之三万两千四百七十七。"),
        ("百分数：80.03％。", "百分数：百分之八十点零三。"),
        ("编号：31520181154418。", "编号：三一五二零一八一一五四四一八。"),
        ("纯数：2983.07克或12345.60米。", "纯数：两千九百八十三点零七克或一万两千三百四十五点六零米。"),
        ("日期：1999年2月20日或09年3月15号。", "日期：一九九九年二月二十日或零九年三月十五号。"),
        ("金钱：12块5，34.5元，20.1万", "金钱：十二块五，三十四点五元，二十点一万"),
        ("特殊：O2O或B2C和A2B2C。", "特殊：O2O或B2C和A2B2C。"),
        ("13和3个", "十三和三个"),
        ("１２个", "十二个"),
        ("", ""),
    ],
)
def test_mandarin_numbers(text: str, expected: str) -> None:
    assert mandarin_numbers(text) == expected


def test_mandarin_parity_keeps_the_originals_faults() -> None:
    assert mandarin_numbers("13和3个", parity=True) == "一三和三个"
    assert mandarin_numbers("A2B2C", parity=True) == "A2B二C"
    assert mandarin_numbers("^1$", parity=True) == "一"
    assert normalise_mandarin("一．二") == "一二"
    assert normalise_mandarin("一．二", parity=True) == "一．二"


@given(st.text("0123456789.年月日元个%/ O我，", max_size=12))
def test_mandarin_leaves_no_digit_but_between_letters(text: str) -> None:
    assert re.sub("(?<=[a-zA-Z])2(?=[a-zA-Z])", "", mandarin_numbers(text)).isdigit() is False
    assert not re.search("[013-9]", mandarin_numbers(text))


def test_read_digits_drops_the_rest() -> None:
    assert read_digits("+86 1-2") == "八六一二"


def test_protocols() -> None:
    assert set(PROTOCOLS) == {"emova_tts", "emova_asr", "emova_instr", "seedtts", "emoomni"}
    text = "It's  Twenty-One, OK?"
    assert normalise_text(text, "en", "emova_asr") == text
    assert normalise_text(text, "en", "emova_instr") == "its  twentyone ok"
    assert normalise_text(text, "en", "seedtts") == "it's twentyone ok"
    assert normalise_text(text, "en", "emoomni") == "its twentyone ok"
    assert normalise_text("你好，Bob ３", "zh", "seedtts") == "你 好 B o b   ３"
    assert normalise_text("你好3个", "zh", "emova_instr") == "你好三个"
    assert normalise_text("你好é3", "zh", "emoomni") == "你 好  3"
    assert tokens_of("你 好 a", "zh", "seedtts") == ["你", "好", "a"]
    assert tokens_of("a b", "zh", "emova_tts") == ["a", " ", "b"]
    assert mixed_tokens("我用python 3写") == ["我", "用", "python", "3", "写"]
    assert (detect_language("abc 好"), detect_language("abc")) == ("zh", "en")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="unknown text protocol"):
        normalise_text("a", "en", "other")
    with pytest.raises(ConfigError, match="language"):
        normalise_text("a", "fr", "seedtts")  # type: ignore[arg-type]


def test_simplification_needs_zhconv(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("zhconv", reason="zhconv is not installed")
    assert to_simplified("漢語") == "汉语"
    monkeypatch.setitem(sys.modules, "zhconv", None)
    with pytest.raises(DependencyError, match="zhconv"):
        to_simplified("漢語")
