"""Delivery of a clip: how high, how varied, how loud, how bright and how fast it is spoken."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import WaveformError

MIN_VOICED = 10
"""Frames; with fewer, a clip has no pitch."""
BANDS_HZ = (500.0, 1000.0, 2000.0, 4000.0, 8000.0)
"""Edges of the octaves that brightness is measured in."""
SPEECH_DB = 30.0
"""Frames this far below the loudest are pauses."""
LOWEST_SHARE, HIGHEST_SHARE = 0.1, 0.9


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Figures of one clip; the pitch is None in a clip with fewer than 10 voiced frames."""

    pitch_hz: float | None
    """Median F0 over voiced frames."""
    range_semitones: float | None
    """F0 from its 10th to its 90th percentile."""
    level_db: float
    """Root mean square of the speech in dB below full scale (a full-scale square wave has 0)."""
    tilt_db: float
    """Slope of the long-run spectrum from 500 Hz to 8 kHz, dB an octave."""
    seconds: float
    """From the first loud frame to the last."""


def delivery(waveform: ArrayLike, sample_rate: int, f0: ArrayLike) -> Delivery:
    """Measure a clip.

    Args:
        waveform: float [T] in [-1, 1].
        sample_rate: Hz, 16000 or more.
        f0: float [F], Hz, 0 where unvoiced.
    Raises:
        WaveformError: silent, or shorter than 40 ms.
    """
    samples = np.asarray(waveform, np.float64)
    frame = sample_rate // 50
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame)
    power = (frames**2).mean(1) if len(frames) > 1 else np.zeros(1)
    if not np.isfinite(power).all() or power.max() <= 1e-12:
        raise WaveformError(
            "delivery is measured on a clip of at least 40 ms with sound in it; this one is silent or too short."
        )
    spoken = np.flatnonzero(power >= power.max() * 10 ** (-SPEECH_DB / 10))
    track = np.asarray(f0, np.float64)
    voiced = track[np.isfinite(track) & (track > 0)]
    pitched = len(voiced) >= MIN_VOICED
    return Delivery(
        pitch_hz=float(np.median(voiced)) if pitched else None,
        range_semitones=_spread(voiced) if pitched else None,
        level_db=float(10 * np.log10(power[spoken].mean())),
        tilt_db=_tilt(frames[spoken], sample_rate),
        seconds=float((spoken[-1] + 1 - spoken[0]) / 50),
    )


def _spread(voiced: NDArray[np.float64]) -> float:
    low, high = np.quantile(voiced, (LOWEST_SHARE, HIGHEST_SHARE))
    return float(12 * np.log2(high / low))


def _tilt(frames: NDArray[np.float64], sample_rate: int) -> float:
    """Least-squares line through the level of four octave bands."""
    power = (np.abs(np.fft.rfft(frames * np.hanning(frames.shape[1]))) ** 2).mean(0)
    hertz = np.fft.rfftfreq(frames.shape[1], 1 / sample_rate)
    bands = zip(BANDS_HZ[:-1], BANDS_HZ[1:], strict=True)
    levels = [10 * np.log10(power[(hertz >= low) & (hertz < high)].mean() + 1e-12) for low, high in bands]
    return float(np.polyfit(np.arange(len(levels)), levels, 1)[0])
