"""English text as it is read aloud: numbers, dates, money, units and abbreviations become words."""

from __future__ import annotations

import re
from collections.abc import Callable

from speechkit.text import english_numbers as say
from speechkit.text.english_tables import (
    ABBREVIATIONS,
    CURRENCIES,
    CURRENCY_CODES,
    MAGNITUDES,
    MONTHS,
    SYMBOLS,
    UNITS,
)

_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_MONTH = "(" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"([12]\d{3})"
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_CODE = "|".join(CURRENCY_CODES)
_SIGN = "|".join(re.escape(sign) for sign in sorted(CURRENCIES, key=len, reverse=True))
_MAGNITUDE = "|".join(MAGNITUDES)


def normalise_english(text: str) -> str:
    """Write English text out in words.

    Args:
        text: one or more sentences; scripts other than Latin stay as they are.
    Returns:
        Text without ASCII digits; punctuation and capitals are kept, runs of white space are one space.
    """
    for pattern, rewrite in _RULES:
        text = pattern.sub(rewrite, text)
    for symbol, words in SYMBOLS.items():
        text = text.replace(symbol, f" {words} ")
    return re.sub(r" +([,.;:!?])", r"\1", " ".join(text.split()))


def spell_address(address: str) -> str:
    """Read an e-mail or web address: words, digits, and the names of the signs between them."""
    address = re.sub(r"^[a-z]+://", "", address).rstrip("/")
    address = re.sub(r"\bwww\b", "W W W", address)
    names = {".": "dot", "/": "slash", "@": "at", "-": "dash", "_": "underscore", ":": "colon",
             "?": "question mark", "=": "equals", "&": "and", "#": "hash", "%": "percent",
             "~": "tilde", "+": "plus"}  # fmt: skip
    pieces = re.findall(r"[^\W\d_]+|\d|[^\s\w]|_", address)
    return " ".join(say.digits(piece) if piece.isdecimal() else names.get(piece, piece) for piece in pieces)


def _address(match: re.Match[str]) -> str:
    tail = re.search(r"[.,;:!?)]*$", match[0])
    end = tail[0] if tail else ""
    return spell_address(match[0][: len(match[0]) - len(end)]) + end


def _telephone(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match[0])
    plus = "plus " if match[0].startswith("+") else ""
    return plus + ", ".join(say.digits(group) for group in groups)


def _day(month: str, day: str) -> str:
    return f"{MONTHS[month]} {say.ordinal(int(day))}"


def _with_year(words: str, year: str | None) -> str:
    return f"{words}, {say.year(int(year))}" if year else words


def _iso_date(match: re.Match[str]) -> str:
    year, month, day = (int(part) for part in match.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    return f"{_month_name(month)} {say.ordinal(day)}, {say.year(year)}"


def _slash_date(match: re.Match[str]) -> str:
    month, day = int(match[1]), int(match[2])
    if month > 12:
        month, day = day, month
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    return f"{_month_name(month)} {say.ordinal(day)}, {say.year(int(match[3]))}"


def _month_name(month: int) -> str:
    return list(dict.fromkeys(MONTHS.values()))[month - 1]


def _time(match: re.Match[str]) -> str:
    hour, minute, second, half = match.groups()
    if int(hour) > 24 or int(minute or 0) > 59:
        return match[0]
    words = say.cardinal(int(hour))
    if int(minute or 0):
        words += (" oh " if int(minute) < 10 else " ") + say.cardinal(int(minute))
    elif not half and minute:
        words += " hundred" if int(hour) > 12 else " o'clock"
    if second:
        words += f" and {_counted(second, 'second', 'seconds')}"
    return words + (f" {half[0].upper()} M{_last_stop(match)}" if half else "")


def _counted(number: str, one: str, many: str) -> str:
    return f"{say.number(number)} {one if number.lstrip('-−') in ('1', '01') else many}"


def _money(match: re.Match[str]) -> str:
    sign, amount, magnitude = match["sign"], match["amount"], match["magnitude"]
    one, many, cent, cents = CURRENCIES[sign] if sign in CURRENCIES else CURRENCY_CODES[sign]
    if magnitude:
        return f"{say.number(amount)} {MAGNITUDES[magnitude]} {many}"
    whole, _, fraction = amount.replace(",", "").partition(".")
    if not cent or len(fraction) != 2:
        return _counted(amount.replace(",", ""), one, many)
    words = [_counted(whole, one, many)] if int(whole or "0") or not int(fraction) else []
    if int(fraction):
        words.append(_counted(str(int(fraction)), cent, cents))
    return " and ".join(words)


def _measure(match: re.Match[str]) -> str:
    one, many = UNITS[match[2]]
    return _counted(match[1], one, many) + _last_stop(match)


def _measure_range(match: re.Match[str]) -> str:
    return f"{say.number(match[1])} to {say.number(match[2])} {UNITS[match[3]][1]}"


def _feet_and_inches(match: re.Match[str]) -> str:
    return f"{say.cardinal(int(match[1]))} foot {say.cardinal(int(match[2]))}"


def _decade(match: re.Match[str]) -> str:
    value = int(match[1])
    return say.plural(say.year(value) if value >= 1000 else say.cardinal(value))


def _mixed_fraction(match: re.Match[str]) -> str:
    part = say.fraction(int(match[2]), int(match[3]))
    part = re.sub(r"^one (half|quarter)$", r"a \1", part) if match[1] else part
    return f"{say.cardinal(int(match[1]))} and {part}" if match[1] else part


def _roman(match: re.Match[str], rank: bool) -> str:
    value = say.roman(match[2])
    if value is None:
        return match[0]
    return f"{match[1]} {'the ' + say.ordinal(value) if rank else say.cardinal(value)}"


def _points(match: re.Match[str]) -> str:
    return " point ".join(say.number(part) for part in match[0].split("."))


def _plain(text: str) -> str:
    if re.fullmatch(_YEAR, text) and 1100 <= int(text) <= 2099:
        return say.year(int(text))
    return say.digits(text) if len(text) > 12 and text.isdecimal() else say.number(text)


def _join_letters(match: re.Match[str]) -> str:
    return " ".join(match[0].replace(".", " ").upper().split()) + _last_stop(match)


def _rule(pattern: str, rewrite: Callable[[re.Match[str]], str], flags: int = re.ASCII) -> _Rule:
    return re.compile(pattern, flags), rewrite


def _abbreviation(match: re.Match[str]) -> str:
    return ABBREVIATIONS[match[0]] + _last_stop(match)


def _last_stop(match: re.Match[str]) -> str:
    """The full stop of an abbreviation that ends the text ends the sentence too."""
    return "." if match[0].endswith(".") and not match.string[match.end() :].strip() else ""


_RULES: tuple[_Rule, ...] = (
    _rule(r"\d{28,}", lambda m: say.digits(m[0])),
    _rule(r"(?:https?://|ftp://|www\.)[^\s\u3000-\uffef]+", _address),
    _rule(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", _address),
    _rule(r"(?<![\w@.])(?:[a-z][\w-]*\.)+(?:com|org|net|edu|gov|io|cn|uk|de|co)\b(?:/[\w./-]*)?", _address),
    _rule(r"(?<![\w.])\+\d{1,3}(?:[ -]?\(?\d+\)?)+(?:[ -]\d+)*", _telephone),
    _rule(r"(?<![\w.])(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-.]\d{4}\b", _telephone),
    _rule(r"(?<![\w.])1-8\d\d-\d{3}-\d{4}\b|(?<![\w.-])\d{3}-\d{4}(?![\d-])", _telephone),
    _rule(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b", _iso_date),
    _rule(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b", _slash_date),
    _rule(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?\b(?![:,.]?\d)(?:,? {_YEAR}\b)?",
          lambda m: _with_year(_day(m[1], m[2]), m[3])),
    _rule(rf"\b([Tt]he )?(\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}(?:,? {_YEAR}\b)?",
          lambda m: _with_year(f"{m[1] or 'the '}{say.ordinal(int(m[2]))} of {MONTHS[m[3]]}", m[4])),
    _rule(rf"\b{_MONTH} {_YEAR}\b", lambda m: f"{MONTHS[m[1]]} {say.year(int(m[2]))}"),
    _rule(r"(?<![\d:.])(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?! ?[AaPp]\.?[Mm]\b)(?![\d:])()", _time),
    _rule(r"(?<![\d:.])(\d{1,2})(?::([0-5]\d))?(?::([0-5]\d))? ?([AaPp])(?:\.[Mm]\.|[Mm]\b)", _time),
    _rule(rf"(?<![\w.])[-−](?=(?:{_SIGN}) ?\d)", lambda m: "minus "),
    _rule(rf"(?P<sign>{_SIGN}) ?(?P<amount>{_NUMBER})(?: ?(?P<magnitude>{_MAGNITUDE})\b)?", _money),
    _rule(rf"(?<![\w.])(?P<amount>{_NUMBER})(?: ?(?P<magnitude>{_MAGNITUDE}))? ?(?P<sign>{_CODE})\b", _money),
    _rule(rf"\b(?P<sign>{_CODE}) ?(?P<amount>{_NUMBER})(?: ?(?P<magnitude>{_MAGNITUDE})\b)?", _money),
    _rule(r"(?<![\w.])(\d+)¢", lambda m: _counted(m[1], "cent", "cents")),
    _rule(r"(?<![\w.])'?((?:[12]\d)?\d0)['’]?s\b", _decade),
    _rule(r"\b24/7\b", lambda m: "twenty-four seven"),
    _rule(r"(?<![\w.])(\d)['′] ?(\d{1,2})(?:[\"″]|'')", _feet_and_inches),
    _rule(rf"(?<![\w.])({_NUMBER}) ?[-–—] ?({_NUMBER}) ?({_UNIT})(?![\w²³])", _measure_range),
    _rule(rf"(?<![\w.])([-−]?(?:{_NUMBER})) ?({_UNIT})(?![\w²³])", _measure),
    _rule(r"(?<!\w)(?:No|no|Nos)\. ?(?=\d)|#(?=\d)", lambda m: "number "),
    _rule(r"\b(\d{1,18})(?:st|nd|rd|th)\b", lambda m: say.ordinal(int(m[1]))),
    _rule(r"(?<![\w/.])(?:(\d{1,9}) )?(\d{1,3})[/⁄](\d{1,3})(?![\w/])", _mixed_fraction),
    _rule(rf"(?<![\w.-])({_NUMBER}) ?[-–—] ?({_NUMBER})(?![\w-])",
          lambda m: f"{_plain(m[1])} to {_plain(m[2])}"),
    _rule(r"(?<![\w:.])(\d{1,15}):(\d{1,15})(?![\w:])", lambda m: f"{_plain(m[1])} to {_plain(m[2])}"),
    _rule(r"\b(Chapter|Volume|Act|War|(?:Part|Book|Scene|Section|Phase|Type|Class)(?! I [a-z])) ([IVXLCM]+)\b",
          lambda m: _roman(m, rank=False)),
    _rule(r"\b(Henry|Louis|George|Edward|Charles|James|William|Richard|Pope \w+|Elizabeth|Philip|Napoleon"
          r"|Catherine|Frederick|Nicholas|Alexander|Ivan)(?! I [a-z]) ([IVXLCM]+)\b", lambda m: _roman(m, rank=True)),
    _rule(r"(?<![\w.])St\.(?= [A-Z])", lambda m: "Saint"),
    _rule("(?<![\\w.])(?:" + "|".join(re.escape(a) for a in sorted(ABBREVIATIONS, key=len, reverse=True))
          + r")(?!\w)", _abbreviation),
    _rule(r"\b(?:[A-Za-z]\.){2,}", _join_letters),
    _rule(r"\d+(?:\.\d+){2,}", _points),
    _rule(r"(?<=[A-Za-z])-(?=\d)|(?<=\d)(?=[A-Za-z])|(?<=[A-Za-z])(?=\d)", lambda m: " "),
    _rule(r"(?<![\w.])[-−](?=\d|\.\d)", lambda m: "minus "),
    _rule(_NUMBER, lambda m: _plain(m[0])),
)  # fmt: skip
