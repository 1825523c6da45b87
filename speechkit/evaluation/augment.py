"""The four augmentations under which units should stay the same: noise, pitch, speed, reverberation. Seeded by item."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import soxr
import torch

from speechkit.config import Config
from speechkit.errors import ConfigError
from speechkit.evaluation.manifest import seed_of
from speechkit.protocols import Waveform

N_FFT, HOP = 1024, 256


@dataclass(frozen=True, kw_only=True)
class AugmentationConfig(Config):
    """How strongly each augmentation changes the waveform."""

    snr_db: float = 20.0
    """Signal-to-noise ratio of added white noise."""
    semitones: float = 2.0
    """Pitch shift, up and down, at the same speed."""
    stretch: float = 0.1
    """Speed change, slower and faster, at the same pitch."""
    reverberation_seconds: float = 0.4
    """Time in which the echo falls by 60 dB."""
    direct_to_reverberant_db: float = 6.0
    """Energy of the direct sound over the echo's."""

    def __post_init__(self) -> None:
        if not 0 < self.stretch < 0.5 or not 0 < self.semitones <= 12 or self.reverberation_seconds <= 0:
            raise ConfigError(
                f"AugmentationConfig needs 0 < stretch < 0.5, 0 < semitones <= 12, an echo > 0 s: {self}."
            )


Augmentation = Callable[[Waveform, int, int], Waveform]
"""(waveform float32 [T], sample_rate in Hz, seed) to an augmented waveform."""


def augmentations(config: AugmentationConfig) -> Mapping[str, Augmentation]:
    """The augmentations by name, in a fixed order."""
    return {
        "noise": lambda samples, rate, seed: add_noise(samples, config.snr_db, seed),
        "pitch_up": lambda samples, rate, seed: shift_pitch(samples, rate, config.semitones),
        "pitch_down": lambda samples, rate, seed: shift_pitch(samples, rate, -config.semitones),
        "faster": lambda samples, rate, seed: stretch_time(samples, 1 + config.stretch),
        "slower": lambda samples, rate, seed: stretch_time(samples, 1 - config.stretch),
        "reverb": lambda samples, rate, seed: reverberate(samples, rate, config, seed),
    }


def augment(samples: Waveform, sample_rate: int, name: str, item_id: str, config: AugmentationConfig) -> Waveform:
    """One augmentation of one item; its random numbers depend on the item's id and the augmentation only.

    Returns:
        float32 [T'], scaled down where it would exceed full scale.
    """
    changed = augmentations(config)[name](samples, sample_rate, seed_of(item_id, name))
    peak = float(np.abs(changed).max(initial=0.0))
    return (changed / max(peak, 1.0)).astype(np.float32)


def add_noise(samples: Waveform, snr_db: float, seed: int) -> Waveform:
    """Add white Gaussian noise at a signal-to-noise ratio over the whole clip."""
    noise = np.random.default_rng(seed).standard_normal(len(samples))
    level = math.sqrt(float(np.mean(np.square(samples, dtype=np.float64)))) * 10 ** (-snr_db / 20)
    return (samples + level * noise).astype(np.float32)


def stretch_time(samples: Waveform, speed: float) -> Waveform:
    """Change the speed and keep the pitch, by a phase vocoder.

    Args:
        samples: float32 [T].
        speed: above 1 is faster.
    Returns:
        float32 [round(T / speed)].
    Source: Flanagan and Golden 1966; phases advance by the measured frequency between neighbouring frames.
    """
    window = torch.hann_window(N_FFT)
    padded = torch.nn.functional.pad(torch.from_numpy(np.ascontiguousarray(samples)), (0, max(0, N_FFT - len(samples))))
    spectrum = torch.stft(padded, N_FFT, HOP, window=window, return_complex=True)
    steps = torch.arange(0, spectrum.shape[1] - 1, speed, dtype=torch.float64)
    before, share = steps.long(), (steps % 1).float()
    magnitude = spectrum.abs()
    blended = (1 - share) * magnitude[:, before] + share * magnitude[:, before + 1]
    expected = torch.linspace(0, math.pi * HOP, N_FFT // 2 + 1)[:, None]
    advance = spectrum[:, before + 1].angle() - spectrum[:, before].angle() - expected
    advance = expected + advance - 2 * math.pi * torch.round(advance / (2 * math.pi))
    phase = torch.cumsum(torch.cat([spectrum[:, :1].angle(), advance[:, :-1]], dim=1).double(), dim=1).float()
    length = round(len(samples) / speed)
    return torch.istft(torch.polar(blended, phase), N_FFT, HOP, window=window, length=length).numpy()


def shift_pitch(samples: Waveform, sample_rate: int, semitones: float) -> Waveform:
    """Change the pitch (and the formants with it) and keep the speed: stretch, then resample.

    Returns:
        float32 [T], as long as the input.
    """
    factor = 2 ** (semitones / 12)
    stretched = stretch_time(samples, 1 / factor)
    back = soxr.resample(stretched, sample_rate * factor, sample_rate, quality="HQ")
    return np.pad(back[: len(samples)], (0, max(0, len(samples) - len(back)))).astype(np.float32)


def reverberate(samples: Waveform, sample_rate: int, config: AugmentationConfig, seed: int) -> Waveform:
    """Convolve with a random echo: white noise that decays exponentially, after the direct sound.

    A stand-in for a simulated room (NAST uses pyroomacoustics): late reverberation without early reflections.

    Returns:
        float32 [T]; the tail beyond the clip is cut.
    """
    size = int(config.reverberation_seconds * sample_rate)
    decay = 10 ** (-3 * np.arange(size) / size)
    echo = np.random.default_rng(seed).standard_normal(size) * decay
    echo[: int(0.002 * sample_rate)] = 0.0
    echo *= math.sqrt(10 ** (-config.direct_to_reverberant_db / 10) / float(np.sum(echo**2)))
    echo[0] = 1.0
    length = 1 << (len(samples) + size).bit_length()
    product = np.fft.rfft(samples, length) * np.fft.rfft(echo, length)
    return np.fft.irfft(product, length)[: len(samples)].astype(np.float32)
