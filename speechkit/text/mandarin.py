"""Mandarin text and pinyin to initials and finals with tone."""

from __future__ import annotations

import functools
import re
from typing import Any, Literal, get_args

from speechkit.errors import TextError
from speechkit.text.inventory import MANDARIN_FINALS, MANDARIN_INITIALS, NEUTRAL_FINALS
from speechkit.text.tone_sandhi import apply_sandhi

NeutralTone = Literal["citation", "fourth", "extend"]
"""What becomes of a neutral-tone final that ``emova240`` lacks; see ``phones_from_pinyin``."""

_SYLLABLE = re.compile(r"_?([a-zêü:]+)([1-5])?")
_GLIDE_SPELLINGS = {
    "yu": "v", "yuan": "van", "yue": "ve", "yun": "vn", "you": "iou", "yan": "ian", "yin": "in",
    "wa": "ua", "wo": "uo", "wai": "uai", "wei": "ui", "wan": "uan", "wen": "un", "wang": "uang",
    "weng": "ueng", "wu": "u", "yi": "i", "ya": "ia", "ye": "ie", "yao": "iao", "yang": "iang",
    "ying": "ing", "yong": "iong", "yo": "io", "yai": "iai",
}  # fmt: skip
_FRONTED = {"u": "v", "ue": "ve", "uan": "van", "un": "vn"}
_SPLIT_FINALS = {"ueng": ("u", "eng"), "io": ("i", "o"), "iai": ("i", "ai")}
_HUMMED = {"n": "en", "ng": "en", "m": "en", "hm": "hen", "hng": "heng", "ê": "ei"}


def phones_from_pinyin(syllable: str, neutral: NeutralTone = "citation") -> list[str]:
    """Split one numbered pinyin syllable into its phones.

    Args:
        syllable: such as ``zhuang4``, ``lv3`` or ``lü3``; no digit is the neutral tone, as is 5; a
            leading underscore (the mark of a rare syllable in some corpora) is passed over.
        neutral: for the 31 neutral-tone finals that ``emova240`` lacks: "citation" and "fourth" take
            tone 4 (a bare syllable has no citation tone), "extend" keeps tone 5 (``EMOVA271``).
    Returns:
        ``CN_`` labels: the initial if any, then the finals, each with the tone.
    Raises:
        TextError: the syllable cannot be spelled with the inventory, such as ``hm1``.
    Source: the rules of Charsiu's Mandarin processor, restated; r + iii for every tone.
    >>> phones_from_pinyin("shi4"), phones_from_pinyin("er2"), phones_from_pinyin("weng1")
    (['CN_sh', 'CN_iii4'], ['CN_e2', 'CN_rr'], ['CN_u1', 'CN_eng1'])
    """
    if neutral not in get_args(NeutralTone):
        raise TextError(f"neutral must be one of {get_args(NeutralTone)}, got {neutral!r}.")
    match = _SYLLABLE.fullmatch(syllable.strip().lower())
    if match is None:
        raise TextError(f"expected a pinyin syllable such as 'ba1', got {syllable!r}.")
    return _spell(match[1].replace("u:", "v").replace("ü", "v"), match[2] or "5", neutral == "extend")


@functools.cache
def _spell(base: str, tone: str, extend: bool) -> list[str]:
    initial, finals = _initial_and_finals(base)
    labels = [f"CN_{initial}"] if initial else []
    for final in finals:
        if final == "rr":
            labels.append("CN_rr")
        elif tone == "5" and not extend and final not in NEUTRAL_FINALS:
            labels.append(f"CN_{final}4")
        else:
            labels.append(f"CN_{final}{tone}")
    return labels


def _initial_and_finals(base: str) -> tuple[str, tuple[str, ...]]:
    if base in ("er", "r"):
        return "", (("e", "rr") if base == "er" else ("rr",))
    initial = next((base[:n] for n in (2, 1) if base[:n] in MANDARIN_INITIALS), "")
    final = _GLIDE_SPELLINGS.get(base, base) if not initial else base[len(initial) :]
    if initial in ("j", "q", "x"):
        final = _FRONTED.get(final, final)
    elif final == "i" and initial in ("zh", "ch", "sh", "r"):
        final = "iii"
    elif final == "i" and initial in ("z", "c", "s"):
        final = "ii"
    final = {"iu": "iou", "ue": "ve", "uei": "ui", "uen": "un"}.get(final, final)
    finals = _SPLIT_FINALS.get(final, (final,))
    if any(part not in MANDARIN_FINALS for part in finals):
        raise TextError(f"pinyin syllable {base!r} is outside the phone inventory.")
    return initial, finals


def mandarin_phones(text: str, *, sandhi: bool = True, neutral: NeutralTone = "citation") -> list[str]:
    """Pronounce Chinese characters.

    Args:
        text: characters; anything pypinyin cannot read is passed over and breaks the phrase.
        sandhi: apply the third-tone rule and those of 一 and 不, as a speaker does.
        neutral: for neutral-tone finals that ``emova240`` lacks: "citation" takes the tone the
            character has when read alone, "fourth" always tone 4, "extend" keeps tone 5.
    Returns:
        ``CN_`` labels.
    Raises:
        TextError: ``neutral`` is none of the three.
    """
    if neutral not in get_args(NeutralTone):
        raise TextError(f"neutral must be one of {get_args(NeutralTone)}, got {neutral!r}.")
    labels: list[str] = []
    for character, syllable in zip(*pinyin(text, sandhi=sandhi), strict=True):
        labels += _character_phones(character, syllable, neutral)
    return labels


def mandarin_words(text: str) -> list[tuple[str, list[str]]]:
    """Every word of a Mandarin text, as it is spoken.

    Args:
        text: normalised characters and punctuation.
    Returns:
        Pairs of the word as it is written and its ``CN_`` labels; punctuation and what cannot be read have none. The
        labels, joined, are ``mandarin_phones(text)``.
    >>> mandarin_words("你好，天")
    [('你好', ['CN_n', 'CN_i2', 'CN_h', 'CN_ao3']), ('，', []), ('天', ['CN_t', 'CN_ian1'])]
    """
    words = _words(text)
    rows = apply_sandhi(words, _read(words))
    return [
        (word, [label for pair in zip(word, row, strict=True) if pair[1] for label in _character_phones(*pair, "citation")])
        for word, row in zip(words, rows, strict=True)
    ]


def pinyin(text: str, *, sandhi: bool = True) -> tuple[list[str], list[str]]:
    """Read Chinese characters as numbered pinyin.

    Args:
        text: characters; others are passed over.
        sandhi: apply tone sandhi; without it 一 is yi1 and 不 is bu4 throughout.
    Returns:
        The characters that were read, and a syllable such as ``hao3`` for each, neutral tone 5.
    >>> pinyin("你好")
    (['你', '好'], ['ni2', 'hao3'])
    """
    words = _words(text)
    syllables = _read(words)
    if sandhi:
        syllables = apply_sandhi(words, syllables)
    pairs = [
        (character, syllable)
        for word, row in zip(words, syllables, strict=True)
        for character, syllable in zip(word, row, strict=True)
        if syllable
    ]
    return [character for character, _ in pairs], [syllable for _, syllable in pairs]


def _words(text: str) -> list[str]:
    from pypinyin.seg.mmseg import seg

    return [word for word in seg.cut(text) if word]


def _read(words: list[str]) -> list[list[str]]:
    """Numbered pinyin per word and character; '' for what cannot be read."""
    from pypinyin import Style, lazy_pinyin

    rows = []
    for word in words:
        row = lazy_pinyin(
            word,
            style=Style.TONE3,
            neutral_tone_with_five=True,
            errors=_silent,
        )
        if len(row) != len(word):
            row = [_read([character])[0][0] for character in word]
        rows.append([_citation_of_yi_and_bu(c, s) for c, s in zip(word, row, strict=True)])
    return rows


def _silent(unread: str) -> Any:
    """One empty syllable a character; pypinyin takes a list here, though its types say str."""
    return [""] * len(unread)


def _citation_of_yi_and_bu(character: str, syllable: str) -> str:
    if character == "一" and syllable[:-1] == "yi":
        return "yi1"
    return "bu4" if character == "不" and syllable == "bu2" else syllable


def _character_phones(character: str, syllable: str, neutral: NeutralTone) -> list[str]:
    base, tone = syllable[:-1], syllable[-1]
    base = _HUMMED.get(base, base)
    try:
        _, finals = _initial_and_finals(base)
    except TextError:
        return []
    if tone == "5" and neutral == "citation" and finals[0] not in NEUTRAL_FINALS:
        tone = _citation_tone(character, base)
    return _spell(base, tone, neutral == "extend")


@functools.cache
def _citation_tone(character: str, base: str) -> str:
    from pypinyin import Style
    from pypinyin import pinyin as readings

    options = readings(character, style=Style.TONE3, heteronym=True, neutral_tone_with_five=True)[0]
    tones = [option[-1] for option in options if option[:-1] == base and option[-1] != "5"]
    return tones[0] if tones else "4"
