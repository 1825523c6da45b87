"""Text to the phoneme alphabet of Kokoro: English by lexicon, Mandarin by pinyin."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NoReturn

from recipes.corpora.engine import require
from speechkit.errors import TextError

TONES = {"1": "→", "2": "↗", "3": "↓", "4": "↘", "5": ""}
"""Kokoro writes the five Mandarin tones as arrows behind the nucleus; the neutral tone is bare."""

INITIALS = {
    "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l",
    "g": "k", "k": "kʰ", "h": "x", "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "r": "ɻ",
    "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "z": "ʦ", "c": "ʦʰ", "s": "s", "": "",
}  # fmt: skip
"""Pinyin initial to phonemes."""

FINALS = {
    "a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0",
    "e": "ɤ0", "ei": "ei0", "en": "ə0n", "eng": "ə0ŋ", "ong": "ʊ0ŋ", "ou": "ou0",
    "i": "i0", "ia": "ja0", "ian": "jɛ0n", "iang": "ja0ŋ", "iao": "jau0", "ie": "je0",
    "in": "i0n", "ing": "i0ŋ", "iong": "jʊ0ŋ", "iou": "jou0",
    "u": "u0", "ua": "wa0", "uai": "wai0", "uan": "wa0n", "uang": "wa0ŋ", "uei": "wei0",
    "uen": "wə0n", "ueng": "wə0ŋ", "uo": "wo0", "o": "wo0",
    "ü": "y0", "üe": "ɥe0", "üan": "ɥɛ0n", "ün": "y0n",
}  # fmt: skip
"""Unabbreviated pinyin final to phonemes; 0 marks where the tone goes."""

WHOLE = {
    "er": "ɚ0", "o": "ɔ0", "io": "jɔ0", "yo": "jɔ0", "ê": "ɛ0",
    "m": "m0", "n": "n0", "ng": "ŋ0", "hm": "hm0", "hng": "hŋ0",
}  # fmt: skip
"""Syllables that have no initial and final."""

SHORT_FINALS = {"iu": "iou", "ui": "uei", "un": "uen"}
PUNCTUATION = str.maketrans({"，": ", ", "、": ", ", "。": ". ", "！": "! ", "？": "? ", "：": ": ", "；": "; "})
SYLLABLE = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcs]?)([a-zü]+)")
HAN = re.compile(r"[\u4e00-\u9fff]+")


def english_phonemizer(british: bool) -> Callable[[str], str]:
    """Make a function from an English sentence to phonemes.

    Args:
        british: read by the British lexicon and its spelling rules, for the voices `bf_*` and `bm_*`.
    Returns:
        A function that raises TextError at a word outside the lexicon, so that nothing is guessed.
    Raises:
        DependencyError: the package that carries misaki's lexicons is not installed.
    """

    def refuse(word: object, *_: object) -> NoReturn:
        raise TextError(f"{word!r} is not in the pronunciation lexicon; choose another sentence.")

    g2p = require("hibari.g2p", "hibari-tts", "English phonemes").G2P(oov=refuse, british=british)
    return lambda text: str(g2p(text))


def syllable_phonemes(syllable: str) -> str:
    """Phonemes of one pinyin syllable with its tone digit.

    Raises:
        TextError: not a pinyin syllable, or without a tone 1-5.
    Source: the mapping of stefantaubert/pinyin-to-ipa (MIT) as misaki's Mandarin front end uses it, written anew.
    >>> syllable_phonemes("zhong1"), syllable_phonemes("guo2")
    ('ꭧʊ→ŋ', 'kwo↗')
    """
    base, tone = syllable[:-1].replace("v", "ü"), syllable[-1:]
    if tone not in TONES or not (base in WHOLE or SYLLABLE.fullmatch(base)):
        raise TextError(f"expected a pinyin syllable with its tone, such as 'ni3', got {syllable!r}.")
    return (WHOLE.get(base) or _initial_and_final(base)).replace("0", TONES[tone])


def _initial_and_final(base: str) -> str:
    match = SYLLABLE.fullmatch(_respell(base))
    initial, final = match.groups() if match else ("", "")
    if final == "i" and initial in {"zh", "ch", "sh", "r", "z", "c", "s"}:
        return INITIALS[initial] + "ɨ0"
    if initial in {"j", "q", "x"} and final.startswith("u"):
        final = "ü" + final[1:]
    final = SHORT_FINALS.get(final, final)
    if final not in FINALS:
        raise TextError(f"{base!r} is not a pinyin syllable.")
    return INITIALS[initial] + FINALS[final]


def _respell(base: str) -> str:
    """Undo the y- and w-spellings of syllables without an initial: yuan -> üan, ying -> ing, wen -> uen."""
    for spelt, full in (("yu", "ü"), ("yi", "i"), ("y", "i"), ("wu", "u"), ("w", "u")):
        if base.startswith(spelt):
            return full + base[len(spelt) :]
    return base


@lru_cache(maxsize=1)
def _mandarin_readers() -> tuple[Callable[[str], list[str]], Callable[[str], list[str]]]:
    jieba = require("jieba", "jieba", "Mandarin words")
    pypinyin = require("pypinyin", "pypinyin", "Mandarin readings")
    jieba.setLogLevel("WARNING")

    def read(word: str) -> list[str]:
        return list(pypinyin.lazy_pinyin(word, style=pypinyin.Style.TONE3, neutral_tone_with_five=True))

    return jieba.lcut, read


def mandarin_phonemes(text: str) -> str:
    """Phonemes of a Mandarin sentence: words apart by spaces, punctuation kept, tones as arrows.

    Raises:
        TextError: digits or Latin letters, which have to be spelt in characters first.
        DependencyError: jieba or pypinyin is not installed.
    """
    if foreign := re.search(r"[A-Za-z0-9]+", text):
        raise TextError(f"spell {foreign[0]!r} in Chinese characters first.")
    cut, read = _mandarin_readers()

    def phonemes(run: re.Match[str]) -> str:
        return " ".join("".join(map(syllable_phonemes, read(word))) for word in cut(run[0]))

    return HAN.sub(phonemes, text.translate(PUNCTUATION).strip())
