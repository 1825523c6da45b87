"""Perturbations of log-mels: what a unit must not depend on. Everything acts on a natural-log mel [F, M], cheaply.

Resampling a waveform by a factor scales its frequency axis by it and its time axis by the inverse; on a mel that is two
interpolations. So one draw of (tempo, warp) covers speed perturbation (Ko et al. 2015), vocal-tract length perturbation
(Jaitly & Hinton 2013) and pitch shifting; channel, gain and additive noise follow in the power domain.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from speechkit.config import Config
from speechkit.features import LogMelConfig, hertz_to_mel, mel_to_hertz

NEPERS_PER_DB = math.log(10.0) / 10.0


@dataclass(frozen=True, kw_only=True)
class PerturbConfig(Config):
    """Ranges of the draws."""

    tempo: float = 0.15
    """Time axis scaled by up to this share, either way."""
    warp: float = 0.16
    """Frequency axis scaled by up to this share, either way (0.12 is two semitones)."""
    channel_db: float = 6.0
    """Largest standard deviation of the smooth equaliser curve."""
    gain_db: float = 12.0
    """Largest change of level."""
    noise_probability: float = 0.6
    """Share of clips that get noise."""
    snr_db: tuple[float, ...] = (5.0, 30.0)
    """Lowest and highest signal-to-noise ratio."""
    smear_probability: float = 0.25
    """Share of clips whose energy decays slowly, as in a reverberant room."""


def change_tempo(mel: Tensor, frames: int) -> Tensor:
    """Linear interpolation of [F, M] to [frames, M]."""
    return torch.nn.functional.interpolate(mel.T[None], size=frames, mode="linear", align_corners=False)[0].T


def mel_positions(config: LogMelConfig) -> Tensor:
    """Centre frequencies of the mel bins: float32 [M], Hz."""
    import numpy as np

    top = hertz_to_mel(np.array([config.sample_rate / 2]))[0]
    return torch.from_numpy(mel_to_hertz(np.linspace(0.0, top, config.num_mels + 2)[1:-1])).float()


def warp_frequency(mel: Tensor, factor: float, centres: Tensor) -> Tensor:
    """Scale the frequency axis: what was at f Hz comes to f * factor Hz.

    Args:
        mel: float [F, M]; factor: > 1 sounds like a shorter vocal tract and a higher voice; centres: float [M], Hz.
    """
    wanted = centres / factor
    upper = torch.searchsorted(centres, wanted).clamp(1, len(centres) - 1)
    share = ((wanted - centres[upper - 1]) / (centres[upper] - centres[upper - 1])).clamp(0.0, 1.0)
    return mel[:, upper - 1] * (1 - share) + mel[:, upper] * share


def smooth_curve(num_mels: int, deviation: float, generator: torch.Generator) -> Tensor:
    """A random equaliser: four cosines over the mel axis, float [M], in nepers of power."""
    weights = torch.randn(4, generator=generator) * deviation * NEPERS_PER_DB / 2.0
    angles = math.pi * torch.arange(1, 5)[:, None] * torch.linspace(0, 1, num_mels)[None, :]
    return weights @ torch.cos(angles)


def add_noise(mel: Tensor, noise: Tensor, snr_db: float, widths: Tensor) -> Tensor:
    """Mix at a signal-to-noise ratio: powers add.

    Args:
        mel, noise: float [F, M] log-mel; widths: float [M], bandwidth of each (area-normalised) filter in Hz.
    """
    power = lambda x: (x.exp() * widths).sum(1).mean()  # noqa: E731 - one line, one use
    shift = torch.log(power(mel) / power(noise).clamp_min(1e-12)) - snr_db * NEPERS_PER_DB
    return torch.logaddexp(mel, noise + shift)


def hiss(frames: int, num_mels: int, generator: torch.Generator) -> Tensor:
    """Stationary coloured noise: a random tilt and curve, each mel power fluctuating as averaged chi-squares do."""
    tilt = (torch.rand(1, generator=generator) - 0.7) * 8.0 * torch.linspace(0, 1, num_mels)
    flutter = torch.randn(frames, num_mels, generator=generator) * torch.linspace(0.8, 0.35, num_mels)
    return tilt + smooth_curve(num_mels, 6.0, generator) + flutter


def smear(mel: Tensor, seconds: float, level_db: float) -> Tensor:
    """Reverberation's late tail: power that decays by 60 dB in `seconds`, mixed in `level_db` below the sound."""
    frames = max(4, int(seconds * 100))
    decay = torch.exp(-6.0 * math.log(10.0) * torch.arange(1, frames + 1) / frames)
    kernel = (decay / decay.sum()).flip(0)[None, None]
    power = torch.nn.functional.pad(mel.T.exp()[:, None], (frames, 0))[..., :-1]
    tail = torch.nn.functional.conv1d(power, kernel)[:, 0].T
    return torch.logaddexp(mel, tail.clamp_min(1e-10).log() + level_db * NEPERS_PER_DB)


class Perturber:
    """Draws one perturbed view after another."""

    def __init__(self, config: PerturbConfig, mel: LogMelConfig) -> None:
        self.config, self.centres = config, mel_positions(mel)
        edges = torch.cat([self.centres[:1] * 0, self.centres, torch.tensor([mel.sample_rate / 2])])
        self.widths = (edges[2:] - edges[:-2]) / 2

    def frames(self, frames: int, multiple: int, generator: torch.Generator) -> int:
        """A new length for a clip, a multiple of `multiple`: the tempo draw."""
        low, high = math.log(1 - self.config.tempo), math.log(1 + self.config.tempo)
        factor = math.exp(low + (high - low) * float(torch.rand(1, generator=generator)))
        return max(multiple, round(frames * factor / multiple) * multiple)

    def __call__(self, mel: Tensor, babble: Tensor, strength: float, generator: torch.Generator) -> Tensor:
        """One view of [F, M]: warp, smear, channel, gain, noise; `strength` in [0, 1] scales every range."""
        draw = lambda: float(torch.rand(1, generator=generator))  # noqa: E731
        config = self.config
        mel = warp_frequency(mel, math.exp((2 * draw() - 1) * config.warp * strength), self.centres)
        if draw() < config.smear_probability * strength:
            mel = smear(mel, 0.2 + 0.6 * draw(), -3.0 - 12.0 * draw())
        mel = mel + smooth_curve(mel.shape[1], config.channel_db * strength * draw(), generator)
        if draw() < config.noise_probability * strength:
            noise = babble if draw() < 0.3 else hiss(len(mel), mel.shape[1], generator)
            low, high = config.snr_db
            mel = add_noise(mel, noise, low + (high - low) * draw(), self.widths)
        return mel + (2 * draw() - 1) * config.gain_db * NEPERS_PER_DB * strength
