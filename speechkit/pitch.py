"""F0 without a compiled library: YIN on a low-rate waveform, all frames at once."""

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import SampleRateError
from speechkit.protocols import Waveform

RATE = 8000
"""Hz that `f0_of` takes."""
HOP = 80
FRAME_RATE = RATE / HOP
"""Hz of `f0_of`'s tracks."""
WINDOW = 320  # 40 ms
LOWEST, HIGHEST = 60.0, 600.0
SURE = 0.15  # YIN's threshold: the first dip below it is the period
DOUBTFUL = 0.35  # a deepest dip above it is no period at all
SOFTEST = 10 ** (-40 / 20)  # relative to the loudest frame


def f0_of(waveform: Waveform, sample_rate: int) -> NDArray[np.float64]:
    """Fundamental frequency, 100 times a second.

    Against WORLD's Harvest on eight clips of reading and acting, 0 to 5 % of the frames that both call voiced differ by
    more than a fifth (WORLD's DIO: 0 to 6 %); it calls fewer frames voiced than Harvest does.

    Args:
        waveform: float32 [T] in [-1, 1].
        sample_rate: Hz; must be 8000, where a voice has all that its pitch needs.
    Returns:
        float64 [F] in Hz, 0.0 where unvoiced; frame f is centred at f / 100 s.
    Raises:
        SampleRateError: another rate.
    Source: de Cheveigne and Kawahara 2002, YIN, equations 6 to 8. Changed: a gate on level; no step 6.
    """
    if sample_rate != RATE:
        raise SampleRateError(f"f0_of takes {RATE} Hz, got {sample_rate} Hz; call speechkit.resample first.")
    samples = waveform.astype(np.float64)
    longest, shortest = int(RATE / LOWEST) + 1, int(RATE / HIGHEST)
    frames = _frames(samples, WINDOW + longest + 1)
    dips = _normalised_difference(frames, longest + 1)
    inner = dips[:, shortest:-1]
    is_dip = (inner <= dips[:, shortest - 1 : -2]) & (inner < dips[:, shortest + 1 :])
    sure = is_dip & (inner < SURE)
    lag = shortest + np.where(sure.any(axis=1), sure.argmax(axis=1), inner.argmin(axis=1))
    rows = np.arange(len(dips))
    lag = np.minimum(lag, dips.shape[1] - 2)
    level = np.sqrt((frames**2).mean(axis=1))
    voiced = (dips[rows, lag] < DOUBTFUL) & (level > SOFTEST * level.max(initial=1e-9))
    return np.where(voiced, RATE / (lag + _vertex(dips, rows, lag)), 0.0)


def _frames(samples: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """[F, size], frame f centred at sample f * HOP."""
    count = len(samples) // HOP + 1
    padded = np.pad(samples, (size // 2, size))
    return np.lib.stride_tricks.sliding_window_view(padded, size)[: count * HOP : HOP]


def _normalised_difference(frames: NDArray[np.float64], lags: int) -> NDArray[np.float64]:
    """Equation 8: [F, lags], d'(0) = 1, d'(lag) = d(lag) * lag / sum of d(1) to d(lag)."""
    size = 1 << (frames.shape[1] + WINDOW).bit_length()
    head = np.fft.rfft(frames[:, :WINDOW], size)
    cross = np.fft.irfft(np.fft.rfft(frames, size) * head.conj(), size)[:, :lags]
    energy = np.cumsum(np.pad(frames**2, ((0, 0), (1, 0))), axis=1)
    shifted = energy[:, WINDOW : WINDOW + lags] - energy[:, :lags]
    difference = np.maximum(shifted[:, :1] + shifted - 2 * cross, 0.0)
    summed = np.cumsum(difference[:, 1:], axis=1)
    ratio = difference[:, 1:] * np.arange(1, lags) / np.maximum(summed, 1e-12)
    return np.concatenate([np.ones((len(frames), 1)), np.where(summed > 1e-12, ratio, 1.0)], axis=1)


def _vertex(dips: NDArray[np.float64], rows: NDArray[np.int64], lag: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where between the lags the dip is deepest, in [-0.5, 0.5]: the vertex of a parabola through three points."""
    before, at, after = dips[rows, lag - 1], dips[rows, lag], dips[rows, lag + 1]
    curve = before - 2 * at + after
    return np.clip(np.where(curve > 1e-12, (before - after) / (2 * np.maximum(curve, 1e-12)), 0.0), -0.5, 0.5)
