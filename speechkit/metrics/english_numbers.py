"""Spelled-out English numbers to digits, the way Whisper's normaliser does it: one small state machine.

The machine keeps the number being read (an int while it can still be added to, a str once digits are strung together)
and a pending sign or currency symbol. Each word either continues the number or closes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

_UNITS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_POWERS = (
    "thousand million billion trillion quadrillion quintillion sextillion septillion octillion nonillion decillion"
).split()
_IRREGULAR = {"first": (1, "st"), "second": (2, "nd"), "third": (3, "rd"), "fifth": (5, "th"), "twelfth": (12, "th")}

ZEROS = frozenset({"o", "oh", "zero"})
ONES = {word: number for number, word in enumerate(_UNITS, 1)}
TENS = {word: 10 * number for number, word in enumerate(_TENS, 2)}
MULTIPLIERS = {"hundred": 100, **{word: 1000**power for power, word in enumerate(_POWERS, 1)}}
ONES_SUFFIXED = {
    **{"sixes" if word == "six" else word + "s": (number, "s") for word, number in ONES.items()},
    "zeroth": (0, "th"),
    **_IRREGULAR,
    **{
        word + ("h" if word.endswith("t") else "th"): (number, "th")
        for word, number in ONES.items()
        if number not in (1, 2, 3, 5, 12)
    },
}
TENS_SUFFIXED = {
    word.replace("y", ending): (number, suffix)
    for word, number in TENS.items()
    for ending, suffix in (("ies", "s"), ("ieth", "th"))
}
MULTIPLIERS_SUFFIXED = {
    word + suffix: (number, suffix) for word, number in MULTIPLIERS.items() for suffix in ("s", "th")
}
SIGNS = {"minus": "-", "negative": "-", "plus": "+", "positive": "+"}
CURRENCIES = {
    word + plural: symbol
    for word, symbol in (("pound", "£"), ("euro", "€"), ("dollar", "$"), ("cent", "¢"))
    for plural in ("", "s")
}
SYMBOLS = frozenset({*SIGNS.values(), *CURRENCIES.values()})
DECIMALS = frozenset({*ONES, *TENS, *ZEROS})

_DIGITS = re.compile(r"\d+(\.\d+)?")


def english_numbers(text: str) -> str:
    """Write numbers, ordinals, currencies and percentages with digits.

    Args:
        text: lower-case text without punctuation other than `.%$¢€£`.
    Returns:
        Text with single spaces; "one" and "ones" stay words.
    Source: the English normaliser of Whisper (MIT), equal on random texts.
    >>> english_numbers("twenty one dollars and seven cents on the third of may two thousand five")
    '$21.07 on the 3rd of may 2005'
    """
    text = _space_out(_and_a_half(text))
    return _tidy(" ".join(_Reader(text.split()).read()))


class _Reader:
    """Reads words from left to right; see the module docstring."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.written: list[str] = []
        self.value: int | str | None = None
        self.symbol = ""

    def read(self) -> list[str]:
        index = 0
        while index < len(self.words):
            before = self.words[index - 1] if index else ""
            after = self.words[index + 1] if index + 1 < len(self.words) else ""
            word = self.words[index]
            written_out = _HANDLERS.get(word, _Reader._plain)
            handle = _Reader._digits if _is_number(word.removeprefix(_symbol(word))) else written_out
            index += 2 if handle(self, word, before, after) else 1
        self._close()
        return self.written

    def _write(self, text: object) -> None:
        self.written.append(f"{self.symbol}{text}")
        self.value, self.symbol = None, ""

    def _close(self) -> None:
        if self.value is not None:
            self._write(self.value)

    def _plain(self, word: str, _before: str, _after: str) -> None:
        self._close()
        self._write(word)

    def _digits(self, word: str, _before: str, _after: str) -> None:
        if isinstance(self.value, str) and self.value.endswith("."):
            self.value += word
            return
        self._close()
        symbol = _symbol(word)
        self.symbol = symbol or self.symbol
        number = Fraction(word.removeprefix(symbol))
        self.value = number.numerator if number.denominator == 1 else word.removeprefix(symbol)

    def _zero(self, _word: str, _before: str, _after: str) -> None:
        self.value = f"{self.value or ''}0"

    def _small(self, number: int, before: str) -> int | str:
        """The value after a number below 20: added where the place is free, else strung on."""
        if self.value is None:
            return number
        if isinstance(self.value, int) and before not in ONES:
            free = self.value % (10 if number < 10 else 100) == 0
            return self.value + number if free else f"{self.value}{number}"
        if before in TENS and number < 10:
            return f"{str(self.value)[:-1]}{number}"
        return f"{self.value}{number}"

    def _ten(self, number: int) -> int | str:
        if self.value is None:
            return number
        if isinstance(self.value, int) and self.value % 100 == 0:
            return self.value + number
        return f"{self.value}{number}"

    def _ones(self, word: str, before: str, _after: str) -> None:
        self.value = self._small(ONES[word], before)

    def _ones_suffixed(self, word: str, before: str, _after: str) -> None:
        number, suffix = ONES_SUFFIXED[word]
        self._write(f"{self._small(number, before)}{suffix}")

    def _tens(self, word: str, _before: str, _after: str) -> None:
        self.value = self._ten(TENS[word])

    def _tens_suffixed(self, word: str, _before: str, _after: str) -> None:
        number, suffix = TENS_SUFFIXED[word]
        self._write(f"{self._ten(number)}{suffix}")

    def _scaled(self, multiplier: int) -> int | None:
        """The value times a multiplier, which only scales the part below 1000; None where that is no integer."""
        if self.value is None:
            return multiplier
        if isinstance(self.value, int) and self.value:
            return self.value // 1000 * 1000 + self.value % 1000 * multiplier
        product = _fraction(self.value)
        product = None if product is None else product * multiplier
        return product.numerator if product is not None and product.denominator == 1 else None

    def _multiplier(self, word: str, _before: str, _after: str) -> None:
        scaled = self._scaled(MULTIPLIERS[word])
        if scaled is None:
            self._close()
            scaled = MULTIPLIERS[word]
        self.value = scaled

    def _multiplier_suffixed(self, word: str, _before: str, _after: str) -> None:
        multiplier, suffix = MULTIPLIERS_SUFFIXED[word]
        scaled = self._scaled(multiplier)
        if scaled is None:
            self._close()
            scaled = multiplier
        self._write(f"{scaled}{suffix}")

    def _sign(self, word: str, _before: str, after: str) -> None:
        self._close()
        if _numeric(after):
            self.symbol = SIGNS[word]
        else:
            self._write(word)

    def _currency(self, word: str, _before: str, _after: str) -> None:
        if self.value is None:
            self._write(word)
        else:
            self.symbol = CURRENCIES[word]
            self._write(self.value)

    def _percent(self, word: str, before: str, after: str) -> bool:
        whole = word == "percent" or after == "cent"
        if self.value is None or not whole:
            self._plain(word, before, after)
            return False
        self._write(f"{self.value}%")
        return word == "per"

    def _and(self, word: str, before: str, after: str) -> None:
        if not _numeric(after) or before not in MULTIPLIERS:
            self._plain(word, before, after)

    def _repeat(self, word: str, before: str, after: str) -> bool:
        if after not in ONES and after not in ZEROS:
            self._plain(word, before, after)
            return False
        self.value = f"{self.value or ''}{str(ONES.get(after, 0)) * (2 if word == 'double' else 3)}"
        return True

    def _point(self, word: str, before: str, after: str) -> None:
        if not _numeric(after):
            self._plain(word, before, after)
        elif after in DECIMALS or _is_number(after):
            self.value = f"{self.value or ''}."


_Handler = Callable[[_Reader, str, str, str], "bool | None"]
_HANDLERS: dict[str, _Handler] = {
    **dict.fromkeys(ZEROS, _Reader._zero),
    **dict.fromkeys(ONES, _Reader._ones),
    **dict.fromkeys(ONES_SUFFIXED, _Reader._ones_suffixed),
    **dict.fromkeys(TENS, _Reader._tens),
    **dict.fromkeys(TENS_SUFFIXED, _Reader._tens_suffixed),
    **dict.fromkeys(MULTIPLIERS, _Reader._multiplier),
    **dict.fromkeys(MULTIPLIERS_SUFFIXED, _Reader._multiplier_suffixed),
    **dict.fromkeys(SIGNS, _Reader._sign),
    **dict.fromkeys(CURRENCIES, _Reader._currency),
    **dict.fromkeys(("per", "percent"), _Reader._percent),
    **dict.fromkeys(("double", "triple"), _Reader._repeat),
    "and": _Reader._and,
    "point": _Reader._point,
}


def _is_number(word: str) -> bool:
    return _DIGITS.fullmatch(word) is not None


def _numeric(word: str) -> bool:
    return word in _HANDLERS or _is_number(word)


def _symbol(word: str) -> str:
    return word[0] if word[0] in SYMBOLS else ""


def _fraction(value: int | str | None) -> Fraction | None:
    try:
        return Fraction(value or 0)
    except ValueError:
        return None


def _and_a_half(text: str) -> str:
    """Write "<number> and a half" as "<number> point five"."""
    *parts, last = re.split(r"\band\s+a\s+half\b", text)
    written: list[str] = []
    for part in parts:
        if part.strip():
            word = part.split()[-1]
            written += [part, "point five" if word in DECIMALS or word in MULTIPLIERS else "and a half"]
    return " ".join([*written, last] if last.strip() else written)


def _space_out(text: str) -> str:
    """Separate digits from letters, but keep suffixes such as 1960s and 32nd."""
    text = re.sub(r"([a-z])([0-9])", r"\1 \2", text)
    text = re.sub(r"([0-9])([a-z])", r"\1 \2", text)
    return re.sub(r"([0-9])\s+(st|nd|rd|th|s)\b", r"\1\2", text)


def _tidy(text: str) -> str:
    """Join dollars and cents, and write a lone 1 as "one"."""
    text = re.sub(r"([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})\b", lambda m: f"{m[1]}{m[2]}.{int(m[3]):02d}", text)
    text = re.sub(r"[€£$]0.([0-9]{1,2})\b", lambda m: f"¢{int(m[1])}", text)
    return re.sub(r"\b1(s?)\b", r"one\1", text)
