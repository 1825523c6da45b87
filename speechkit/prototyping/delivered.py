"""What comes out of a style, for the search in `speechkit.prototyping.tune`, and what it costs to leave the literature's bounds."""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from speechkit.prototyping.calibrate import measure
from speechkit.prototyping.knobs import DELIVERED

FIGURES = 3
"""Log range, tilt in dB an octave, semitones away from the level asked for."""
MOST_ASTRAY = 9.0
"""An utterance costs no more than this by its level."""
ASTRAY = 2.0
"""Semitones that an emotion may move a clip's median F0 away from where it was asked, more than neutral does."""


def delivered(samples: NDArray[np.float32], sample_rate: int, asked_hz: float | None) -> list[float]:
    """Log range, tilt, and how many semitones above the level asked for the clip is; as asked where nothing is voiced."""
    found = measure(samples, sample_rate)
    astray = 12 * math.log2(found.pitch_hz / asked_hz) if found.pitch_hz and asked_hz else 0.0
    return [math.log(max(found.range_semitones or 1.0, 0.2)), found.tilt_db, max(min(astray, 12.0), -12.0)]


def outside(emotion: str, change: Tensor) -> Tensor:
    """How far the delivered has left `knobs.DELIVERED`, in tenths of log range, half decibels and semitones, squared.

    Range and tilt count on average, the level in every utterance: a melody whose octave is not heard right loses its order.

    Args:
        change: float [U, 3], delivered less what neutral delivers of the same utterance.
    """
    bounds = DELIVERED[emotion]
    edges = [[math.log(edge) for edge in bounds["range"]], list(bounds["tilt"]), [-ASTRAY, ASTRAY]]
    low, high = torch.tensor(edges, dtype=torch.float64).unbind(1)
    units = torch.tensor([0.1, 0.5, 1.0], dtype=torch.float64)
    middle = change.mean(0)
    average = ((((low - middle).clamp(min=0) + (middle - high).clamp(min=0)) / units) ** 2)[:2].sum()
    return average + (((change[:, 2].abs() - ASTRAY).clamp(min=0) / units[2]) ** 2).clamp(max=MOST_ASTRAY).mean()
