"""Excitation of the source-filter generator: a band-limited pulse train that follows F0."""

import math

import torch
from torch import Tensor

MIN_F0 = 40.0
MAX_F0 = 1200.0


def sample_f0(log_f0: Tensor, hop_length: int) -> Tensor:
    """Log-F0 frames to F0 per sample, linear in log Hz between the frames' centres, constant beyond the ends.

    Args:
        log_f0: float [B, F], log Hz.
    Returns:
        float64 [B, F * hop_length], Hz in [40, 1200].
    """
    track = log_f0.double().clamp(math.log(MIN_F0), math.log(MAX_F0))
    dense = torch.nn.functional.interpolate(track[:, None], scale_factor=float(hop_length), mode="linear", align_corners=False)
    return torch.exp(dense[:, 0])


def phase_of(f0: Tensor, sample_rate: int) -> Tensor:
    """Phase in cycles before each sample: the running sum of F0 / sample_rate, 0 at the first one; float64 [B, T]."""
    return torch.cumsum(f0 / sample_rate, dim=-1) - f0 / sample_rate


def pulse_train(phase: Tensor, f0: Tensor, sample_rate: int) -> Tensor:
    """Sum of all cosines below half the sample rate, scaled to unit power.

    x = sqrt(2 / K) * sum_{k=1..K} cos(2 pi k phase), in closed form (Dirichlet kernel):
    sum_{k=1..K} cos(k a) = (sin((K + 1/2) a) / sin(a / 2) - 1) / 2. K = 0.98 * rate / 2 / F0 is a real number: its
    fraction weighs one more cosine, so that harmonics fade in and out as F0 moves.

    Args:
        phase: float64 [B, T], cycles.
        f0: float64 [B, T], Hz.
    Returns:
        float32 [B, T].
    """
    limit = 0.49 * sample_rate / f0
    whole = torch.floor(limit)
    angle = 2 * math.pi * (phase - torch.round(phase))
    half = torch.sin(angle / 2)
    flat = half.abs() < 1e-7
    ratio = torch.sin((whole + 0.5) * angle) / torch.where(flat, torch.ones_like(half), half)
    total = torch.where(flat, whole, (ratio - 1) / 2) + (limit - whole) * torch.cos((whole + 1) * angle)
    return (total * torch.sqrt(2 / limit)).float()
