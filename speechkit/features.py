"""Log-mel features with fixed statistics, framed so that every frame depends on a bounded, declared span of samples."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from speechkit.config import Config
from speechkit.errors import ConfigError, ShapeError


@dataclass(frozen=True, kw_only=True)
class LogMelConfig(Config):
    """Geometry of the log-mel front end."""

    sample_rate: int = 16000
    """Hz of the waveform."""
    n_fft: int = 400
    """Samples per analysis window (hann, periodic)."""
    hop_length: int = 160
    """Samples per frame."""
    num_mels: int = 80
    """Mel bins, Slaney scale and area normalisation, from 0 Hz to sample_rate / 2."""
    floor: float = 1e-8
    """Smallest mel power before the logarithm."""

    def __post_init__(self) -> None:
        if self.n_fft < self.hop_length or (self.n_fft - self.hop_length) % 2:
            raise ConfigError(f"n_fft ({self.n_fft}) must exceed hop_length ({self.hop_length}) by an even number.")

    @property
    def frame_rate(self) -> float:
        """Hz, frames per second."""
        return self.sample_rate / self.hop_length

    @property
    def reach(self) -> int:
        """Samples that a frame sees on each side of its own position t * hop_length."""
        return self.n_fft // 2


def hertz_to_mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's scale: linear below 1 kHz (200/3 Hz a mel), logarithmic above (27 mels from 1 to 6.4 kHz)."""
    linear = hertz / (200.0 / 3.0)
    return np.where(hertz < 1000.0, linear, 15.0 + 27.0 * np.log(np.maximum(hertz, 1000.0) / 1000.0) / math.log(6.4))


def mel_to_hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of `hertz_to_mel`."""
    return np.where(mel < 15.0, mel * (200.0 / 3.0), 1000.0 * np.exp((mel - 15.0) * math.log(6.4) / 27.0))


@lru_cache(maxsize=8)
def mel_filterbank(sample_rate: int, n_fft: int, num_mels: int) -> Tensor:
    """Triangular filters of unit area (Slaney 1998).

    Returns:
        float32 [num_mels, n_fft // 2 + 1].
    """
    bins = np.linspace(0.0, sample_rate / 2, n_fft // 2 + 1)
    edges = mel_to_hertz(np.linspace(0.0, hertz_to_mel(np.array([sample_rate / 2]))[0], num_mels + 2))
    rising = (bins[None, :] - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins[None, :]) / np.diff(edges)[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))[:, None]
    return torch.from_numpy(filters.astype(np.float32))


class LogMel(nn.Module):
    """Waveform to natural-log mel power; frame t looks at samples [t * hop - reach, t * hop + reach)."""

    window: Tensor
    filters: Tensor

    def __init__(self, config: LogMelConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("window", torch.hann_window(config.n_fft), persistent=False)
        filters = mel_filterbank(config.sample_rate, config.n_fft, config.num_mels)
        self.register_buffer("filters", filters.clone(), persistent=False)

    def forward(self, padded: Tensor) -> Tensor:
        """Frames of a waveform that already carries its context.

        Args:
            padded: float32 [B, (F - 1) * hop_length + n_fft]: `reach` samples of true context, or zeros, before the first
                frame's position and after the last's.
        Returns:
            float32 [B, num_mels, F] with F = (samples - n_fft) // hop_length + 1, natural log.
        """
        if padded.ndim != 2 or padded.shape[1] < self.config.n_fft:
            raise ShapeError(f"LogMel takes [B, T >= {self.config.n_fft}], got {tuple(padded.shape)}.")
        spectrum = torch.stft(
            padded, self.config.n_fft, self.config.hop_length, window=self.window, center=False, return_complex=True
        )
        return (self.filters @ spectrum.abs().square()).clamp_min(self.config.floor).log()

    def whole(self, waveform: Tensor, multiple: int) -> Tensor:
        """Frames of a whole utterance: zeros around it, its length rounded up to `multiple` samples.

        Args:
            waveform: float32 [B, T].
            multiple: samples; a multiple of hop_length.
        Returns:
            float32 [B, num_mels, ceil(T / multiple) * multiple / hop_length].
        """
        reach, hop = self.config.reach, self.config.hop_length
        tail = -waveform.shape[1] % multiple
        return self(nn.functional.pad(waveform, (reach, tail + reach - hop)))
