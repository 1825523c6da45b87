"""Spectral tilt and vocal effort: one short symmetric filter that changes the balance of a voice and keeps its loudness."""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

TILT_HZ = 500.0
TILT_OCTAVES = 4.0
EFFORT_HZ = (300.0, 1000.0, 3500.0, 8000.0)
"""Corners of the effort's gain, linear in log Hz between them."""
EFFORT_SHARES = (-0.5, 0.5, 0.5, 0.0)
REACH = 120
"""Samples that the filter looks at on either side; 5 ms at 24 kHz."""


def tilt_decibels(hertz: NDArray[np.float64], tilt_db: float) -> NDArray[np.float64]:
    """Gain in dB at frequencies: `tilt_db` for every octave above 500 Hz, level after four octaves and below 500 Hz."""
    return tilt_db * np.clip(np.log2(np.maximum(hertz, 1.0) / TILT_HZ), 0.0, TILT_OCTAVES)


def effort_decibels(hertz: NDArray[np.float64], effort_db: float) -> NDArray[np.float64]:
    """Gain in dB at frequencies of a voice raised by `effort_db`: the formants' range against fundamental and first harmonics.

    Source: what raised vocal effort does to long-term spectra, Lienard and Di Benedetto 1999; the share of energy under
    500 Hz and 1 kHz by emotion, Banse and Scherer 1996, table 6.
    """
    return effort_db * np.interp(np.log(np.maximum(hertz, 1.0)), np.log(EFFORT_HZ), EFFORT_SHARES)


def speech_power(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power spectrum of speech in the long run, relative: flat from 100 to 500 Hz, then 9 dB down an octave.

    Source: the slope of the long-term average spectrum of speech, Byrne et al. 1994.
    """
    return np.where(hertz < 100.0, 0.0, 10 ** (-0.9 * np.maximum(np.log2(np.maximum(hertz, 1.0) / TILT_HZ), 0.0)))


@lru_cache(maxsize=64)
def tilt_kernel(tilt_db: float, sample_rate: int, effort_db: float = 0.0) -> Tensor:
    """Filter by frequency sampling under a Hann window, scaled so that average speech keeps its power.

    Returns:
        float32 [2 * REACH + 1], symmetric.
    """
    hertz = np.linspace(0.0, sample_rate / 2, 2049)
    response = np.fft.irfft(10 ** ((tilt_decibels(hertz, tilt_db) + effort_decibels(hertz, effort_db)) / 20))
    taps = np.concatenate([response[-REACH:], response[: REACH + 1]]) * np.hanning(2 * REACH + 3)[1:-1]
    gain = np.abs(np.fft.rfft(taps, 4096)) ** 2
    taps /= np.sqrt((gain * speech_power(hertz)).sum() / speech_power(hertz).sum())
    return torch.from_numpy(taps.astype(np.float32))


def tilt(waveform: Tensor, tilt_db: float, sample_rate: int, effort_db: float = 0.0) -> Tensor:
    """Filter float32 [B, T]; beyond the ends there is silence. 0 dB changes nothing, to the last bit."""
    if tilt_db == 0.0 and effort_db == 0.0:
        return waveform
    kernel = tilt_kernel(tilt_db, sample_rate, effort_db).to(waveform)
    return torch.nn.functional.conv1d(waveform[:, None], kernel[None, None], padding=REACH)[:, 0]
