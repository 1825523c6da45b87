"""Mel-cepstra of a waveform, the input of mel-cepstral distortion, in NumPy alone."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.cepstral import MEL_CEPSTRUM_SETTINGS

N_FFT, HOP = 1024, 256
FLOOR = 1e-10
"""Least power of a bin of the spectrum of a full-scale waveform."""
SILENCE_DB = 40.0
"""Frames that much below the loudest frame count as silence."""


def mel_cepstrum(waveform: ArrayLike, sample_rate: int) -> NDArray[np.float64]:
    """Mel-cepstra by frequency-warping the cepstrum of the log spectrum, frame by frame.

        log |X(w)| ~ sum_m c_m cos(m b(w)),   b(w) = w + 2 atan(alpha sin w / (1 - alpha cos w))

    ESPnet's figures use SPTK's `mcep`, which starts from these values and refines them iteratively towards the spectral
    envelope; distortions by the two compare within one of them only.

    Args:
        waveform: float [T] in [-1, 1].
        sample_rate: Hz, one of `MEL_CEPSTRUM_SETTINGS`, which tells order and alpha.
    Returns:
        float64 [F, order + 1], c0 first; Hamming windows of 1024 samples, one every 256, F = 1 + T // 256; [0, order + 1]
        for an empty waveform.
    Raises:
        ShapeError: not [T]. ConfigError: a rate without settings.
    Source: Tokuda et al. 1994; Oppenheim and Johnson 1972 (the warping); metrics.md 2.5.
    """
    if sample_rate not in MEL_CEPSTRUM_SETTINGS:
        known = ", ".join(map(str, MEL_CEPSTRUM_SETTINGS))
        raise ConfigError(f"mel-cepstra are defined at {known} Hz, got {sample_rate} Hz; resample first.")
    order, alpha = MEL_CEPSTRUM_SETTINGS[sample_rate]
    frames = _frames(waveform)
    power = np.abs(np.fft.rfft(frames * np.hamming(N_FFT), axis=1)) ** 2
    cepstrum = np.fft.irfft(np.log(np.maximum(power, FLOOR)), axis=1)[:, : N_FFT // 2 + 1]
    cepstrum[:, [0, -1]] /= 2  # of a power spectrum: c_0 and the last count once, the others twice
    return cepstrum @ warping_matrix(N_FFT // 2, order, alpha).T


def loud_frames(waveform: ArrayLike, *, below_db: float = SILENCE_DB) -> NDArray[np.bool_]:
    """Which frames of `mel_cepstrum` are within so many dB of the loudest one: bool [F]; none of digital silence."""
    power = (_frames(waveform) ** 2).mean(axis=1)
    return power > max(float(power.max(initial=0.0)) * 10 ** (-below_db / 10), 1e-12)


def _frames(waveform: ArrayLike) -> NDArray[np.float64]:
    """[F, N_FFT], frame f centred at sample f * HOP, zeros around."""
    samples = np.asarray(waveform, float)
    if samples.ndim != 1:
        raise ShapeError(f"a waveform is [T], got shape {samples.shape}.")
    if not samples.size:
        return np.zeros((0, N_FFT))
    return np.lib.stride_tricks.sliding_window_view(np.pad(samples, N_FFT // 2), N_FFT)[::HOP]


@lru_cache(maxsize=8)
def warping_matrix(order_in: int, order_out: int, alpha: float) -> NDArray[np.float64]:
    """The linear map from a cepstrum to the cepstrum on a warped frequency axis: float64 [order_out + 1, order_in + 1].

    Column m is the cepstrum of the m-th power of the all-pass (z^-1 + alpha) / (1 + alpha z^-1): the recursion below
    multiplies by it, last coefficient first, for all columns at once.

    Source: Oppenheim and Johnson 1972, "Discrete representation of signals", equation 26.
    """
    warped = np.zeros((order_out + 1, order_in + 1))
    for power in range(order_in, -1, -1):
        before = warped.copy()
        warped[0] = alpha * before[0]
        warped[0, power] += 1.0
        if order_out > 0:
            warped[1] = (1 - alpha**2) * before[0] + alpha * before[1]
        for row in range(2, order_out + 1):
            warped[row] = before[row - 1] + alpha * (before[row] - warped[row - 1])
    return warped
