"""English number words: cardinals, ordinals, decimals, years, digit strings, Roman numerals."""

from __future__ import annotations

import re

ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = (
    "",
    *["thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion", "septillion"],
)
LARGEST = 1000 ** len(SCALES)
LONGEST = 3 * len(SCALES)

_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_ROMAN_SHAPE = re.compile(r"M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")


def cardinal(number: int) -> str:
    """Spell an integer; 27 digits and more are read digit by digit.

    >>> cardinal(1_000_021), cardinal(-110)
    ('one million twenty-one', 'minus one hundred ten')
    """
    if number < 0:
        return f"minus {cardinal(-number)}"
    if number >= LARGEST:
        return digits(str(number))
    if number < 1000:
        return _below_thousand(number)
    words = []
    for power in range(len(SCALES) - 1, -1, -1):
        group, number = divmod(number, 1000**power)
        if group:
            words += [_below_thousand(group), SCALES[power]]
    return " ".join(word for word in words if word)


def _below_thousand(number: int) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return TENS[tens] + (f"-{ONES[ones]}" if ones else "")
    hundreds, rest = divmod(number, 100)
    return f"{ONES[hundreds]} hundred" + (f" {_below_thousand(rest)}" if rest else "")


def ordinal(number: int) -> str:
    """Spell a rank.

    >>> ordinal(1), ordinal(42), ordinal(100), ordinal(20)
    ('first', 'forty-second', 'one hundredth', 'twentieth')
    """
    head, last = re.fullmatch(r"(.*?)([a-z]+)", cardinal(number)).groups()  # type: ignore[union-attr]
    if last in _ORDINALS:
        return head + _ORDINALS[last]
    return head + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def digits(text: str, zero: str = "zero") -> str:
    """Spell each decimal digit of a text and leave out everything else."""
    return " ".join(zero if digit == "0" else ONES[int(digit)] for digit in text if digit.isdecimal())


def number(text: str) -> str:
    """Spell a number as it is written: sign, thousands commas and decimal point.

    >>> number("-1,234.50"), number(".5"), number("007")
    ('minus one thousand two hundred thirty-four point five zero', 'zero point five', 'zero zero seven')
    """
    sign = "minus " if text[:1] in "-−" and text else ""
    whole, _, fraction = text.lstrip("+-−").replace(",", "").partition(".")
    by_digit = (len(whole) > 1 and whole.startswith("0")) or len(whole) > LONGEST
    spelled = digits(whole) if by_digit else cardinal(int(whole or "0"))
    return sign + spelled + (f" point {digits(fraction)}" if fraction else "")


def year(number: int) -> str:
    """Say a year.

    >>> year(1999), year(1905), year(1900)
    ('nineteen ninety-nine', 'nineteen oh five', 'nineteen hundred')
    >>> year(2000), year(2007), year(2024)
    ('two thousand', 'two thousand seven', 'twenty twenty-four')
    """
    century, rest = divmod(number, 100)
    if not 1000 <= number <= 9999 or (century % 10 == 0 and rest < 10):
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def plural(words: str) -> str:
    """Put the last number word in the plural: nineties, twenties, hundreds.

    >>> plural("nineteen ninety"), plural("six"), plural("two thousand")
    ('nineteen nineties', 'sixes', 'two thousands')
    """
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith(("x", "s")) else "s")


def fraction(numerator: int, denominator: int) -> str:
    """Say a fraction; denominators of zero and one are read with "over".

    >>> fraction(1, 2), fraction(3, 4), fraction(5, 8), fraction(7, 0)
    ('one half', 'three quarters', 'five eighths', 'seven over zero')
    """
    if denominator < 2:
        return f"{cardinal(numerator)} over {cardinal(denominator)}"
    named = {2: "half", 4: "quarter"}.get(denominator, ordinal(denominator))
    if numerator == 1:
        return f"one {named}"
    return f"{cardinal(numerator)} {'halves' if denominator == 2 else plural(named)}"


def roman(text: str) -> int | None:
    """Read a Roman numeral below 4000 in capitals; None when it is none.

    >>> roman("XIV"), roman("IIII")
    (14, None)
    """
    if not text or _ROMAN_SHAPE.fullmatch(text) is None:
        return None
    values = [_ROMAN[letter] for letter in text]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))
