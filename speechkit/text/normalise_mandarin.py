"""Mandarin text as it is read aloud: numbers, dates, money and units become characters."""

from __future__ import annotations

import re
from collections.abc import Callable

from speechkit.text import mandarin_numbers as say
from speechkit.text.mandarin_tables import CURRENCIES, MEASURE_WORDS, SYMBOLS, UNITS

_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_AMOUNT = rf"(?P<amount>{_NUMBER})(?P<magnitude>[十百千万亿]*)"
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_SIGN = "|".join(re.escape(sign) for sign in sorted(CURRENCIES, key=len, reverse=True))
_DASH = "[-−–—~～至到]"
_ADDRESS_NAMES = {
    ".": "点", "/": "斜杠", "@": "艾特", "-": "杠", "_": "下划线", ":": "冒号", "?": "问号",
    "=": "等于", "&": "和", "#": "井号", "%": "百分号", "~": "波浪号", "+": "加",
}  # fmt: skip


def normalise_mandarin(text: str) -> str:
    """Write the numbers and symbols of Mandarin text out in characters.

    Args:
        text: one or more sentences; Latin words stay as they are.
    Returns:
        Text without ASCII digits; punctuation is kept, runs of white space are one space.
    """
    for pattern, rewrite in _RULES:
        text = pattern.sub(rewrite, text)
    for symbol, words in SYMBOLS.items():
        text = text.replace(symbol, words)
    return re.sub(r" +(?=[，。！？；：、）])", "", " ".join(text.split()))


def _address(match: re.Match[str]) -> str:
    address = re.sub(r"^[a-z]+://", "", match[0])
    end = re.search(r"[.,;:!?)/]*$", address)
    kept = address[: end.start()] if end else address
    pieces = re.findall(r"[A-Za-z]+|\d|[^\sA-Za-z0-9]", re.sub(r"\bwww\b", "W W W", kept))
    said = (say.digits(piece) if piece.isdecimal() else _ADDRESS_NAMES.get(piece, f" {piece} ") for piece in pieces)
    return "".join(said)


def _telephone(match: re.Match[str]) -> str:
    plus = "加" if match[0].startswith("+") else ""
    return plus + say.digits(match[0], one="幺")


def _date(match: re.Match[str]) -> str:
    year, month, day = match.groups()
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return match[0]
    return f"{say.digits(year)}年{say.cardinal(int(month))}月{say.cardinal(int(day))}日"


def _decade(match: re.Match[str]) -> str:
    return say.digits(match[2]) if match[2] else say.cardinal(int(match[1]))


def _time(match: re.Match[str]) -> str:
    hour, minute, second = match.groups()
    words = ("两" if int(hour) == 2 else say.cardinal(int(hour))) + "点"
    if int(minute) or second:
        words += ("零" if 0 < int(minute) < 10 else "") + say.cardinal(int(minute)) + "分"
    return words + (f"{say.cardinal(int(second))}秒" if second else "")


def _money(match: re.Match[str]) -> str:
    return f"{_amount(match['amount'])}{match['magnitude'] or ''}{CURRENCIES[match['sign']]}"


def _percent(match: re.Match[str]) -> str:
    share = "百分之" if match[2] in "%％" else "千分之"
    sign = "负" if match[1][0] in "-−" else ""
    return sign + share + say.number(match[1].lstrip("-−"))


def _percent_range(match: re.Match[str]) -> str:
    return f"百分之{say.number(match[1])}到百分之{say.number(match[2])}"


def _measure(match: re.Match[str]) -> str:
    number, unit = match.groups()
    below = number[0] in "-−" and UNITS[unit] in ("摄氏度", "度", "华氏度")
    said = "零下" + say.number(number[1:]) if below else _amount(number)
    return said + UNITS[unit]


def _amount(number: str) -> str:
    """A number before a measure word, where a plain 2 is 两."""
    return "两" if number == "2" else say.number(number)


def _plain(text: str) -> str:
    return say.digits(text) if len(text) > 12 and text.isdecimal() else say.number(text)


def _fraction(match: re.Match[str]) -> str:
    whole, top, bottom = match.groups()
    part = f"{say.cardinal(int(bottom))}分之{say.cardinal(int(top))}"
    return f"{say.cardinal(int(whole))}又{part}" if whole else part


def _rule(pattern: str, rewrite: Callable[[re.Match[str]], str]) -> _Rule:
    return re.compile(pattern, re.ASCII), rewrite


_RULES: tuple[_Rule, ...] = (
    _rule(r"\d{28,}", lambda m: say.digits(m[0])),
    _rule(r"(?:https?://|ftp://|www\.)[A-Za-z0-9./?=&%_~:#@+-]+", _address),
    _rule(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", _address),
    _rule(r"(?<![\w.])(?:[A-Za-z][A-Za-z0-9-]*\.)+(?:com|cn|org|net|io|edu|gov)(?![A-Za-z])", _address),
    _rule(r"(?<![\w.])(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)", _telephone),
    _rule(r"(?<![\w.-])(?:0\d{2,3}-\d{7,8}|[48]00-?\d{3}-?\d{4})(?![\d-])", _telephone),
    _rule(r"(?<=拨打)1\d{2}(?!\d)|(?<=[拨电]话)1\d{2}(?!\d)", _telephone),
    _rule(r"(?<!\d)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)", _date),
    _rule(rf"(?<!\d)([12]\d{{3}})(?:年)?{_DASH}([12]\d{{3}})年",
          lambda m: f"{say.digits(m[1])}年到{say.digits(m[2])}年"),
    _rule(r"(?<!\d)([12]\d{3})(?=年(?!前|后|来|历史|的历史))", lambda m: say.digits(m[1])),
    _rule(r"(?<!\d)(\d{2})(?=年代)|(?<!\d)(\d0)(?=后(?!天))", _decade),
    _rule(r"(?<!\d)([01]?\d|2[0-4])[:：]([0-5]\d)(?:[:：]([0-5]\d))?(?!\d)", _time),
    _rule(rf"(?P<sign>(?<![A-Za-z0-9])(?:{_SIGN})|[¥￥$€£₩₽₹]) ?{_AMOUNT}", _money),
    _rule(rf"{_AMOUNT} ?(?P<sign>RMB|CNY|USD|EUR|JPY|GBP|[€£])", _money),
    _rule(rf"({_NUMBER})[%％]?{_DASH}({_NUMBER})[%％]", _percent_range),
    _rule(rf"((?<![\w.])[-−]?{_NUMBER}) ?([%％‰])", _percent),
    _rule(rf"((?:(?<![\w.])[-−])?{_NUMBER}) ?({_UNIT})(?![A-Za-z0-9²³])", _measure),
    _rule(r"(?<![\w/.])(?:(\d{1,9}) )?(\d{1,6})[/⁄](\d{1,6})(?![\d/])", _fraction),
    _rule(r"(?<![\d:.])(\d{1,12})[:：](\d{1,12})(?![\d:])", lambda m: f"{_plain(m[1])}比{_plain(m[2])}"),
    _rule(rf"(?<![\w.-])({_NUMBER}){_DASH}({_NUMBER})(?![\w-])", lambda m: f"{_plain(m[1])}到{_plain(m[2])}"),
    _rule(rf"(?<![\d.,第\w-])2(?=[{MEASURE_WORDS}](?!月))|(?<![\d.,第])2(?=[万亿千])", lambda m: "两"),
    _rule(r"\d+(?:\.\d+){2,}", lambda m: "点".join(_plain(part) for part in m[0].split("."))),
    _rule(r"(?<=[A-Za-z])-(?=\d)|(?<=\d)-(?=[A-Za-z])", lambda m: ""),
    _rule(r"(?<![\w.])[-−](?=\d)", lambda m: "负"),
    _rule(_NUMBER, lambda m: _plain(m[0])),
)  # fmt: skip
