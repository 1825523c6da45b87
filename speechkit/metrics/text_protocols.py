"""Five named ways to prepare text before it is compared, as published numbers were computed."""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from speechkit.errors import ConfigError, DependencyError
from speechkit.metrics.english_text import whisper_english
from speechkit.metrics.mandarin_text import normalise_mandarin
from speechkit.metrics.punctuation import ALL_PUNCTUATION

Language = Literal["en", "zh"]
ProtocolName = Literal["emova_tts", "emova_asr", "emova_instr", "seedtts", "emoomni"]
Aggregate = Literal["micro", "macro"]

_CJK = re.compile("[\u4e00-\u9fff]")
_WORD_OR_CJK = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\\s\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_NO_PUNCTUATION = str.maketrans("", "", ALL_PUNCTUATION.replace("'", ""))
_NO_ASCII_PUNCTUATION = str.maketrans("", "", string.punctuation)
_EMOOMNI_DROPS = re.compile("[^\u4e00-\u9fa5a-zA-Z0-9 。，？！.,?!]")


@dataclass(frozen=True, kw_only=True)
class TextProtocol:
    """How one published error rate prepares text and averages."""

    name: ProtocolName
    """Its name in result files."""
    aggregate: Aggregate
    """micro: errors of all utterances over words of all; macro: mean of the utterances' rates."""
    prepare: Callable[[str, Language, bool], str]
    """(text, language, parity) to normalised text."""
    characters_with_spaces: bool
    """Whether the spaces that normalisation leaves count as characters in Mandarin."""
    recogniser: str
    """The recognisers of the published numbers, English / Mandarin."""
    longest_hypothesis: int | None = None
    """With parity, longer hypotheses (in characters, before normalisation) are left out."""
    skips_empty_hypotheses: bool = False
    """With parity, utterances for which the recogniser heard nothing are left out."""


def _emova_tts(text: str, language: Language, parity: bool) -> str:
    return whisper_english(text, parity=parity) if language == "en" else normalise_mandarin(text, parity=parity)


def _emova_asr(text: str, language: Language, parity: bool) -> str:
    return text


def _emova_instr(text: str, language: Language, parity: bool) -> str:
    if language == "zh":
        return normalise_mandarin(text, parity=parity)
    return text.lower().translate(_NO_ASCII_PUNCTUATION)


def _seedtts(text: str, language: Language, parity: bool) -> str:
    bare = text.translate(_NO_PUNCTUATION).replace("  ", " ")
    return " ".join(bare) if language == "zh" else bare.lower()


def _emoomni(text: str, language: Language, parity: bool) -> str:
    return _EMOOMNI_DROPS.sub("", _seedtts(text, language, parity))


_WHISPER_PARAFORMER = "whisper-large-v3 / paraformer-zh"
PROTOCOLS: dict[str, TextProtocol] = {
    protocol.name: protocol
    for protocol in (
        TextProtocol(
            name="emova_tts",
            aggregate="micro",
            prepare=_emova_tts,
            characters_with_spaces=True,
            recogniser=_WHISPER_PARAFORMER + " v2.0.4",
        ),
        TextProtocol(
            name="emova_asr",
            aggregate="micro",
            prepare=_emova_asr,
            characters_with_spaces=True,
            recogniser="the evaluated model",
            longest_hypothesis=1000,
        ),
        TextProtocol(
            name="emova_instr",
            aggregate="micro",
            prepare=_emova_instr,
            characters_with_spaces=True,
            recogniser="the evaluated model",
        ),
        TextProtocol(
            name="seedtts",
            aggregate="macro",
            prepare=_seedtts,
            characters_with_spaces=False,
            recogniser=_WHISPER_PARAFORMER,
        ),
        TextProtocol(
            name="emoomni",
            aggregate="macro",
            prepare=_emoomni,
            characters_with_spaces=False,
            recogniser="whisper-large-v3 / paraformer-large 8404",
            skips_empty_hypotheses=True,
        ),
    )
}
"""The protocols by name. Source: metrics.md 2.1, read in the code of EMOVA, seed-tts-eval and EmoOmniEval."""


def text_protocol(name: str) -> TextProtocol:
    """The protocol of that name.

    Raises:
        ConfigError: there is none.
    """
    if name not in PROTOCOLS:
        raise ConfigError(f"unknown text protocol {name!r}; known: {', '.join(PROTOCOLS)}.")
    return PROTOCOLS[name]


def normalise_text(text: str, language: Language, protocol: str, *, parity: bool = False) -> str:
    """Text as a protocol compares it.

    Args:
        text: reference or transcript.
        language: "en" or "zh".
        protocol: one of `PROTOCOLS`.
        parity: with the quirks of the published code; see each normaliser.
    Returns:
        Normalised text; Mandarin of "seedtts" and "emoomni" has a space between all characters.
    Raises:
        ConfigError: unknown protocol or language.
    >>> normalise_text("Hello, world. It's twenty one.", "en", "seedtts")
    "hello world it's twenty one"
    """
    if language not in ("en", "zh"):
        raise ConfigError(f"language must be 'en' or 'zh', got {language!r}.")
    return text_protocol(protocol).prepare(text, language, parity)


def tokens_of(normalised: str, language: Language, protocol: str) -> list[str]:
    """What an error rate counts: words in English; in Mandarin characters, with or without spaces by protocol."""
    if language == "en":
        return normalised.split()
    characters = list(normalised)
    return characters if text_protocol(protocol).characters_with_spaces else [c for c in characters if not c.isspace()]


def mixed_tokens(normalised: str) -> list[str]:
    """Tokens of code-mixed text: each CJK character, each run of anything else.

    >>> mixed_tokens("我用 python写")
    ['我', '用', 'python', '写']
    """
    return _WORD_OR_CJK.findall(normalised)


def detect_language(text: str) -> Language:
    """ "zh" as soon as there is one CJK character, else "en" (EmoOmniEval's rule)."""
    return "zh" if _CJK.search(text) else "en"


def to_simplified(text: str) -> str:
    """Traditional to mainland simplified characters, by the `zhconv` package.

    Raises:
        DependencyError: zhconv is not installed.
    """
    try:
        import zhconv
    except ImportError as error:
        raise DependencyError("seedtts parity on Mandarin needs zhconv: pip install zhconv.") from error
    return str(zhconv.convert(text, "zh-cn"))
