"""English text as Whisper's evaluation compares it: no case, fillers, contractions, punctuation or British spelling."""

from __future__ import annotations

import re
import unicodedata

from speechkit.metrics.english_numbers import english_numbers
from speechkit.metrics.english_spelling import american_spelling

_FILLERS = re.compile(r"\b(hmm|mm|mhm|mmm|uh|um)\b")

_WORDS = {
    "won't": "will not", "can't": "can not", "let's": "let us", "ain't": "aint", "y'all": "you all",
    "wanna": "want to", "kinda": "kind of", "sorta": "sort of", "dunno": "do not know", "gotta": "got to",
    "gonna": "going to", "i'ma": "i am going to", "imma": "i am going to", "woulda": "would have",
    "coulda": "could have", "shoulda": "should have", "cause": "because", "ma'am": "madam",
}  # fmt: skip
_TITLES = {
    "mr": "mister", "mrs": "missus", "st": "saint", "dr": "doctor", "prof": "professor", "capt": "captain",
    "gov": "governor", "ald": "alderman", "gen": "general", "sen": "senator", "rep": "representative",
    "pres": "president", "rev": "reverend", "hon": "honorable", "asst": "assistant", "assoc": "associate",
    "lt": "lieutenant", "col": "colonel", "jr": "junior", "sr": "senior", "esq": "esquire",
}  # fmt: skip
_ENDINGS = {
    "'d been": " had been", "'s been": " has been", "'d gone": " had gone", "'s gone": " has gone",
    "'d done": " had done", "'s got": " has got", "n't": " not", "'re": " are", "'s": " is", "'d": " would",
    "'ll": " will", "'t": " not", "'ve": " have", "'m": " am",
}  # fmt: skip
_REWRITES = [
    *((re.compile(rf"\b{word}\b"), full) for word, full in _WORDS.items()),
    *((re.compile(rf"\b{title}\b"), full + " ") for title, full in _TITLES.items()),
    *((re.compile(rf"{ending}\b"), full) for ending, full in _ENDINGS.items()),
]

_LETTERS = {
    "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ß": "ss", "ẞ": "SS", "đ": "d", "Đ": "D",
    "ð": "d", "Ð": "D", "þ": "th", "Þ": "th", "ł": "l", "Ł": "L",
}  # fmt: skip


def whisper_english(text: str, *, parity: bool = False) -> str:
    """Normalise English text the way Whisper's `EnglishTextNormalizer` does.

    Lower case; bracketed text and fillers removed; contractions and titles expanded; diacritics and symbols removed;
    numbers written with digits; British spelling made American; single spaces.

    Args:
        text: any text.
        parity: also reproduce the misprints of its spelling table and the space it may leave at either end.
    Returns:
        Normalised text. Without `parity` it equals the original, stripped, on text without the misprinted words.
    Source: Radford et al. 2022, appendix C; the code of Whisper (MIT), re-implemented.
    >>> whisper_english("Mr. Smith's colour is (uh) grey; it isn't twenty-one!")
    'mister smith is color is gray it is not 21'
    """
    text = re.sub(r"[<\[][^>\]]*[>\]]", "", text.lower())
    text = re.sub(r"\(([^)]+?)\)", "", text)
    text = re.sub(r"\s+'", "'", _FILLERS.sub("", text))
    for pattern, full in _REWRITES:
        text = pattern.sub(full, text)
    text = re.sub(r"(\d),(\d)", r"\1\2", text)
    text = re.sub(r"\.([^0-9]|$)", r" \1", text)
    text = american_spelling(english_numbers(plain_letters(text, keep=".%$¢€£")), parity=parity)
    text = re.sub(r"[.$¢€£]([^0-9])", r" \1", text)
    text = re.sub(r"\s+", " ", re.sub(r"([^0-9])%", r"\1 ", text))
    return text if parity else text.strip()


def plain_letters(text: str, *, keep: str = "") -> str:
    """Drop diacritics (NFKD) and turn symbols and punctuation into spaces, except the characters of `keep`."""
    return "".join(_plain(character, keep) for character in unicodedata.normalize("NFKD", text))


def _plain(character: str, keep: str) -> str:
    if character in keep:
        return character
    if character in _LETTERS:
        return _LETTERS[character]
    category = unicodedata.category(character)
    if category == "Mn":
        return ""
    return " " if category[0] in "MSP" else character
