"""From items to one result: means, ratios of sums, and paired differences, with skips counted and intervals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from speechkit.errors import ShapeError
from speechkit.metrics.bootstrap import BootstrapConfig, bootstrap_interval
from speechkit.metrics.result import MetricResult, Outcome, Skip, null_result

Clusters = Sequence[Hashable] | None


def mean_result(
    metric: str,
    outcomes: Sequence[Outcome],
    *,
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
    params: Mapping[str, Any] | None = None,
    **fields: Any,
) -> MetricResult:
    """Mean over the items that have a value; the others are counted by reason.

    Args:
        metric: name of the result.
        outcomes: one number or `Skip` per item; NaN and infinities count as `Skip("not_finite")`.
        clusters: cluster label per item for the interval.
        bootstrap: interval settings; the default is 1,000 resamples with seed 0.
        params: decisions to record.
        fields: further `MetricResult` fields (unit, higher_is_better, details, warnings).
    Returns:
        value = sum(x) / n over usable items; null ("no_items", or "all_items_skipped") when there is none.
    """
    pairs = [outcome if isinstance(outcome, Skip) else (float(outcome), 1.0) for outcome in outcomes]
    return ratio_result(metric, pairs, clusters=clusters, bootstrap=bootstrap, params=params, **fields)


def ratio_result(
    metric: str,
    pairs: Sequence[tuple[float, float] | Skip],
    *,
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
    params: Mapping[str, Any] | None = None,
    **fields: Any,
) -> MetricResult:
    """Ratio of sums over items (micro average): sum of numerators / sum of denominators.

    Args:
        metric: name of the result.
        pairs: (numerator, denominator) or `Skip` per item.
        clusters: cluster label per item for the interval.
        bootstrap: interval settings.
        params: decisions to record.
        fields: further `MetricResult` fields.
    Returns:
        The ratio; null when there is no usable item ("no_items", "all_items_skipped") or the denominators sum to 0
        ("zero_denominator").
    Raises:
        ShapeError: `clusters` has another length than `pairs`.
    """
    check_same_length(metric, pairs, pairs if clusters is None else clusters)
    checked = [_checked(pair) for pair in pairs]
    usable = [index for index, pair in enumerate(checked) if not isinstance(pair, Skip)]
    skips = skip_counts(checked)
    shared: dict[str, Any] = {"n_skipped": sum(skips.values()), "skipped_reasons": skips, **fields}
    if not usable:
        reason = "all_items_skipped" if checked else "no_items"
        return null_result(metric, reason, params=dict(params or {}), **shared)
    table = np.array([checked[index] for index in usable], float)
    value = _ratio(table)
    if value is None:
        return null_result(metric, "zero_denominator", n=len(usable), params=dict(params or {}), **shared)
    config = bootstrap or BootstrapConfig()
    labels = None if clusters is None else [clusters[index] for index in usable]
    interval = bootstrap_interval(lambda drawn: _ratio(table[drawn]), len(usable), clusters=labels, config=config)
    recorded = {**(params or {}), "bootstrap": {**config.to_dict(), "clustered": clusters is not None}}
    return MetricResult(metric=metric, value=value, n=len(usable), params=recorded, ci95=interval, **shared)


def paired_difference(
    metric: str,
    ours: Mapping[str, float | None],
    theirs: Mapping[str, float | None],
    *,
    bootstrap: BootstrapConfig | None = None,
    params: Mapping[str, Any] | None = None,
) -> MetricResult:
    """Mean of ours - theirs on the items that both have, with the interval of the paired bootstrap.

    Args:
        metric: name of the compared metric.
        ours: score per item id; None where the item was not scored.
        theirs: the same for the other system.
        bootstrap: interval settings.
        params: decisions to record.
    Returns:
        The mean difference; items that only one side scored are skipped ("unpaired"). `details` holds both means on the
        shared items and `significant`, whether the interval excludes 0 (None without an interval).
    Source: metrics.md 3.5.
    """
    ids = list(dict.fromkeys([*ours, *theirs]))
    both = {key: (ours.get(key), theirs.get(key)) for key in ids}
    outcomes: list[Outcome] = [Skip("unpaired") if a is None or b is None else a - b for a, b in both.values()]
    result = mean_result(f"{metric}_difference", outcomes, bootstrap=bootstrap, params=params, higher_is_better=None)
    shared = np.array([pair for pair in both.values() if None not in pair], float).reshape(-1, 2)
    means = shared.mean(axis=0).tolist() if len(shared) else [None, None]
    interval = result.ci95
    significant = None if interval is None else not interval[0] <= 0 <= interval[1]
    details = {"mean_ours": means[0], "mean_theirs": means[1], "significant": significant}
    return MetricResult(**{**result.__dict__, "details": details})


def skip_counts(outcomes: Iterable[object]) -> dict[str, int]:
    """How often each reason occurs among the skipped outcomes, in order of first appearance."""
    return dict(Counter(outcome.reason for outcome in outcomes if isinstance(outcome, Skip)))


def check_same_length(name: str, first: Sequence[Any], *others: Sequence[Any]) -> None:
    """Refuse parallel sequences of different lengths.

    Raises:
        ShapeError: the lengths differ.
    """
    lengths = [len(first), *(len(other) for other in others)]
    if len(set(lengths)) > 1:
        raise ShapeError(f"{name} takes sequences of one length, got lengths {', '.join(map(str, lengths))}.")


def _checked(pair: tuple[float, float] | Skip) -> tuple[float, float] | Skip:
    if isinstance(pair, Skip):
        return pair
    return pair if all(map(math.isfinite, pair)) else Skip("not_finite")


def _ratio(table: np.ndarray) -> float | None:
    numerator, denominator = table.sum(axis=0)
    return float(numerator / denominator) if denominator > 0 else None
