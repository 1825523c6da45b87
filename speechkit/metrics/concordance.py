"""Concordance correlation of predicted and labelled affect tracks, and the loss made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import ShapeError
from speechkit.metrics.aggregate import check_same_length, mean_result, skip_counts
from speechkit.metrics.bootstrap import BootstrapConfig, bootstrap_interval
from speechkit.metrics.missing_values import fill_track
from speechkit.metrics.result import MetricResult, Outcome, Skip, null_result


def ccc(prediction: ArrayLike, label: ArrayLike) -> float | None:
    """Concordance correlation coefficient with population moments (ddof 0).

        CCC = 2 cov(x, y) / (var_x + var_y + (mean_x - mean_y)^2)

    Args:
        prediction: float [T], finite.
        label: float [T], finite.
    Returns:
        Value in [-1, 1]; 0 when one side is constant; None below 2 frames, or when both are the same constant (0 / 0).
    Raises:
        ShapeError: different or other than one dimension.
    Source: Lin 1989.
    """
    x, y = np.asarray(prediction, float), np.asarray(label, float)
    if x.ndim != 1 or x.shape != y.shape:
        raise ShapeError(f"CCC takes two tracks [T] of one length, got {x.shape} and {y.shape}.")
    if x.size < 2:
        return None
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return None if np.ptp(x) == np.ptp(y) == 0 and x[0] == y[0] else 0.0
    bottom = x.var() + y.var() + (x.mean() - y.mean()) ** 2
    covariance = ((x - x.mean()) * (y - y.mean())).mean()
    return float(np.clip(2 * covariance / bottom, -1, 1)) if bottom > 0 else None


def ccc_loss(prediction: ArrayLike, label: ArrayLike, mask: ArrayLike | None = None, *, epsilon: float = 1e-8) -> float:
    """1 - mean CCC over sequences and dimensions, padding left out of every moment.

    The masked twin of a training loss: frames outside the mask touch neither means nor variances.

    Args:
        prediction: float [B, T, D].
        label: float [B, T, D].
        mask: bool [B, T], True where valid; all valid when None.
        epsilon: added to the denominator.
    Returns:
        Value in [0, 2]; a sequence without valid frames counts as CCC 0.
    Raises:
        ShapeError: shapes that do not fit, or no sequence.
    Source: metrics.md 6.7. Changed: EMO-Reasoning's code lets padding add mean^2 to the variances.
    """
    x, y = np.asarray(prediction, float), np.asarray(label, float)
    if x.ndim != 3 or x.shape != y.shape or not x.shape[0] * x.shape[2]:
        raise ShapeError(f"ccc_loss takes [B, T, D] twice, B and D >= 1, got {x.shape} and {y.shape}.")
    valid = np.ones(x.shape[:2], bool) if mask is None else np.asarray(mask, bool)
    if valid.shape != x.shape[:2]:
        raise ShapeError(f"the mask must be [B, T] = {x.shape[:2]}, got {valid.shape}.")
    weight = valid[:, :, None].astype(float)
    count = np.maximum(weight.sum(axis=1), 1)
    mean_x, mean_y = (
        (track * weight).sum(axis=1) / count for track in (np.where(weight, x, 0), np.where(weight, y, 0))
    )
    dx, dy = (np.where(weight, t - m[:, None], 0) for t, m in ((x, mean_x), (y, mean_y)))
    covariance, var_x, var_y = ((a * b).sum(axis=1) / count for a, b in ((dx, dy), (dx, dx), (dy, dy)))
    return float(1 - (2 * covariance / (var_x + var_y + (mean_x - mean_y) ** 2 + epsilon)).mean())


def concordance(
    predictions: Sequence[ArrayLike],
    labels: Sequence[ArrayLike],
    *,
    dimensions: Sequence[str] = ("valence", "arousal"),
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """CCC per dimension over a test set, and their mean.

    All recordings of a dimension are concatenated before one CCC is taken (the convention of RECOLA and AVEC); the mean
    of the per-recording CCCs is reported beside it.

    Args:
        predictions: float [T, D] per recording.
        labels: float [T, D] per recording.
        dimensions: names of the D columns.
        bootstrap: interval settings; recordings are resampled.
    Returns:
        "CCC_{dimension}", "CCC_{dimension}_per_recording" and "CCC_mean". Recordings whose tracks cannot be filled are
        skipped ("nan_track", "empty_track"). Null: "no_items", "all_items_skipped", "undefined" (0 / 0).
    Raises:
        ShapeError: recordings that do not fit each other or the dimensions.
    Source: metrics.md 6.7.
    """
    check_same_length("concordance", predictions, labels)
    config = bootstrap or BootstrapConfig()
    items = [_prepare(p, t, len(dimensions)) for p, t in zip(predictions, labels, strict=True)]
    usable = [item for item in items if not isinstance(item, Skip)]
    skips = skip_counts(items)
    shared: dict[str, Any] = {"n_skipped": sum(skips.values()), "skipped_reasons": skips, "unit": "correlation"}
    params = {"convention": "concatenated", "bootstrap": config.to_dict()}

    def pooled(column: int, drawn: Sequence[int] | NDArray[np.int64]) -> float | None:
        stacked = np.concatenate([usable[index] for index in drawn], axis=1)
        return ccc(stacked[0, :, column], stacked[1, :, column])

    def mean_of(drawn: Sequence[int] | NDArray[np.int64]) -> float | None:
        found = [pooled(column, drawn) for column in range(len(dimensions))]
        return None if None in found else sum(value for value in found if value is not None) / len(found)

    results: dict[str, MetricResult] = {}
    columns = [(f"CCC_{name}", lambda d, c=c: pooled(c, d)) for c, name in enumerate(dimensions)]
    for name, statistic in [*columns, ("CCC_mean", mean_of)]:
        value = statistic(range(len(usable))) if usable else None
        if value is None:
            reason = "undefined" if usable else "all_items_skipped" if items else "no_items"
            results[name] = null_result(name, reason, params=params, **{**shared, "n": len(usable)})
            continue
        interval = bootstrap_interval(statistic, len(usable), config=config)
        results[name] = MetricResult(metric=name, value=value, n=len(usable), params=params, ci95=interval, **shared)
    for column, name in enumerate(dimensions):
        outcomes: list[Outcome] = [_recording(item, column) for item in items]
        key = f"CCC_{name}_per_recording"
        results[key] = mean_result(
            key, outcomes, bootstrap=config, params={"convention": "per_recording"}, unit="correlation"
        )
    return results


def _recording(item: NDArray[np.float64] | Skip, column: int) -> Outcome:
    if isinstance(item, Skip):
        return item
    value = ccc(item[0, :, column], item[1, :, column])
    return Skip("undefined") if value is None else value


def _prepare(prediction: ArrayLike, label: ArrayLike, size: int) -> NDArray[np.float64] | Skip:
    """Prediction and label stacked, float64 [2, T, D], gaps filled."""
    pair = [np.asarray(prediction, float), np.asarray(label, float)]
    if pair[0].ndim != 2 or pair[0].shape != pair[1].shape or pair[0].shape[1] != size:
        raise ShapeError(f"recordings must be [T, {size}] twice, got {pair[0].shape} and {pair[1].shape}.")
    filled = [fill_track(track[:, column]) for track in pair for column in range(size)]
    for track in filled:
        if isinstance(track, Skip):
            return track
    columns = [track for track in filled if not isinstance(track, Skip)]
    return np.stack([np.stack(columns[:size], axis=1), np.stack(columns[size:], axis=1)])


def to_unit_interval(labels: ArrayLike) -> NDArray[np.float64]:
    """Labels in [-1, 1] as the sigmoid of a model wants them: (y + 1) / 2."""
    return (np.asarray(labels, float) + 1) / 2
