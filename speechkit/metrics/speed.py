"""Speed: real-time factor, and the time until the first audio and the first token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from speechkit.metrics.aggregate import ratio_result, skip_counts
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.result import MetricResult, Skip, null_result

WARM_UPS = 3
"""Requests at the start that are not counted."""
ENOUGH_REQUESTS = 20
"""Fewer counted requests than this give a warning."""


@dataclass(frozen=True, kw_only=True)
class RequestTiming:
    """Clock readings of one synthesis request, in seconds from its acceptance, device synchronised before each."""

    total_seconds: float
    """Until the last sample was delivered."""
    audio_seconds: float
    """Duration of the speech that was made."""
    first_audio_seconds: float | None = None
    """Until the first playable sample; None when nothing was streamed, then it equals `total_seconds`."""
    first_token_seconds: float | None = None
    """Until the first token of the language model; None without one."""


def speed_metrics(
    timings: Sequence[RequestTiming],
    *,
    warm_ups: int = WARM_UPS,
    params: Mapping[str, Any] | None = None,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """Real-time factor and latencies of a run.

        RTF = sum of synthesis times / sum of audio durations      (below 1 is faster than real time)

    Args:
        timings: one per request, in order, batch size 1.
        warm_ups: requests dropped from the start.
        params: hardware, dtype, chunk size, threads; recorded.
        bootstrap: interval settings of the RTF.
    Returns:
        "RTF"; "TTFA_streaming", "TTFA_full" and "TTFT" in ms, each the median, with p50, p90 and mean in `details`. A
        request without audio is skipped ("empty_audio"); "TTFA_streaming" and "TTFT" skip requests that have none.
    Source: metrics.md 2.9.
    """
    counted = list(timings)[warm_ups:]
    recorded = {**(params or {}), "warm_ups": warm_ups}
    few = (f"{len(counted)} requests, at least {ENOUGH_REQUESTS} are wanted",) if len(counted) < ENOUGH_REQUESTS else ()
    pairs = [(t.total_seconds, t.audio_seconds) if t.audio_seconds > 0 else Skip("empty_audio") for t in counted]
    rtf = ratio_result("RTF", pairs, higher_is_better=False, params=recorded, bootstrap=bootstrap, warnings=few)
    heard = [t if t.audio_seconds > 0 else Skip("empty_audio") for t in counted]
    streaming = [t if isinstance(t, Skip) else _or_skip(t.first_audio_seconds, "not_streamed") for t in heard]
    full = [t if isinstance(t, Skip) else t.total_seconds for t in heard]
    tokens = [t if isinstance(t, Skip) else _or_skip(t.first_token_seconds, "no_token_time") for t in heard]
    return {
        "RTF": rtf,
        "TTFA_streaming": _latency("TTFA_streaming", streaming, recorded, few),
        "TTFA_full": _latency("TTFA_full", full, recorded, few),
        "TTFT": _latency("TTFT", tokens, recorded, few),
    }


def _or_skip(seconds: float | None, reason: str) -> float | Skip:
    return Skip(reason) if seconds is None else seconds


def _latency(
    name: str, seconds: Sequence[float | Skip], params: dict[str, Any], warnings: tuple[str, ...]
) -> MetricResult:
    times = 1000 * np.array([value for value in seconds if not isinstance(value, Skip)], float)
    skips = skip_counts(seconds)
    fields: dict[str, Any] = {
        "n_skipped": sum(skips.values()),
        "skipped_reasons": skips,
        "unit": "ms",
        "higher_is_better": False,
        "params": params,
        "warnings": warnings,
    }
    if not times.size:
        return null_result(name, "all_items_skipped" if seconds else "no_items", **fields)
    p50, p90 = np.percentile(times, [50, 90])
    details = {"p50": p50, "p90": p90, "mean": times.mean()}
    return MetricResult(metric=name, value=float(p50), n=int(times.size), details=details, **fields)
