"""From records of suites that listen to speech to their results; needs no model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from speechkit.evaluation.listening import Listeners
from speechkit.evaluation.records import Record
from speechkit.evaluation.renditions import MCD_PARAMETERS
from speechkit.evaluation.suites.tokenizer_results import renamed, with_skips
from speechkit.metrics.aggregate import mean_result, ratio_result
from speechkit.metrics.error_rate import error_rate
from speechkit.metrics.quality import SCALES
from speechkit.metrics.result import MetricResult, Skip
from speechkit.metrics.speed import RequestTiming, speed_metrics
from speechkit.metrics.text_protocols import ProtocolName

SIDES = ("original", "respoken")
PITCH = {
    "GPE": ("ratio", False), "VDE": ("ratio", False), "FFE": ("ratio", False), "logF0_RMSE": ("ln", False),
    "logF0_corr": ("correlation", True), "median_f0_original": ("Hz", None), "median_f0_respoken": ("Hz", None),
}  # fmt: skip
"""Per-item F0 values: unit, and whether higher is better."""


def resynthesis_results(records: Sequence[Record], listeners: Listeners, protocol: ProtocolName) -> list[MetricResult]:
    """All results of the `resynthesis` suite.

    Args:
        records: sorted by id.
        listeners: as in the run.
        protocol: of the error rates.
    Returns:
        Error rates of both sides and their difference per recogniser, scores per side, similarity, F0, round trip.
    """
    usable, lost = split_skipped(records)
    results: list[MetricResult] = []
    for key in listeners.keys:
        for language, name in (("en", "WER"), ("zh", "CER")):
            spoken = [record for record in usable if record.values.get("language") == language]
            if spoken or language == "en":
                results += [
                    transcript_result(spoken, listeners, f"{name}_{key}_{side}", key, side, language, protocol)
                    for side in SIDES
                ]
                results.append(_added(spoken, f"{name}_{key}_added", key, protocol))
    for side in SIDES:
        results += score_results(usable, side)
    results += [
        mean_of(usable, name, unit="cosine", better=True if _to_target(name) else None)
        for name in _names(usable, "similarity_")
    ]
    if any("VDE" in record.values for record in usable):
        results += [mean_of(usable, name, unit=unit, better=better) for name, (unit, better) in PITCH.items()]
        results.append(mean_of(usable, "MCD", unit="dB", better=False, params=MCD_PARAMETERS))
    results += _round_trip(usable)
    return [with_skips(result, lost) for result in results]


def split_skipped(records: Sequence[Record]) -> tuple[list[Record], list[str]]:
    """Records that were measured, and the reasons of the others."""
    usable = [record for record in records if record.skipped is None]
    return usable, [record.skipped for record in records if record.skipped is not None]


def clusters_of(records: Sequence[Record]) -> list[str]:
    """Speaker of each record, for intervals; an item without one stands alone."""
    return [str(record.values.get("speaker") or record.id) for record in records]


def transcript_result(
    records: Sequence[Record],
    listeners: Listeners,
    name: str,
    key: str,
    side: str,
    language: str,
    protocol: ProtocolName,
) -> MetricResult:
    """Error rate of what one recogniser heard on one side ("" where there is one); items without a text are skipped."""
    read = [record for record in records if record.values.get("text")]
    heard = [record.values.get(f"heard_{key}_{side}" if side else f"heard_{key}") for record in read]
    texts = [record.values["text"] for record in read]
    result = error_rate(
        texts,
        heard,
        language=language,  # type: ignore[arg-type]
        protocol=protocol,
        parity=listeners.parity,
        simplify=listeners.simplify,
        clusters=clusters_of(read),
    )
    return renamed(with_skips(result, ["no_text"] * (len(records) - len(read))), name)


def _added(records: Sequence[Record], name: str, key: str, protocol: ProtocolName) -> MetricResult:
    """(errors re-spoken - errors original) / words: what encoding and decoding cost."""
    pairs: list[tuple[float, float] | Skip] = []
    for record in records:
        before, after = (record.values.get(f"errors_{key}_{side}") for side in SIDES)
        words = record.values.get(f"words_{key}_original")
        if before is None or after is None or words is None:
            pairs.append(Skip("unpaired"))
        else:
            pairs.append((float(after - before), float(words)))
    params = {"protocol": protocol, "aggregate": "micro", "difference": "respoken - original"}
    return ratio_result(name, pairs, clusters=clusters_of(records), params=params, higher_is_better=False)


def mean_of(
    records: Sequence[Record], value: str, *, unit: str = "ratio", better: bool | None = True, **fields: Any
) -> MetricResult:
    """Mean of a per-item value, with its reasons where it is missing."""
    outcomes = [record.outcome(value) for record in records]
    return mean_result(value, outcomes, clusters=clusters_of(records), unit=unit, higher_is_better=better, **fields)


def score_results(records: Sequence[Record], side: str = "") -> list[MetricResult]:
    """Mean opinion scores of every scale that a judge gave."""
    end = f"_{side}" if side else ""
    scales = [scale for scale in SCALES if any(f"{scale}{end}" in record.values for record in records)]
    return [mean_of(records, f"{scale}{end}", unit="MOS") for scale in scales]


def _to_target(name: str) -> bool:
    """Whether a similarity is that of the re-spoken side to the voice that should speak."""
    return name.startswith("similarity_target_") and not name.endswith("_original")


def _names(records: Sequence[Record], prefix: str) -> list[str]:
    found = {name for record in records for name in record.values if name.startswith(prefix)}
    return sorted(name for name in found if not name.endswith("_skipped"))


def _round_trip(records: Sequence[Record]) -> list[MetricResult]:
    speakers = clusters_of(records)

    def ratio(name: str, top: str, bottom: str, better: bool) -> MetricResult:
        pairs = [_pair(record.values, top, bottom) for record in records]
        return ratio_result(name, pairs, clusters=speakers, higher_is_better=better, params={"aggregate": "micro"})

    return [
        ratio("round_trip_unit_error_rate", "unit_errors", "unit_count", False),
        ratio("round_trip_unit_error_rate_deduplicated", "deduplicated_errors", "deduplicated_count", False),
        ratio("round_trip_frame_accuracy", "frame_matches", "unit_count", True),
    ]


def _pair(values: Mapping[str, Any], top: str, bottom: str) -> tuple[float, float] | Skip:
    if values.get(top) is None or values.get(bottom) is None:
        return Skip("no_round_trip")
    return float(values[top]), float(values[bottom])


def speed(
    records: Sequence[Record], clock: str, audio: str, threads: int, *, first: str | None = None
) -> list[MetricResult]:
    """Real-time factor from the records' clocks, and the time to the first audio where it was taken.

    The first three items warm up when there are enough.
    """
    timings = [
        RequestTiming(
            total_seconds=record.seconds[clock],
            audio_seconds=record.seconds[audio],
            first_audio_seconds=record.seconds.get(first) if first else None,
        )
        for record in records
        if clock in record.seconds and audio in record.seconds
    ]
    found = speed_metrics(timings, warm_ups=3 if len(timings) > 6 else 0, params={"torch_threads": threads})
    wanted = ["RTF", *(["TTFA_streaming"] if first else [])]
    return [renamed(found[name], f"{name}_{clock}") for name in wanted]
