"""Phones of what a recogniser wrote against phones of the text: homophones cost nothing.

A Mandarin recogniser that hears every syllable right still writes other characters of the same sound; 马 for 码 says nothing of
the speech that it heard. Both sides go through the toolkit's own reading, so what it reads wrongly is wrong on both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from speechkit.errors import SpeechkitError
from speechkit.evaluation.records import Record
from speechkit.metrics.aggregate import ratio_result
from speechkit.metrics.edit_distance import edit_distance
from speechkit.metrics.result import MetricResult, Skip
from speechkit.text import phones, strip_tone_and_stress

KINDS = ("phones", "phones_base")
"""With tone and stress, and without."""


def heard_phones(name: str, text: str, heard: str | None, language: str) -> dict[str, Any]:
    """Edits and length of one transcript, by kind; nothing where a side cannot be read or the text is empty.

    Args:
        name: of the recogniser, in the values' names.
        language: "en" or "zh".

    >>> heard_phones("ear", "the male heir", "the mail air", "en")["phones_ear_edits"]
    0
    """
    try:
        spoken, written = phones(text, language), phones(heard or "", language) if heard else []  # type: ignore[arg-type]
    except SpeechkitError:
        return {}
    if heard is None or not spoken:
        return {}
    bare = [[strip_tone_and_stress(phone) for phone in side] for side in (spoken, written)]
    edits = (edit_distance(spoken, written), edit_distance(*bare))
    found = {f"{kind}_{name}_edits": edited for kind, edited in zip(KINDS, edits, strict=True)}
    return found | {f"phones_{name}_count": len(spoken)}


def heard_phone_results(records: Sequence[Record], name: str, language: str, clusters: Sequence[str]) -> list[MetricResult]:
    """`heard_PER_<recogniser>_<language>`, and the same with `_base` behind it: micro averages over the records."""
    return [
        ratio_result(
            f"heard_PER_{name}_{language}{kind.removeprefix('phones')}",
            [_pair(record.values, kind, name) for record in records],
            clusters=clusters,
            higher_is_better=False,
            params={"aggregate": "micro", "reading": "speechkit.text.phones", "tone_and_stress": kind == "phones"},
        )
        for kind in KINDS
    ]


def _pair(values: Mapping[str, Any], kind: str, name: str) -> tuple[float, float] | Skip:
    edits, count = values.get(f"{kind}_{name}_edits"), values.get(f"phones_{name}_count")
    return Skip("no_phones") if edits is None or not count else (float(edits), float(count))
