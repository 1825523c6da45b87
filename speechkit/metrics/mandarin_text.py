"""Mandarin text as Chinese speech recognition compares it: numbers in hanzi, no punctuation, no spaces."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from speechkit.metrics.punctuation import ALL_PUNCTUATION

_DIGITS = "零一二三四五六七八九"
_UNITS = {1: "十", 2: "百", 3: "千", 4: "万"} | {8 + 4 * n: unit for n, unit in enumerate("亿兆京垓秭穰沟涧正载")}

_CURRENCY = "(?:亿|千万|百万|万|千|百|(?:亿|千万|百万|万|千|百|)元|(?:亿|千万|百万|万|千|百|)块|角|毛|分)"
_MEASURES = (
    "匹张座回场尾条个首阙阵网炮顶丘棵只支袭辆挑担颗壳窠曲墙群腔砣客贯扎捆刀令打手罗坡山岭江溪钟队单双对出口头脚板跳枝"
    "件贴针线管名位身堂课本页家户层丝毫厘分钱两斤铢石钧锱忽寸尺丈里寻常铺程撮勺合升斗盘碗碟叠桶笼盆盒杯斛锅簋篮罐瓶壶"
    "卮盏箩箱煲啖袋钵年月日季刻时周天秒旬纪岁世更夜春夏秋冬代伏辈丸泡粒幢堆根道面片块"
)
_QUANTIFIER = f"(?:[千毫微]?克|[千分厘毫微]?米|[{_MEASURES}])"
_ORIGINAL_QUANTIFIER = f"(?:[千毫微]克|[千分厘毫微]米|[{_MEASURES}])"
_NUMBER = r"\d+(?:\.\d+)?"
_DATE = r"(?:(?:[089]\d|(?:19|20)\d{2})年)?(?:\d{1,2}月(?:\d{1,2}[日号])?)?"
_MONEY = rf"{_NUMBER}[多余几]?{_CURRENCY}(?:\d{_CURRENCY}?)?"
_MOBILE = r"(?:\+?86 ?)?1(?:[38]\d|5[0-35-9]|7[678]|9[89])\d{8}"
_LANDLINE = r"(?:0(?:10|2[1-3]|[3-9]\d{2})-?)?[1-9]\d{6,7}"


def read_cardinal(number: str) -> str:
    """A decimal number in hanzi: 2 is 两 before 百, 千, 万 and larger units, 1X starts with 十, zeros inside are said.

    Args:
        number: digits, optionally a point and digits; leading zeros are said too.
    Returns:
        Hanzi; an integer of several zeros is empty, as in the original.
    >>> read_cardinal("10250"), read_cardinal("12.05"), read_cardinal("2000")
    ('一万零二百五十', '十二点零五', '两千')
    """
    whole, _, decimals = number.partition(".")
    symbols = _symbols(whole) if len(whole) > 1 else [_DIGITS[int(digit)] for digit in whole]
    powers = [_POWERS.get(symbol) for symbol in symbols]
    for index, symbol in enumerate(symbols):
        after = powers[index + 1] if index + 1 < len(symbols) else None
        before = powers[index - 1] if index else 0
        if symbol == "二" and after not in (None, 1) and before not in (None, 1):
            symbols[index] = "两"
    text = "".join(symbols) + ("点" + read_digits(decimals) if decimals else "")
    text = "零" + text if text.startswith("点") else text
    return text[1:] if text.startswith("一十") else text


_POWERS = {unit: power for power, unit in _UNITS.items()}


def _symbols(digits: str) -> list[str]:
    rest = digits.lstrip("0")
    if not rest:
        return []
    if len(rest) == 1:
        return ["零"] * (len(digits) > 1) + [_DIGITS[int(rest)]]
    power = max(power for power in _UNITS if power < len(rest))
    return [*_symbols(digits[:-power]), _UNITS[power], *_symbols(rest[-power:])]


def read_digits(digits: str) -> str:
    """Digit by digit, other characters dropped.

    >>> read_digits("0595-23")
    '零五九五二三'
    """
    return "".join(_DIGITS[int(digit)] for digit in digits if digit.isdecimal())


def _read_date(date: str) -> str:
    year, mark, rest = date.rpartition("年")
    return read_digits(year) + mark + _read_numbers(rest)


def _read_numbers(text: str) -> str:
    return re.sub(_NUMBER, lambda match: read_cardinal(match[0]), text)


def _read_fraction(fraction: str) -> str:
    numerator, denominator = fraction.split("/")
    return f"{read_cardinal(denominator)}分之{read_cardinal(numerator)}"


@dataclass(frozen=True)
class _Rule:
    """One kind of number: its pattern, how it is read, what must stand beside it, and the original's whole pattern."""

    what: str
    read: Callable[[str], str]
    before: str = ""
    after: str = ""
    original: str = ""

    def apply(self, text: str) -> str:
        return re.sub(f"{self.before}({self.what}){self.after}", lambda match: self.read(match[1]), text)

    def apply_as_original(self, text: str) -> str:
        for number in re.findall(self.original or f"({self.what})", text):
            text = text.replace(number, self.read(number), 1)
        return text


_RULES = (
    _Rule(_DATE, _read_date, r"(?<!\d)", "", rf"\D+({_DATE})"),
    _Rule(_MONEY, _read_numbers, r"(?<![\d.])", "", rf"\D+({_MONEY})"),
    _Rule(_MOBILE, read_digits, r"(?<!\d)", r"(?!\d)", rf"\D({_MOBILE})\D"),
    _Rule(_LANDLINE, read_digits, r"(?<!\d)", r"(?!\d)", rf"\D({_LANDLINE})\D"),
    _Rule(r"\d+/\d+", _read_fraction),
    _Rule(rf"{_NUMBER}%", lambda percent: "百分之" + read_cardinal(percent.rstrip("%"))),
    _Rule(_NUMBER, read_cardinal, "", f"(?=[多余几]?{_QUANTIFIER})", f"({_NUMBER})[多余几]?{_ORIGINAL_QUANTIFIER}"),
    _Rule(r"\d{4,32}", read_digits, r"(?<![\d.])", r"(?!\d|\.\d)", r"(\d{4,32})"),
    _Rule(_NUMBER, read_cardinal),
)


def mandarin_numbers(text: str, *, parity: bool = False) -> str:
    """Write dates, money, telephone numbers, fractions, percentages, quantities and codes in hanzi.

    Four or more bare digits are read one by one, quantities as numbers; the 2 of O2O or B2C stays.

    Args:
        text: any text.
        parity: with the faults of the original.
    Returns:
        Text without ASCII digits, but for the 2 between Latin letters.
    Source: the rules of chn_text_norm (Zhou 2019) and its successor in speechio/chinese_text_normalization,
        re-implemented. Changed, but for `parity`: each number is replaced where it stands (the original replaces the
        first equal digits of the sentence: "13和3个" became "一三和三个"), decimals of four digits and more are read as
        numbers, and 克 and 米 count as quantities.
    >>> mandarin_numbers("2019年5月3日，12块5，80.03%，编号31520181")
    '二零一九年五月三日，十二块五，百分之八十点零三，编号三一五二零一八一'
    """
    text = text if parity else text.translate(_ASCII_DIGITS)
    text = f"^{text}$" if parity else text
    for rule in _RULES:
        text = rule.apply_as_original(text) if parity else rule.apply(text)
        text = text.replace("％", "%") if rule.read is _read_fraction else text
    if not parity:
        return re.sub("(?<=[a-zA-Z])二(?=[a-zA-Z])", "2", text)
    letters_two_letters = _Rule("[a-zA-Z]+二[a-zA-Z]+", lambda name: name.replace("二", "2"))
    return letters_two_letters.apply_as_original(text).lstrip("^").rstrip("$")


_ASCII_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_SPACES = str.maketrans(dict.fromkeys(ALL_PUNCTUATION, " "))
_KEPT_BY_ORIGINAL = str.maketrans({character: character for character in "．﹑﹔"})


def normalise_mandarin(text: str, *, parity: bool = False) -> str:
    """Numbers to hanzi, punctuation to spaces, then no spaces but between Latin letters or digits.

    Case, character width and traditional or simplified script stay as they are, except full-width digits, which are
    read like others.

    Args:
        text: any text.
        parity: see `mandarin_numbers`; also keeps the full-width full stop and two small marks that the original keeps.
    Returns:
        Text to compare character by character.
    Source: `TextNorm` with the settings of EMOVA's evaluation scripts; see `mandarin_numbers`.
    >>> normalise_mandarin("今天 天气，真好！ hello world 3个")
    '今天天气真好hello world三个'
    """
    spaces = {**_SPACES, **_KEPT_BY_ORIGINAL} if parity else _SPACES
    tokens = mandarin_numbers(text.strip(), parity=parity).translate(spaces).split()
    spaced = [
        (" " if index and _latin(tokens[index - 1][-1]) and _latin(token[0]) else "") + token
        for index, token in enumerate(tokens)
    ]
    return "".join(spaced)


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()
