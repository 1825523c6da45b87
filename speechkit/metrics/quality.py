"""Predicted speech quality: the arithmetic around DNSMOS and UTMOS; the models are adapters elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.aggregate import mean_result
from speechkit.metrics.bootstrap import mean_opinion_interval
from speechkit.metrics.result import MetricResult, Outcome, Skip, null_result

SCALES = ("utmosv2", "utmos22", "dnsmos_sig", "dnsmos_bak", "dnsmos_ovr", "dnsmos_p808")
"""Predicted opinion scores with names of their own; two of them are never averaged or compared."""

DNSMOS_RATE = 16000
DNSMOS_WINDOW = 144160
"""Samples of one window, 9.01 s at 16 kHz."""
DNSMOS_HOP = 16000
"""Samples between windows, 1 s."""

_POLYNOMIALS = {
    "dnsmos_sig": (-0.08397278, 1.22083953, 0.0052439),
    "dnsmos_bak": (-0.13166888, 1.60915514, -0.39604546),
    "dnsmos_ovr": (-0.06766283, 1.11546468, 0.04602535),
}


def dnsmos_score(scale: str, raw: float) -> float:
    """Map a raw DNSMOS P.835 output to a mean opinion score: a quadratic a x^2 + b x + c per scale.

    Raises:
        ConfigError: `scale` is not one of the three P.835 scales.
    Source: Reddy et al. 2022, the polynomials of the released scripts.
    >>> round(dnsmos_score("dnsmos_ovr", 3.2), 6)
    2.922645
    """
    if scale not in _POLYNOMIALS:
        raise ConfigError(f"scale must be one of {', '.join(_POLYNOMIALS)}, got {scale!r}.")
    a, b, c = _POLYNOMIALS[scale]
    return a * raw**2 + b * raw + c


def dnsmos_windows(samples: ArrayLike) -> NDArray[np.float32]:
    """Cut a clip into DNSMOS windows: repeat it until it fills one, then 9.01 s windows every second.

    Args:
        samples: float [T] at 16 kHz, T >= 1.
    Returns:
        float32 [windows, 144160].
    Raises:
        ShapeError: not 1-D, or empty.
    Source: the released DNSMOS scripts.
    """
    clip = np.asarray(samples, np.float32)
    if clip.ndim != 1 or not clip.size:
        raise ShapeError(f"a clip must be [T] with T >= 1, got shape {clip.shape}.")
    while clip.size < DNSMOS_WINDOW:
        clip = np.concatenate([clip, clip])
    count = int(np.floor(clip.size / DNSMOS_RATE) - DNSMOS_WINDOW / DNSMOS_RATE) + 1
    starts = [index * DNSMOS_HOP for index in range(count) if index * DNSMOS_HOP + DNSMOS_WINDOW <= clip.size]
    return np.stack([clip[start : start + DNSMOS_WINDOW] for start in starts or [0]])


def dnsmos_clip(raw_windows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """P.835 scores of one clip: each window's raw output through its polynomial, then the mean over windows.

    Args:
        raw_windows: raw "dnsmos_sig", "dnsmos_bak" and "dnsmos_ovr" per window, at least one.
    Returns:
        Mean score per scale.
    Raises:
        ConfigError: no window.
    """
    if not raw_windows:
        raise ConfigError("dnsmos_clip takes at least one window.")
    return {
        scale: float(np.mean([dnsmos_score(scale, window[scale]) for window in raw_windows])) for scale in _POLYNOMIALS
    }


def opinion_score(
    scale: str,
    scores: Sequence[float | None],
    durations: Sequence[float],
    *,
    params: Mapping[str, Any] | None = None,
    **options: Any,
) -> MetricResult:
    """Mean predicted opinion score over utterances.

    Args:
        scale: one of `SCALES`, part of the metric's name.
        scores: one score per utterance; None for silence and failures.
        durations: seconds per utterance; 0 is skipped ("empty_audio"), below 0.5 s gives a warning.
        params: model, repetitions, seed; recorded.
        options: `clusters` and `bootstrap` of `mean_result`.
    Returns:
        Value, in [1, 5] for a sane model.
    Raises:
        ConfigError: unknown scale.
        ShapeError: different lengths.
    Source: metrics.md 2.2.
    """
    if scale not in SCALES:
        raise ConfigError(f"scale must be one of {', '.join(SCALES)}, got {scale!r}.")
    if len(scores) != len(durations):
        raise ShapeError(f"opinion_score takes one duration per score, got {len(scores)} and {len(durations)}.")
    outcomes: list[Outcome] = []
    for score, seconds in zip(scores, durations, strict=True):
        empty = Skip("empty_audio") if seconds <= 0 else None
        outcomes.append(empty or (Skip("unscored") if score is None else float(score)))
    short = sum(0 < seconds < 0.5 for seconds in durations)
    warnings = (f"{short} utterances are shorter than 0.5 s",) if short else ()
    return mean_result(scale, outcomes, unit="MOS", params=dict(params or {}), warnings=warnings, **options)


def human_opinion_score(
    name: str,
    ratings: Sequence[float],
    *,
    lowest: float = 1,
    highest: float = 5,
    params: Mapping[str, Any] | None = None,
) -> MetricResult:
    """Mean opinion score of human raters, with mean +- 1.96 s / sqrt(n) as interval.

    Args:
        name: "N-MOS" (1 to 5), "VS-RC-MOS" or "VS-RES-MOS" (0 to 2), ...
        ratings: one number per rating; one outside the scale is skipped ("off_scale").
        lowest: end of the scale.
        highest: other end.
        params: raters, items; recorded.
    Returns:
        Value in [lowest, highest]; null without a rating on the scale.
    Source: metrics.md 0.6, 3.5; EmoOmni appendix B.
    """
    on_scale = [float(rating) for rating in ratings if lowest <= rating <= highest]
    off = len(ratings) - len(on_scale)
    fields: dict[str, Any] = {
        "n_skipped": off,
        "skipped_reasons": {"off_scale": off} if off else {},
        "unit": "MOS",
        "params": {**(params or {}), "scale": [lowest, highest], "interval": "normal"},
    }
    if not on_scale:
        return null_result(name, "all_items_skipped" if ratings else "no_items", **fields)
    value, interval = sum(on_scale) / len(on_scale), mean_opinion_interval(on_scale)
    return MetricResult(metric=name, value=value, n=len(on_scale), ci95=interval, **fields)
