"""Letters to sounds for words that no dictionary knows."""

from __future__ import annotations

_SOUNDS = {
    "tion": "SH AH0 N", "sch": "S K", "igh": "AY1", "tch": "CH", "ch": "CH", "sh": "SH", "th": "TH",
    "ph": "F", "wh": "W", "ck": "K", "ng": "NG", "qu": "K W", "oo": "UW1", "ee": "IY1", "ea": "IY1",
    "ai": "EY1", "ay": "EY1", "oa": "OW1", "ou": "AW1", "ow": "OW1", "oi": "OY1", "oy": "OY1",
    "au": "AO1", "aw": "AO1", "er": "ER0", "ar": "AA1 R", "or": "AO1 R", "ir": "ER1", "ur": "ER1",
    "a": "AE1", "b": "B", "c": "K", "d": "D", "e": "EH1", "f": "F", "g": "G", "h": "HH", "i": "IH1",
    "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA1", "p": "P", "q": "K", "r": "R",
    "s": "S", "t": "T", "u": "AH1", "v": "V", "w": "W", "x": "K S", "y": "IY0", "z": "Z",
}  # fmt: skip


def sound_out(word: str) -> list[str]:
    """Pronounce a word by its letters.

    Args:
        word: lower-case letters a-z; others are passed over.
    Returns:
        ARPAbet phones with stress.
    """
    phones: list[str] = []
    while word:
        size = next((n for n in (4, 3, 2, 1) if word[:n] in _SOUNDS), 0)
        phones += _SOUNDS.get(word[:size], "").split()
        word = word[max(size, 1) :]
    return phones
