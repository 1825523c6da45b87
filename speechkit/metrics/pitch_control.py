"""Does "low", "normal" and "high" move the pitch? Measured on the renditions, not on the label."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from speechkit.errors import ConfigError
from speechkit.metrics.aggregate import mean_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.result import MetricResult, Outcome, Skip

PitchLevel = Literal["low", "normal", "high"]
LEVELS: tuple[PitchLevel, ...] = ("low", "normal", "high")


@dataclass(frozen=True, kw_only=True, eq=False)
class PitchRendition:
    """One synthesised utterance of a triple."""

    group: str
    """What the three renditions share: text, speaker and emotion, as one id."""
    requested: PitchLevel
    """The pitch that was asked for."""
    f0: ArrayLike
    """float [F], Hz, 0 where unvoiced."""


def semitones(frequency: float, reference: float) -> float:
    """Interval 12 log2(frequency / reference).

    >>> round(semitones(230, 200), 4)
    2.4196
    """
    return 12 * math.log2(frequency / reference)


def pitch_class(shift_semitones: float, threshold: float = 1.0) -> PitchLevel:
    """high above +threshold, low below -threshold, normal between."""
    if shift_semitones > threshold:
        return "high"
    return "low" if shift_semitones < -threshold else "normal"


def median_pitch(f0: ArrayLike, minimum_voiced: int = 10) -> float | None:
    """Median F0 over voiced frames in Hz; None with fewer than `minimum_voiced` of them."""
    track = np.asarray(f0, float)
    voiced = track[np.isfinite(track) & (track > 0)]
    return float(np.median(voiced)) if voiced.size >= minimum_voiced else None


def pitch_control(
    renditions: Sequence[PitchRendition],
    *,
    threshold: float = 1.0,
    minimum_voiced: int = 10,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """How often a requested pitch is heard, relative to the normal rendition of the same text, speaker and emotion.

        shift = 12 log2(median / median_normal); its class must equal the request

    Args:
        renditions: low, normal and high of every group, in any order.
        threshold: semitones.
        minimum_voiced: frames; a rendition with fewer is wrong ("unvoiced" in `details`).
        bootstrap: interval settings; groups are the clusters.
    Returns:
        "pitch_acc": share of low and high renditions of the right class; "pitch_order_acc": share of triples with
        low < normal < high; "mean_shift_low" and "mean_shift_high" in semitones. Groups without all three renditions
        are skipped ("incomplete_triple"). Where the normal rendition is unvoiced, low and high are wrong.
    Raises:
        ConfigError: one group has two renditions of one level, or an unknown level.
    Source: metrics.md 2.6; no paper defines it.
    """
    medians: dict[str, dict[str, float | None]] = {}
    for item in renditions:
        group = medians.setdefault(item.group, {})
        if item.requested not in LEVELS or item.requested in group:
            raise ConfigError(f"group {item.group!r}: {item.requested!r} is unknown or comes twice; want {LEVELS}.")
        group[item.requested] = median_pitch(item.f0, minimum_voiced)
    complete = {key: all(level in group for level in LEVELS) for key, group in medians.items()}
    skip = Skip("incomplete_triple")
    classes: list[Outcome] = []
    shifts: dict[str, list[Outcome]] = {"low": [], "high": []}
    owners: list[str] = []
    for key, group in medians.items():
        for level in ("low", "high"):
            owners.append(key)
            shift = _shift(group, level) if complete[key] else None
            shifts[level].append((Skip("unvoiced") if complete[key] else skip) if shift is None else shift)
            hit = shift is not None and pitch_class(shift, threshold) == level
            classes.append(float(hit) if complete[key] else skip)
    order: list[Outcome] = [float(_ordered(group)) if complete[key] else skip for key, group in medians.items()]
    unvoiced = sum(value is None for group in medians.values() for value in group.values())
    params = {"threshold_semitones": threshold, "minimum_voiced": minimum_voiced}
    shared: dict[str, Any] = {"bootstrap": bootstrap, "params": params, "details": {"unvoiced": unvoiced}}
    return {
        "pitch_acc": mean_result("pitch_acc", classes, clusters=owners, **shared),
        "pitch_order_acc": mean_result("pitch_order_acc", order, **shared),
        **{
            f"mean_shift_{level}": mean_result(
                f"mean_shift_{level}", values, unit="semitones", higher_is_better=None, **shared
            )
            for level, values in shifts.items()
        },
    }


def _shift(group: dict[str, float | None], level: str) -> float | None:
    median, normal = group[level], group["normal"]
    return None if median is None or normal is None else semitones(median, normal)


def _ordered(group: dict[str, float | None]) -> bool:
    low, normal, high = (group[level] for level in LEVELS)
    return low is not None and normal is not None and high is not None and low < normal < high
