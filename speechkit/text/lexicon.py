"""The CMU Pronouncing Dictionary, bundled, and the words a reader says otherwise."""

from __future__ import annotations

import functools
import lzma
from importlib import resources

PREFERRED: dict[str, str] = {
    "bow": "B OW1",
    "close": "K L OW1 Z",
    "dr": "D AA1 K T ER0",
    "lead": "L IY1 D",
    "live": "L IH1 V",
    "read": "R IY1 D",
    "tear": "T EH1 R",
    "use": "Y UW1 Z",
    "wind": "W IH1 N D",
}
"""Heteronyms whose first entry in the dictionary is the rarer reading."""

LETTER_NAMES: dict[str, str] = {
    "a": "EY1", "b": "B IY1", "c": "S IY1", "d": "D IY1", "e": "IY1", "f": "EH1 F",
    "g": "JH IY1", "h": "EY1 CH", "i": "AY1", "j": "JH EY1", "k": "K EY1", "l": "EH1 L",
    "m": "EH1 M", "n": "EH1 N", "o": "OW1", "p": "P IY1", "q": "K Y UW1", "r": "AA1 R",
    "s": "EH1 S", "t": "T IY1", "u": "Y UW1", "v": "V IY1", "w": "D AH1 B AH0 L Y UW0",
    "x": "EH1 K S", "y": "W AY1", "z": "Z IY1",
}  # fmt: skip
"""How the 26 letters are named."""


@functools.cache
def dictionary() -> dict[str, str]:
    """Every word of the dictionary with its phones, separated by spaces."""
    packed = resources.files("speechkit.text").joinpath("data/cmudict.xz").read_bytes()
    lines = lzma.decompress(packed).decode("utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines) | PREFERRED


def pronounce(word: str) -> tuple[str, ...] | None:
    """Look a word up in the dictionary.

    Args:
        word: in lower case, apostrophes kept.
    Returns:
        ARPAbet phones with stress, the first reading listed (or ``PREFERRED``); None when missing.
    Source: the CMU Pronouncing Dictionary, 2-clause BSD, ``data/cmudict.LICENSE``; only the first
        reading of each word is kept.
    >>> pronounce("speech")
    ('S', 'P', 'IY1', 'CH')
    """
    entry = dictionary().get(word)
    return None if entry is None else tuple(entry.split())


def letter_names(word: str) -> list[str]:
    """Name each letter of a word: ``tts`` is T IY1 T IY1 EH1 S.

    Args:
        word: any text; characters other than a-z are passed over.
    Returns:
        ARPAbet phones with stress.
    """
    return [phone for letter in word.lower() for phone in LETTER_NAMES.get(letter, "").split()]
