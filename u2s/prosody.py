"""Prosody: log-F0, voicing and energy, 100 frames a second, predicted from units and style, and steered by hand."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from speechkit.errors import ConfigError
from u2s.blocks import convnext, split_steps
from u2s.config import U2SConfig

FRAMES_PER_UNIT = 4
CHANNELS = 3
"""Channels of a prosody track [B, 4N, 3]: log-F0 (log Hz), voicing (0 to 1), log energy (natural log of the RMS)."""

FRAME_RATE = 100.0
"""Hz, frames of a prosody track per second."""

SEMITONE = math.log(2) / 12

MEAN = (5.1, 0.5, -4.0)
SCALE = (0.4, 0.5, 2.0)


LIMITS = {
    "pitch_semitones": (-24, 24),
    "pitch_range": (0, 4),
    "energy_db": (-60, 20),
    "speed": (0.25, 4),
    "pitch_hz": (40, 600),
    "pitch_slope": (-6, 6),
    "tilt_db": (-6, 6),
    "breath_db": (-12, 18),
    "energy_range": (0.25, 2),
    "effort_db": (-12, 12),
    "noise_scale": (0, 2),
}
"""What each control may be."""

LOUD, QUIET = -2.4, -4.7
"""Log energy of the loud part of the training data's speech, and 20 dB below it: `energy_range` acts between them."""

SLOPE_SECONDS = 2.0
"""Time constant with which an utterance's slope dies out."""


@dataclass(frozen=True, kw_only=True)
class Controls:
    """What a caller may change in the voice.

    Attributes:
        pitch_semitones: shift of F0, in [-24, 24].
        pitch_range: factor on the distance of log-F0 from the voice's mean, in [0, 4]; 0 is monotone.
        energy_db: gain on the waveform, in [-60, 20] dB; samples beyond full scale are limited to it.
        speed: units per second over normal, in [0.25, 4].
        pitch_hz: level of the voice, in [40, 600] Hz, in place of the one that the style implies; None keeps that one.
        pitch_slope: semitones a second at the start of the utterance, in [-6, 6]; dies out with a time constant of 2 s.
        tilt_db: gain per octave from 500 Hz to 8 kHz, in [-6, 6] dB; loudness stays about where it was.
        breath_db: gain on the noise of voiced sounds, in [-12, 18] dB.
        energy_range: factor on how far, in dB, the loudness falls below a loud voice's, in [0.25, 2]; acts down to 20 dB.
        effort_db: gain of 1 to 3.5 kHz against what lies below 300 Hz, in [-12, 12] dB; loudness stays about where it was.
        noise_scale: spread of the latent around the prior's mean, in [0, 2]; None takes the model's own.
    """

    pitch_semitones: float = 0.0
    pitch_range: float = 1.0
    energy_db: float = 0.0
    speed: float = 1.0
    pitch_hz: float | None = None
    pitch_slope: float = 0.0
    tilt_db: float = 0.0
    breath_db: float = 0.0
    energy_range: float = 1.0
    effort_db: float = 0.0
    noise_scale: float | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ConfigError(f"Controls.{name} must lie in [{low}, {high}], got {value}.")


@dataclass(frozen=True, kw_only=True)
class ProsodyPrediction:
    """What the predictor says of a stretch of units.

    Attributes:
        mean_log_f0: float [B, 1, 1], the voice's mean, from the style alone.
        log_f0: float [B, 4N], log Hz.
        voicing_logit: float [B, 4N].
        energy: float [B, 4N], natural log of the RMS.
    """

    mean_log_f0: Tensor
    log_f0: Tensor
    voicing_logit: Tensor
    energy: Tensor

    def track(self, controls: Controls, seconds: Tensor | None = None) -> Tensor:
        """Prosody track with the controls of pitch and loudness contour applied.

        Args:
            seconds: float [4N], time of each frame since the utterance's start; None: these frames start it.
        Returns:
            float32 [B, 4N, 3]; voicing is decided, 0 or 1.
        """
        mean = self.mean_log_f0[..., 0].float()
        level = mean if controls.pitch_hz is None else torch.full_like(mean, math.log(controls.pitch_hz))
        log_f0 = level + (self.log_f0.float() - mean) * controls.pitch_range + controls.pitch_semitones * SEMITONE
        if controls.pitch_slope:
            times = torch.arange(log_f0.shape[1], device=log_f0.device) / FRAME_RATE if seconds is None else seconds
            log_f0 = log_f0 + SEMITONE * onset_slope(times, controls.pitch_slope).float()
        voicing = (self.voicing_logit > 0).float()
        return torch.stack([log_f0, voicing, spread_energy(self.energy.float(), controls.energy_range)], dim=-1)


def spread_energy(energy: Tensor, factor: float) -> Tensor:
    """Log energy with more (factor above 1) or less between loud and soft; pauses move along, 1 changes nothing.

    Args:
        energy: float [B, F], natural log of the RMS.
    """
    if factor == 1.0:
        return energy
    return energy + (factor - 1.0) * (energy.clamp(min=QUIET) - LOUD)


def onset_slope(seconds: Tensor, slope: float) -> Tensor:
    """Semitones that a slope adds at times after the utterance's start: -slope T exp(-t / T), T = 2 s; 0 in the long run."""
    return -slope * SLOPE_SECONDS * torch.exp(-seconds / SLOPE_SECONDS)


class ProsodyPredictor(nn.Module):
    """Units and style to a prosody track: ConvNeXt blocks at the unit rate, four frames read off each unit."""

    def __init__(self, config: U2SConfig) -> None:
        super().__init__()
        width = config.prosody_width
        self.units = nn.Linear(config.unit_width, width)
        self.style = nn.Linear(config.style_dim, width)
        self.mean = nn.Sequential(nn.Linear(config.style_dim, 64), nn.GELU(), nn.Linear(64, 1))
        self.blocks = convnext(width, config.prosody_layers, config.prosody_kernel_size)
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, FRAMES_PER_UNIT * CHANNELS)

    def forward(self, hidden: Tensor, style: Tensor) -> ProsodyPrediction:
        """Predict.

        Args:
            hidden: float [B, N, unit_width].
            style: float [B, style_dim], L2 norm 1.
        """
        features = self.units(hidden) + self.style(style)[:, None]
        values = split_steps(self.output(self.norm(self.blocks(features))), FRAMES_PER_UNIT).float()
        mean = MEAN[0] + self.mean(style)[:, None].float()
        return ProsodyPrediction(
            mean_log_f0=mean,
            log_f0=mean[..., 0] + SCALE[0] * values[..., 0],
            voicing_logit=values[..., 1],
            energy=MEAN[2] + SCALE[2] * values[..., 2],
        )


def normalise_prosody(track: Tensor) -> Tensor:
    """Prosody track [B, F, 3] to values of about unit scale, for networks to read."""
    mean = torch.tensor(MEAN, dtype=track.dtype, device=track.device)
    scale = torch.tensor(SCALE, dtype=track.dtype, device=track.device)
    return (track - mean) / scale
