"""Text normalisation: what is written in digits and signs becomes the words a reader says."""

from __future__ import annotations

import re
import unicodedata

from speechkit.errors import TextError

_FULL_WIDTH = {
    ord(wide): chr(ord(wide) - 0xFEE0)
    for wide in map(chr, range(0xFF01, 0xFF5F))
    if unicodedata.category(wide)[0] in "LN" or wide in "％＋＝＠＃＆＄＜＞／＿"
}
_VULGAR = {"½": "1⁄2", "¼": "1⁄4", "¾": "3⁄4", "⅓": "1⁄3", "⅔": "2⁄3", "⅛": "1⁄8"}


def normalise(text: str, language: str) -> str:
    """Write a text out as it is read aloud.

    Numbers, ordinals, decimals, dates, times, money, percentages, units, abbreviations, telephone
    numbers, e-mail and web addresses become words. Words of the other language stay as they are;
    numbers are read in ``language``, except beside Chinese characters in English text.

    Args:
        text: any text.
        language: "en" or "zh".
    Returns:
        The text without decimal digits; punctuation is kept, white space is single spaces.
    Raises:
        TextError: the language is neither "en" nor "zh".
    >>> normalise("Dr. Li paid $3.50 on May 2nd.", "en")
    'Doctor Li paid three dollars and fifty cents on May second.'
    >>> normalise("2024年涨了5%", "zh")
    '二零二四年涨了百分之五'
    """
    from speechkit.text.normalise_english import normalise_english
    from speechkit.text.normalise_mandarin import normalise_mandarin

    if language not in ("en", "zh"):
        raise TextError(f"language must be 'en' or 'zh', got {language!r}.")
    return (normalise_english if language == "en" else normalise_mandarin)(_prepared(text))


def _prepared(text: str) -> str:
    """Plain digits, quotes and fractions; full-width letters and signs made narrow."""
    text = re.sub(r"(?<=\d)([½¼¾⅓⅔⅛])", r" \1", text).translate(_FULL_WIDTH)
    for sign, spelled in _VULGAR.items():
        text = text.replace(sign, spelled)
    text = text.replace("’", "'").replace("‘", "'").replace("ʼ", "'")
    text = re.sub(r"(?<=\d)[．](?=\d)", ".", text)
    return "".join(str(unicodedata.decimal(character)) if character.isdecimal() else character for character in text)
