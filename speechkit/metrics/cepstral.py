"""Mel-cepstral distortion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.aggregate import Clusters, check_same_length, mean_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.dtw import Path, local_cost, warping_path
from speechkit.metrics.result import MetricResult, Outcome, Skip

Alignment = Literal["dtw", "frames"]

MEL_CEPSTRUM_SETTINGS = {
    16000: (23, 0.42),
    22050: (34, 0.45),
    24000: (34, 0.46),
    44100: (39, 0.53),
    48000: (39, 0.55),
}
"""(order, alpha) of the mel-cepstral analysis by sample rate. Source: ESPnet (SPTK mcep, FFT 1024, hop 256)."""


def mel_cepstral_distortion(
    first: ArrayLike,
    second: ArrayLike,
    *,
    include_c0: bool = False,
    align: Alignment = "dtw",
    path: Path | None = None,
) -> Outcome:
    """Mel-cepstral distortion of two utterances in dB.

        MCD = mean over aligned frames of 10 / ln 10 * sqrt(2 sum_d (c_d - c'_d)^2)

    Args:
        first: float [T, D] mel-cepstra, c0 in column 0; silence trimmed.
        second: float [T', D].
        include_c0: False is the classic definition, True is ESPnet's.
        align: "dtw" along the best Euclidean path; "frames" one to one (equal lengths).
        path: a path computed before, instead of `align`.
    Returns:
        Value >= 0, `Skip("empty_track")` without frames, or `Skip("not_finite")`.
    Raises:
        ShapeError: not [T, D], different D, no dimension left, or different lengths with align="frames".
        ConfigError: unknown alignment.
    Source: Kubichek 1993; metrics.md 2.5.
    """
    a, b = np.asarray(first, float), np.asarray(second, float)
    start = 0 if include_c0 else 1
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or a.shape[1] <= start:
        raise ShapeError(f"mel-cepstra must be [T, D] with one D > {start}, got {a.shape} and {b.shape}.")
    if align not in ("dtw", "frames"):
        raise ConfigError(f"align must be 'dtw' or 'frames', got {align!r}.")
    if not len(a) or not len(b):
        return Skip("empty_track")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return Skip("not_finite")
    a, b = a[:, start:], b[:, start:]
    if path is None and align == "frames" and len(a) != len(b):
        raise ShapeError(f"align='frames' takes equal lengths, got {len(a)} and {len(b)} frames.")
    if path is None:
        path = warping_path(local_cost(a, b, norm=2)) if align == "dtw" else [(t, t) for t in range(len(a))]
    rows, columns = np.asarray(path, np.int64).T
    distances = np.sqrt(2 * ((a[rows] - b[columns]) ** 2).sum(axis=1))
    return float(10 / math.log(10) * distances.mean())


def cepstral_distortion(
    references: Sequence[ArrayLike],
    estimates: Sequence[ArrayLike],
    *,
    include_c0: bool = False,
    align: Alignment = "dtw",
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> MetricResult:
    """Mean MCD over utterances, in dB; see `mel_cepstral_distortion`.

    Raises:
        ShapeError: different numbers of utterances, or shapes that do not fit.
    """
    check_same_length("cepstral_distortion", references, estimates)
    outcomes = [
        mel_cepstral_distortion(ref, est, include_c0=include_c0, align=align)
        for ref, est in zip(references, estimates, strict=True)
    ]
    shared: dict[str, Any] = {"clusters": clusters, "bootstrap": bootstrap}
    params = {"include_c0": include_c0, "align": align}
    return mean_result("MCD", outcomes, unit="dB", higher_is_better=False, params=params, **shared)
