"""Text as a speaker reads it: phones, with a mark for every gap between words."""

from __future__ import annotations

from collections.abc import Iterable

from speechkit.text.english import spoken_words
from speechkit.text.mandarin import mandarin_words
from speechkit.text.normalise import normalise
from speechkit.text.scripts import split_scripts

MARKS = (" ", ",", ".", "?", "!")
"""A word's end, a short pause, and the three ends of a sentence; of several signs in one gap the last of these counts."""

_SIGNS = {
    **dict.fromkeys(",;:，、；：()[]（）【】《》〈〉「」『』\"“”—–~～/|", ","),
    **dict.fromkeys(".。．…·", "."),
    **dict.fromkeys("?？", "?"),
    **dict.fromkeys("!！", "!"),
}


def reading(text: str, language: str) -> list[str]:
    """Phones of a text with a mark in every gap between words.

    Args:
        text: any text; normalised here.
        language: "en" or "zh", the language that numbers and symbols are read in.
    Returns:
        ``emova240`` labels and ``MARKS``; begins with a label, ends with one mark of a sentence, never two marks in a row.
        Without its marks it is ``phones(text, language)``. Empty where nothing is to be said.
    Raises:
        TextError: the language is neither "en" nor "zh".
    >>> reading("Oh no, 你好", "en")
    ['en_OW1', ' ', 'en_N', 'en_OW1', ',', 'CN_n', 'CN_i2', 'CN_h', 'CN_ao3', '.']
    """
    found: list[str] = []
    gap = ""
    for before, labels in _words(normalise(text, language)):
        gap += before or " "
        if labels:
            if found:
                found.append(_mark(gap))
            found += labels
            gap = ""
    if not found:
        return []
    last = _mark(gap)
    return [*found, last if last in ".?!" else "."]


def _words(text: str) -> Iterable[tuple[str, list[str]]]:
    """Pairs of a gap and the labels of the word behind it."""
    for part, is_mandarin in split_scripts(text):
        if is_mandarin:
            yield from ((("", labels) if labels else (word, [])) for word, labels in mandarin_words(part))
        else:
            yield from ((before, [f"en_{phone}" for phone in phones]) for before, phones in spoken_words(part))


def _mark(gap: str) -> str:
    signs = {_SIGNS.get(character, " ") for character in gap}
    return next((mark for mark in reversed(MARKS) if mark in signs), " ")
