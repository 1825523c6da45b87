"""The list format of seed-tts-eval, and its summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from speechkit.errors import ManifestError
from speechkit.metrics.error_rate import error_rate
from speechkit.metrics.result import MetricResult
from speechkit.metrics.text_protocols import Language


@dataclass(frozen=True, kw_only=True)
class SeedTTSItem:
    """One line of a seed-tts-eval list."""

    utterance: str
    """Name of the generated file, without ".wav"."""
    text: str
    """What to say."""
    prompt_wav: str | None = None
    """Voice to say it in."""
    prompt_text: str | None = None
    """What the prompt says."""
    reference_wav: str | None = None
    """A recording of the text by the same speaker."""

    @property
    def file_name(self) -> str:
        """Name of the generated file."""
        return f"{self.utterance}.wav"


def parse_seed_tts_line(line: str) -> SeedTTSItem:
    """Read one line: `utt|prompt_text|prompt_wav|text[|reference_wav]`, `utt|prompt_wav|text` or `utt|text`.

    Raises:
        ManifestError: another number of fields, or an empty name or text.
    Source: BytedanceSpeech/seed-tts-eval; a name ending in ".wav" loses it.
    >>> parse_seed_tts_line("a-1|hi|p.wav|good day").text
    'good day'
    """
    parts = [part.strip() for part in line.strip("\n").split("|")]
    names = {
        2: ("utterance", "text"),
        3: ("utterance", "prompt_wav", "text"),
        4: ("utterance", "prompt_text", "prompt_wav", "text"),
        5: ("utterance", "prompt_text", "prompt_wav", "text", "reference_wav"),
    }.get(len(parts))
    if names is None:
        raise ManifestError(f"a seed-tts-eval line has 2 to 5 fields between '|', got {len(parts)}: {line!r}.")
    fields = dict(zip(names, parts, strict=True))
    if not fields["utterance"] or not fields["text"]:
        raise ManifestError(f"a seed-tts-eval line needs a name and a text: {line!r}.")
    return SeedTTSItem(**{**fields, "utterance": fields["utterance"].removesuffix(".wav")})


def parse_seed_tts_list(lines: Iterable[str]) -> list[SeedTTSItem]:
    """Read a list, skipping blank lines.

    Raises:
        ManifestError: a malformed line, with its number, or one name twice.
    """
    items: list[SeedTTSItem] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = parse_seed_tts_line(line)
        except ManifestError as error:
            raise ManifestError(f"line {number}: {error}") from error
        if item.utterance in seen:
            raise ManifestError(f"line {number}: {item.utterance!r} comes twice.")
        seen.add(item.utterance)
        items.append(item)
    return items


def seed_tts_error_rate(
    items: Sequence[SeedTTSItem], transcripts: Sequence[str | None], *, language: Language, **options: Any
) -> MetricResult:
    """Macro WER (English) or CER (Mandarin) of a list under the "seedtts" protocol.

    Args:
        items: the list.
        transcripts: what the recogniser heard, None for missing files (skipped, and rate 1 in the strict value).
        language: "en" or "zh".
        options: `parity`, `simplify`, `clusters` and `bootstrap` of `error_rate`.
    Returns:
        Rate; `details` hold "percent" (3 decimals, as printed there) and "macro_below_50_percent", the mean without
        the utterances above 50 %.
    """
    return error_rate([item.text for item in items], transcripts, language=language, protocol="seedtts", **options)


TALKER_COLUMNS = ("VS-RES", "VS-RC", "IF", "WER", "UTMOS")
"""Columns that a talker table keeps together. Source: EmoOmni appendices B and D."""


def talker_row(results: Iterable[MetricResult]) -> dict[str, float | None]:
    """One row of the talker table: value per column, None where a result is missing or null.

    "CER" fills the WER column, "if_mean" and "if_fixed" the IF column, "utmosv2" the UTMOS column ("utmos22" is another
    scale and does not).
    """
    aliases = {"CER": "WER", "if_mean": "IF", "if_fixed": "IF", "utmosv2": "UTMOS"}
    found = {aliases.get(result.metric, result.metric): result.value for result in results}
    return {column: found.get(column) for column in TALKER_COLUMNS}
