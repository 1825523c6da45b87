"""The phone inventories: ``emova240`` with stress and tone, and Charsiu's without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from speechkit.errors import TextError

ENGLISH_VOWELS: tuple[str, ...] = (
    "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
)  # fmt: skip
"""The 15 ARPAbet vowels, which carry a stress digit 0, 1 or 2."""

ENGLISH_CONSONANTS: tuple[str, ...] = (
    "B", "CH", "D", "DH", "F", "G", "HH", "JH", "K", "L", "M", "N", "NG", "P", "R", "S", "SH", "T", "TH", "V",
    "W", "Y", "Z", "ZH",
)  # fmt: skip
"""The 24 ARPAbet consonants."""

MANDARIN_INITIALS: tuple[str, ...] = (
    "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "zh", "ch", "sh", "r", "z", "c", "s",
)  # fmt: skip
"""The 21 initials."""

MANDARIN_FINALS: tuple[str, ...] = (
    "a", "o", "e", "ai", "ei", "ao", "ou", "an", "en", "ang", "eng", "ong", "i", "ia", "ie", "iao", "iou",
    "ian", "in", "iang", "ing", "iong", "u", "ua", "uo", "uai", "ui", "uan", "un", "uang", "v", "ve", "van",
    "vn", "ii", "iii",
)  # fmt: skip
"""The 36 finals, without their tone."""

NEUTRAL_FINALS: tuple[str, ...] = ("a", "e", "en", "ii", "uo")
"""The only finals that ``emova240`` has in the neutral tone 5."""


def _english() -> tuple[str, ...]:
    vowels = (f"en_{vowel}{stress}" for vowel in ENGLISH_VOWELS for stress in "012")
    return (*vowels, *(f"en_{consonant}" for consonant in ENGLISH_CONSONANTS))


def _mandarin() -> tuple[str, ...]:
    initials = (f"CN_{initial}" for initial in (*MANDARIN_INITIALS, "rr"))
    finals = (f"CN_{final}{tone}" for final in MANDARIN_FINALS for tone in "1234")
    return (*initials, *finals, *(f"CN_{final}5" for final in NEUTRAL_FINALS))


EMOVA240: tuple[str, ...] = (*_english(), *_mandarin())
"""The 240 labels: 69 English, then 171 Mandarin. A CTC head appends its blank as id 240.

Source: the label list of the EMOVA speech tokenizer, given as a rule: 15 vowels x 3 stresses and
24 consonants; 21 initials, ``rr``, 36 finals x tones 1-4, and 5 finals in tone 5.
"""

EMOVA271: tuple[str, ...] = (
    *EMOVA240,
    *(f"CN_{final}5" for final in MANDARIN_FINALS if final not in NEUTRAL_FINALS),
)
"""``EMOVA240`` and the 31 neutral-tone finals that it lacks, appended, so ids stay the same."""

CHARSIU_EN: tuple[str, ...] = (
    *sorted((*ENGLISH_VOWELS, *ENGLISH_CONSONANTS)),
    "[SIL]",
    "[UNK]",
    "[PAD]",
)
"""Charsiu's English set: 39 phones without stress in alphabetical order, and 3 specials."""

CHARSIU_ZH: tuple[str, ...] = (
    *MANDARIN_INITIALS,
    "rr",
    *(f"{final}{tone}" for final in MANDARIN_FINALS for tone in "12345"),
    "[SIL]",
    "[UNK]",
    "[PAD]",
)
"""Charsiu's Mandarin set: 21 initials, ``rr``, 36 finals x tones 1-5, and 3 specials."""

_IDS = {label: index for index, label in enumerate(EMOVA271)}


def phone_ids(labels: Iterable[str], inventory: Sequence[str] = EMOVA240) -> list[int]:
    """Turn phone labels into their ids.

    Args:
        labels: phone labels such as ``en_AH0``.
        inventory: the ordered label set; its length is left free for the CTC blank.
    Returns:
        One id in [0, len(inventory)) for each label.
    Raises:
        TextError: a label is not in the inventory.
    >>> phone_ids(["en_AA0", "CN_b"])
    [0, 69]
    """
    known = inventory in (EMOVA240, EMOVA271)
    table = _IDS if known else {label: index for index, label in enumerate(inventory)}
    ids = []
    for label in labels:
        index = table.get(label)
        if index is None or index >= len(inventory):
            raise TextError(f"phone {label!r} is not in the inventory of {len(inventory)} labels.")
        ids.append(index)
    return ids


def strip_tone_and_stress(label: str) -> str:
    """Drop the stress or tone digit of a label; a label without one comes back as it is.

    >>> strip_tone_and_stress("CN_iii4"), strip_tone_and_stress("en_AH0"), strip_tone_and_stress("en_ZH")
    ('CN_iii', 'en_AH', 'en_ZH')
    """
    return label.rstrip("012345")


def to_charsiu(label: str) -> str:
    """Map an ``emova240`` label to Charsiu's: no prefix, and no stress for English.

    Args:
        label: a label of ``EMOVA271``.
    Returns:
        A label of ``CHARSIU_EN`` or ``CHARSIU_ZH``.
    Raises:
        TextError: the label is in neither inventory.
    >>> to_charsiu("en_AH0"), to_charsiu("CN_ao3")
    ('AH', 'ao3')
    """
    if label not in _IDS:
        raise TextError(f"phone {label!r} is not an emova240 label.")
    language, _, phone = label.partition("_")
    return strip_tone_and_stress(phone) if language == "en" else phone
