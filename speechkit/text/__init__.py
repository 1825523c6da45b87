"""Text to phones for English and Mandarin."""

from __future__ import annotations

from speechkit.text.english import english_phones
from speechkit.text.inventory import (
    CHARSIU_EN,
    CHARSIU_ZH,
    EMOVA240,
    EMOVA271,
    phone_ids,
    strip_tone_and_stress,
    to_charsiu,
)
from speechkit.text.mandarin import NeutralTone, mandarin_phones, phones_from_pinyin
from speechkit.text.normalise import normalise
from speechkit.text.reading import MARKS, reading
from speechkit.text.scripts import split_scripts
from speechkit.text.sentences import sentences

__all__ = [
    "CHARSIU_EN", "CHARSIU_ZH", "EMOVA240", "EMOVA271", "MARKS", "normalise", "phone_ids", "phones",
    "phones_from_pinyin", "reading", "sentences", "strip_tone_and_stress", "to_charsiu",
]  # fmt: skip


def phones(text: str, language: str, *, sandhi: bool = True, neutral: NeutralTone = "citation") -> list[str]:
    """Write text as phones of the ``emova240`` inventory.

    Args:
        text: any text; Latin words are read as English and Chinese characters as Mandarin in both
            languages; what is neither is silent.
        language: "en" or "zh", the language that numbers and symbols are read in.
        sandhi: apply Mandarin tone sandhi.
        neutral: how to label neutral-tone finals that the inventory lacks; see ``mandarin_phones``.
    Returns:
        Labels such as ``en_AH0`` and ``CN_iii4``, all in ``EMOVA240`` (``EMOVA271`` if "extend").
    Raises:
        TextError: the language is neither "en" nor "zh".
    >>> phones("TTS 是", "zh")
    ['en_T', 'en_IY1', 'en_T', 'en_IY1', 'en_EH1', 'en_S', 'CN_sh', 'CN_iii4']
    """
    labels: list[str] = []
    for part, is_mandarin in split_scripts(normalise(text, language)):
        if is_mandarin:
            labels += mandarin_phones(part, sandhi=sandhi, neutral=neutral)
        else:
            labels += [f"en_{phone}" for phone in english_phones(part)]
    return labels
