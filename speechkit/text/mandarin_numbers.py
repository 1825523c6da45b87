"""Chinese number words: cardinals, decimals and digit strings."""

from __future__ import annotations

DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")
_SCALES = ("", "万", "亿", "万亿")
LARGEST = 10 ** (4 * len(_SCALES))
LONGEST = 4 * len(_SCALES)


def cardinal(number: int) -> str:
    """Spell an integer; 17 digits and more are read digit by digit.

    >>> cardinal(10), cardinal(105), cardinal(2000), cardinal(12_000), cardinal(100_020_003)
    ('十', '一百零五', '两千', '一万两千', '一亿零两万零三')
    """
    if number < 0:
        return "负" + cardinal(-number)
    if number >= LARGEST:
        return digits(str(number))
    if number < 10:
        return DIGITS[number]
    groups = []
    while number:
        number, group = divmod(number, 10000)
        groups.append(group)
    spelled = _join(groups)
    return spelled[1:] if spelled.startswith("一十") else spelled


def _join(groups: list[int]) -> str:
    """Join groups of four digits, lowest first; a gap or a leading zero is said once."""
    spelled, gap = "", False
    for power in range(len(groups) - 1, -1, -1):
        group = groups[power]
        if not group:
            gap = True
            continue
        if spelled and (gap or group < 1000):
            spelled += "零"
        scale = _SCALES[power]
        if power == 3 and groups[2]:
            scale = "万"
        if power == 2 and len(groups) == 4:
            scale = "亿"
        spelled += ("两" if group == 2 and power else _group(group)) + scale
        gap = False
    return spelled


def _group(group: int) -> str:
    spelled, gap = "", False
    for power in range(3, -1, -1):
        digit = group // 10**power % 10
        if not digit:
            gap = bool(spelled)
            continue
        spelled += "零" if gap else ""
        name = "两" if digit == 2 and power == 3 else DIGITS[digit]
        spelled += name + _PLACES[power]
        gap = False
    return spelled


def digits(text: str, one: str = "一") -> str:
    """Spell each decimal digit of a text and leave out everything else; telephones say 幺 for one."""
    names = (DIGITS[int(digit)] for digit in text if digit.isdecimal())
    return "".join(one if name == "一" else name for name in names)


def number(text: str) -> str:
    """Spell a number as it is written: sign, thousands commas and decimal point.

    >>> number("-1,234.50"), number("007")
    ('负一千二百三十四点五零', '零零七')
    """
    sign = "负" if text[:1] in "-−" and text else ""
    whole, _, fraction = text.lstrip("+-−").replace(",", "").partition(".")
    by_digit = (len(whole) > 1 and whole.startswith("0")) or len(whole) > LONGEST
    spelled = digits(whole) if by_digit else cardinal(int(whole or "0"))
    return sign + spelled + (f"点{digits(fraction)}" if fraction else "")
