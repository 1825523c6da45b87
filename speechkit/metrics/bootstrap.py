"""Percentile bootstrap over items or clusters, and the interval of a mean opinion score."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speechkit.config import Config
from speechkit.errors import ConfigError, ShapeError

Statistic = Callable[[NDArray[np.int64]], "float | None"]
"""Value of a metric on the items of an index array (indices repeat); None where it is undefined."""


@dataclass(frozen=True, kw_only=True)
class BootstrapConfig(Config):
    """How intervals are computed. Source: metrics.md 0.6."""

    resamples: int = 1000
    """Resamples drawn."""
    seed: int = 0
    """Seed of numpy's `default_rng`."""
    level: float = 0.95
    """Coverage of the interval."""

    def __post_init__(self) -> None:
        if self.resamples < 1 or not 0 < self.level < 1:
            raise ConfigError(f"BootstrapConfig needs resamples >= 1 and 0 < level < 1, got {self}.")


def bootstrap_interval(
    statistic: Statistic,
    count: int,
    *,
    clusters: Sequence[Hashable] | None = None,
    config: BootstrapConfig | None = None,
) -> tuple[float, float] | None:
    """Percentile interval of a statistic.

    Items are drawn with replacement; with `clusters` (dialogue or speaker of each item) whole clusters are drawn, so
    that items that belong together stay together.

    Args:
        statistic: gets an int64 index array into the items.
        count: number of items.
        clusters: one label per item, or None.
        config: resamples, seed, level.
    Returns:
        (low, high); None when fewer than 2 items or clusters exist, or the statistic is undefined on every resample.
        Resamples on which the statistic is undefined are left out.
    Raises:
        ShapeError: `clusters` has another length than `count`.
    Source: Efron 1979, percentile method.
    """
    config = config or BootstrapConfig()
    members = _members(count, clusters)
    if len(members) < 2:
        return None
    draws = np.random.default_rng(config.seed).integers(0, len(members), (config.resamples, len(members)))
    drawn = (draw if clusters is None else np.concatenate([members[c] for c in draw]) for draw in draws)
    values = [value for value in map(statistic, drawn) if value is not None and math.isfinite(value)]
    if not values:
        return None
    tail = 50 * (1 - config.level)
    low, high = np.percentile(values, [tail, 100 - tail])
    return float(low), float(high)


def _members(count: int, clusters: Sequence[Hashable] | None) -> list[NDArray[np.int64]]:
    """Item indices per cluster, clusters in order of first appearance."""
    if clusters is None:
        return [np.array([index]) for index in range(count)]
    if len(clusters) != count:
        raise ShapeError(f"clusters must label each of the {count} items, got {len(clusters)} labels.")
    groups: dict[Hashable, list[int]] = {}
    for index, label in enumerate(clusters):
        groups.setdefault(label, []).append(index)
    return [np.array(group, np.int64) for group in groups.values()]


def mean_opinion_interval(scores: Sequence[float]) -> tuple[float, float] | None:
    """95 % interval of a human mean opinion score: mean +- 1.96 s / sqrt(n), s with ddof 1.

    Args:
        scores: finite ratings.
    Returns:
        (low, high); None for fewer than 2 ratings.
    Source: metrics.md 0.6; EmoOmni appendix B reports such intervals.
    """
    values = np.asarray(scores, float)
    if values.size < 2 or not np.isfinite(values).all():
        return None
    half = 1.96 * values.std(ddof=1) / math.sqrt(values.size)
    return float(values.mean() - half), float(values.mean() + half)
