"""How a symbol is drawn from a model's scores: temperature, top-k, top-p, and away from loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from speechkit.config import Config
from speechkit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Sampling(Config):
    """How units are drawn."""

    temperature: float = 0.5
    """Of the units; 0 takes the likeliest."""
    top_k: int = 0
    """Draw from the k likeliest; 0 from all."""
    top_p: float = 0.8
    """Draw from the fewest that together have this probability."""
    repetition_window: int = 0
    """Look back this far for repetition; 0 never."""
    repetition_share: float = 0.5
    """A unit that fills more of the window than this is drawn again, from the whole distribution."""
    duration_spread: float = 0.3
    """Of the lengths of sounds: 0 gives each its median, 1 draws from the model's whole distribution."""

    def __post_init__(self) -> None:
        if self.temperature < 0 or self.top_k < 0 or not 0 < self.top_p <= 1:
            raise ConfigError("Sampling: temperature and top_k are 0 or larger, top_p is in (0, 1].")
        if self.repetition_window < 0 or not 0 < self.repetition_share <= 1 or not 0 <= self.duration_spread <= 1:
            raise ConfigError("Sampling: repetition_window >= 0, repetition_share in (0, 1], duration_spread in [0, 1].")


def generator_for(seed: int, *place: int) -> np.random.Generator:
    """Random numbers of one piece of work: the same for the same seed and place, whatever is done beside it.

    Raises:
        ConfigError: the seed is negative.
    """
    if seed < 0:
        raise ConfigError(f"seed must be 0 or larger, got {seed}.")
    return np.random.default_rng((seed, *place))


def draw(scores: Tensor, sampling: Sampling, random: np.random.Generator, history: Sequence[int] = ()) -> int:
    """One symbol.

    Args:
        scores: float [V], logits; -inf is never drawn.
        sampling: how.
        random: used once, twice where repetition is met, not at all for temperature 0.
        history: symbols drawn before, for repetition.
    Returns:
        Index into scores.
    Source of the second draw: Chen et al. 2024, VALL-E 2, arXiv:2406.05370, section 3.3.
    """
    if sampling.temperature == 0:
        return int(scores.argmax())
    chosen = _pick(_nucleus(scores / sampling.temperature, sampling), random)
    recent = history[len(history) - sampling.repetition_window :] if sampling.repetition_window else ()
    if recent and list(recent).count(chosen) > sampling.repetition_share * sampling.repetition_window:
        return _pick(scores.double().softmax(0), random)
    return chosen


def _nucleus(scores: Tensor, sampling: Sampling) -> Tensor:
    """Weights float64 [V], zero outside top-k and top-p."""
    size = min(sampling.top_k or len(scores), len(scores))
    values, places = scores.double().topk(size)
    weights = values.softmax(0)
    weights[weights.cumsum(0) - weights > sampling.top_p] = 0
    return torch.zeros(len(scores), dtype=torch.float64).index_copy(0, places.cpu(), weights.cpu())


def _pick(weights: Tensor, random: np.random.Generator) -> int:
    """Inverse of the cumulative distribution at one random number."""
    edges = weights.cpu().numpy().cumsum()
    return int(min(np.searchsorted(edges, random.random() * edges[-1], side="right"), np.flatnonzero(weights.cpu().numpy())[-1]))
