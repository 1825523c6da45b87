"""What the prosody predictor learns: log-F0, voicing and energy of a real waveform, 100 times a second."""

import numpy as np
from numpy.typing import NDArray

FRAME_HOP = 240
"""Samples per prosody frame at 24 kHz; frame f is centred at sample 240 f + 120."""

DEFAULT_F0 = 150.0
"""Hz, for clips in which nothing is voiced."""


def active_level(waveform: NDArray[np.float32], frame: int = 480) -> float:
    """Root mean square of the loud part: frames within 30 dB of the loudest one; 0.0 for an empty waveform."""
    count = len(waveform) // frame
    if count == 0:
        return float(np.sqrt(np.mean(waveform**2))) if len(waveform) else 0.0
    power = (waveform[: count * frame].reshape(count, frame) ** 2).mean(axis=1)
    return float(np.sqrt(power[power >= power.max() * 1e-3].mean()))


def log_energy(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """Natural log of the root mean square in 480-sample windows around each frame's centre.

    Args:
        waveform: float32 [F * 240] in [-1, 1].
    Returns:
        float32 [F], about -9.2 in silence.
    """
    padded = np.pad(waveform.astype(np.float64), (FRAME_HOP // 2, FRAME_HOP // 2))
    half = (padded.reshape(-1, FRAME_HOP // 2) ** 2).mean(axis=1)
    windows = half[0:-3:2] + half[1:-2:2] + half[2:-1:2] + half[3::2]
    return np.log(np.sqrt(windows / 4) + 1e-4).astype(np.float32)


def prosody_target(waveform: NDArray[np.float32], sample_rate: int = 24000) -> NDArray[np.float32]:
    """Prosody of a clip, by WORLD's dio and stonemask.

    Args:
        waveform: float32 [F * 240], mono, in [-1, 1], at 24000 Hz.
    Returns:
        float32 [F, 3]: log-F0 in log Hz (linear through unvoiced stretches), voicing 0 or 1, log energy.
    Source: Morise et al. 2016, WORLD; dio and stonemask of pyworld.
    """
    import pyworld

    frames = len(waveform) // FRAME_HOP
    shifted = np.append(waveform[FRAME_HOP // 2 :], np.zeros(FRAME_HOP)).astype(np.float64)
    raw, times = pyworld.dio(shifted, sample_rate, f0_floor=60.0, f0_ceil=500.0, frame_period=10.0)
    f0 = pyworld.stonemask(shifted, raw, times, sample_rate)[:frames]
    voiced = f0 > 0
    if voiced.any():
        log_f0 = np.interp(np.arange(frames), np.flatnonzero(voiced), np.log(f0[voiced]))
    else:
        log_f0 = np.full(frames, np.log(DEFAULT_F0))
    return np.stack([log_f0, voiced, log_energy(waveform)], axis=1).astype(np.float32)
