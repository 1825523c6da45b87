"""What to do with NaN: fill short gaps in tracks, never let a NaN score win an argmax."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.result import Skip

NO_LABEL = "<none>"
"""The prediction of a model that gave no usable scores; always counted wrong."""


def fill_track(
    track: ArrayLike, *, max_missing: float = 0.5, zero_is_unvoiced: bool = False
) -> NDArray[np.float64] | Skip:
    """Fill non-finite values of a 1-D track: interior gaps linearly, ends by holding the nearest value.

    Args:
        track: float [F], values at a fixed rate.
        max_missing: largest share of missing values that is still filled.
        zero_is_unvoiced: for F0 tracks, where a line between 0 and 200 Hz would invent pitches: a gap that
            touches an unvoiced frame takes the nearest value instead.
    Returns:
        float64 [F] without NaN, or `Skip("nan_track")` when more than `max_missing` is missing, or
        `Skip("empty_track")`.
    Raises:
        ShapeError: the track is not 1-D.
    Source: metrics.md 0.4.
    """
    values = np.asarray(track, float)
    if values.ndim != 1:
        raise ShapeError(f"a track is 1-D [F], got shape {values.shape}.")
    if not values.size:
        return Skip("empty_track")
    good = np.flatnonzero(np.isfinite(values))
    if not good.size or values.size - good.size > max_missing * values.size:
        return Skip("nan_track")
    where = np.arange(values.size)
    filled = np.interp(where, good, values[good])
    if zero_is_unvoiced:
        right = np.clip(np.searchsorted(good, where), 0, good.size - 1)
        left = np.clip(right - 1, 0, None)
        nearest = np.where(where - good[left] <= np.abs(good[right] - where), good[left], good[right])
        touches = (values[good[left]] == 0) | (values[good[right]] == 0)
        filled = np.where(touches, values[nearest], filled)
    return np.where(np.isfinite(values), values, filled)


def fill_tracks(tracks: ArrayLike, *, max_missing: float = 0.5) -> NDArray[np.float64] | Skip:
    """`fill_track` on every column of float [F, D]; the first column that cannot be filled decides.

    Raises:
        ShapeError: the array is not 2-D.
    """
    values = np.asarray(tracks, float)
    if values.ndim != 2:
        raise ShapeError(f"tracks must be [F, D], got shape {values.shape}.")
    columns = [fill_track(column, max_missing=max_missing) for column in values.T]
    for column in columns:
        if isinstance(column, Skip):
            return column
    return np.stack([c for c in columns if not isinstance(c, Skip)], axis=1) if columns else values


def best_label(scores: Mapping[str, float], labels: Sequence[str]) -> str:
    """Label with the highest score; the first in the order of `labels` wins ties.

    Args:
        scores: score per label; labels outside `labels` are ignored.
        labels: the declared order.
    Returns:
        A label, or "<none>" when any of the compared scores is not finite or is missing.
    Raises:
        ConfigError: `labels` is empty or repeats a label.
    Source: metrics.md 0.4, 0.5.
    """
    check_labels(labels)
    values = [float(scores.get(label, math.nan)) for label in labels]
    if not all(map(math.isfinite, values)):
        return NO_LABEL
    return labels[int(np.argmax(values))]


def check_labels(labels: Sequence[str]) -> None:
    """Refuse an empty or repeating label list.

    Raises:
        ConfigError: no label, or one label twice.
    """
    if not labels or len(set(labels)) != len(labels):
        raise ConfigError(f"labels must be distinct and not empty, got {list(labels)}.")
