"""F0 metrics: gross pitch, voicing and frame errors, log-F0 distance and correlation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import ShapeError
from speechkit.metrics.aggregate import Clusters, check_same_length, mean_result, ratio_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.missing_values import fill_track
from speechkit.metrics.result import MetricResult, Outcome, Skip

GROSS_ERROR = 0.20
"""A voiced frame whose pitch is off by more than this share is a gross error."""


@dataclass(frozen=True, kw_only=True)
class PitchErrors:
    """F0 comparison of one utterance; counts, so that utterances can be pooled."""

    frames: int
    """T, compared frames."""
    both_voiced: int
    """#V, frames voiced on both sides."""
    gross: int
    """Frames of V with a gross error."""
    voicing: int
    """Frames where one side is voiced and the other is not."""
    squared_log: float
    """Sum over V of (ln f_est - ln f_ref)^2."""
    correlation_hz: float | None
    """Pearson over V on Hz; None below 3 frames or without variance."""
    correlation_log: float | None
    """The same on ln f0."""

    @property
    def gpe(self) -> float | None:
        """Gross pitch error = gross / #V; None when no frame is voiced on both sides."""
        return self.gross / self.both_voiced if self.both_voiced else None

    @property
    def vde(self) -> float:
        """Voicing decision error = frames of different voicing / T."""
        return self.voicing / self.frames

    @property
    def ffe(self) -> float:
        """F0 frame error = (gross + different voicing) / T."""
        return (self.gross + self.voicing) / self.frames

    @property
    def log_f0_rmse(self) -> float | None:
        """Root mean square of ln f_est - ln f_ref over V; None when V is empty."""
        return math.sqrt(self.squared_log / self.both_voiced) if self.both_voiced else None


def cents(log_ratio: float) -> float:
    """A natural log ratio of frequencies in cents: 1200 / ln 2 times it."""
    return 1200 / math.log(2) * log_ratio


def nearest_track(times: ArrayLike, track: ArrayLike, at: ArrayLike) -> NDArray[np.float64]:
    """Values of a track at other times: the nearest sample (the earlier one when two are as near), 0 outside.

    Args:
        times: float [F], increasing, seconds.
        track: float [F].
        at: float [G], seconds.
    Returns:
        float64 [G].
    Raises:
        ShapeError: times and track differ in length.
    Source: fairseq examples/speech_synthesis/evaluation/eval_f0.py.
    """
    known, values, wanted = (np.asarray(item, float) for item in (times, track, at))
    if known.ndim != 1 or known.shape != values.shape:
        raise ShapeError(f"times and track must be [F] alike, got {known.shape} and {values.shape}.")
    if not known.size:
        return np.zeros(wanted.shape)
    nearest = np.searchsorted(known[1:] / 2 + known[:-1] / 2, wanted)
    return np.where((wanted < known[0]) | (wanted > known[-1]), 0.0, values[nearest])


def pitch_errors(
    reference: ArrayLike, estimate: ArrayLike, *, path: Sequence[tuple[int, int]] | None = None
) -> PitchErrors | Skip:
    """Compare two F0 tracks.

    Args:
        reference: float [T], Hz, 0 where unvoiced; NaN gaps are filled (see `fill_track`).
        estimate: float [T], at the same times; use `nearest_track` first when the rates differ. With a `path` it may
            have another length.
        path: pairs (reference frame, estimate frame) of a warping path, for utterances of different durations.
    Returns:
        The errors, or a `Skip` ("empty_track", "nan_track").
    Raises:
        ShapeError: different lengths without a path.
    Source: metrics.md 2.4; Chu and Alwan 2009 (FFE).
    """
    tracks = [fill_track(track, zero_is_unvoiced=True) for track in (reference, estimate)]
    ref, est = tracks
    if isinstance(ref, Skip):
        return ref
    if isinstance(est, Skip):
        return est
    if path is not None:
        rows, columns = np.asarray(path, np.int64).reshape(-1, 2).T
        ref, est = ref[rows], est[columns]
    if ref.shape != est.shape:
        raise ShapeError(f"F0 tracks without a path need one length, got {len(ref)} and {len(est)} frames.")
    if not ref.size:
        return Skip("empty_track")
    both = (ref > 0) & (est > 0)
    a, b = ref[both], est[both]
    return PitchErrors(
        frames=ref.size,
        both_voiced=a.size,
        gross=int((np.abs(b / a - 1) > GROSS_ERROR).sum()),
        voicing=int(((ref > 0) != (est > 0)).sum()),
        squared_log=float(((np.log(b) - np.log(a)) ** 2).sum()),
        correlation_hz=pearson(a, b),
        correlation_log=pearson(np.log(a), np.log(b)),
    )


def pearson(first: ArrayLike, second: ArrayLike) -> float | None:
    """Pearson correlation in [-1, 1]; None below 3 values or when one side does not vary."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    if a.size < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    a, b = a - a.mean(), b - b.mean()
    norm = math.sqrt(float(a @ a) * float(b @ b))
    return float(np.clip(a @ b / norm, -1, 1)) if norm > 0 else None


def pitch_metrics(
    references: Sequence[ArrayLike],
    estimates: Sequence[ArrayLike],
    *,
    paths: Sequence[Sequence[tuple[int, int]]] | None = None,
    extractor: str = "harvest",
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """F0 metrics of a corpus: mean over utterances, and pooled over frames.

    Args:
        references: F0 track float [T] per utterance, Hz, 0 unvoiced.
        estimates: the tracks to judge, aligned in time, or with `paths`.
        paths: warping path per utterance ("dtw" alignment); None: equal times ("time" alignment).
        extractor: what computed the tracks; recorded.
        clusters: speaker per utterance.
        bootstrap: interval settings.
    Returns:
        Means over utterances: "GPE", "VDE", "FFE" (ratios), "logF0_RMSE" (ln), "F0_corr" and "logF0_corr" in [-1, 1];
        over all frames: "GPE_pooled", "VDE_pooled", "FFE_pooled". Utterances without a commonly voiced frame are
        skipped ("no_common_voicing") where V is needed, those without correlation by "no_correlation".
    Raises:
        ShapeError: different numbers of items, or tracks that do not fit.
    Source: metrics.md 2.4; means over utterances are those of fairseq and ESPnet.
    """
    check_same_length("pitch_metrics", references, estimates, paths if paths is not None else references)
    warps = paths if paths is not None else [None] * len(references)
    items = [pitch_errors(r, e, path=p) for r, e, p in zip(references, estimates, warps, strict=True)]
    params = {"align": "time" if paths is None else "dtw", "extractor": extractor, "gross_error": GROSS_ERROR}
    shared: dict[str, Any] = {"clusters": clusters, "bootstrap": bootstrap, "params": params}

    def mean(name: str, field: str, missing: str, **options: Any) -> MetricResult:
        return mean_result(name, [_value(item, field, missing) for item in items], **options, **shared)

    def pooled(name: str, top: tuple[str, ...], bottom: str) -> MetricResult:
        pairs = [
            i if isinstance(i, Skip) else (float(sum(getattr(i, t) for t in top)), getattr(i, bottom)) for i in items
        ]
        return ratio_result(name, pairs, higher_is_better=False, **shared)

    return {
        "GPE": mean("GPE", "gpe", "no_common_voicing", higher_is_better=False),
        "VDE": mean("VDE", "vde", "", higher_is_better=False),
        "FFE": mean("FFE", "ffe", "", higher_is_better=False),
        "logF0_RMSE": mean("logF0_RMSE", "log_f0_rmse", "no_common_voicing", unit="ln", higher_is_better=False),
        "F0_corr": mean("F0_corr", "correlation_hz", "no_correlation", unit="correlation"),
        "logF0_corr": mean("logF0_corr", "correlation_log", "no_correlation", unit="correlation"),
        "GPE_pooled": pooled("GPE_pooled", ("gross",), "both_voiced"),
        "VDE_pooled": pooled("VDE_pooled", ("voicing",), "frames"),
        "FFE_pooled": pooled("FFE_pooled", ("gross", "voicing"), "frames"),
    }


def _value(item: PitchErrors | Skip, field: str, missing: str) -> Outcome:
    if isinstance(item, Skip):
        return item
    value = getattr(item, field)
    return Skip(missing) if value is None else float(value)
