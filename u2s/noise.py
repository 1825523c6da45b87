"""Noise that depends on a seed and a position only, so that any stretch of it can be drawn at any time."""

import numpy as np
import torch
from torch import Tensor

LATENT = 1
SOURCE = 2
_DRAWS = 4
"""64-bit words that one count of Philox gives."""


def gaussian(seed: int, stream: int, first: int, count: int, width: int) -> Tensor:
    """Rows `first` to `first + count` of an endless table of standard normal numbers.

    Args:
        seed: any int64 >= 0.
        stream: which table (LATENT or SOURCE).
        first: index of the first row; rows before 0 do not exist.
        count: rows.
        width: numbers a row; a multiple of 4.
    Returns:
        float32 [count, width].
    Source: Salmon et al. 2011, Philox (counter-based), and the Box-Muller transform.
    """
    generator = np.random.Philox(key=np.array([seed, stream], np.uint64))
    generator.advance(first * width // _DRAWS)
    uniform = ((generator.random_raw(count * width) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    radius = np.sqrt(-2.0 * np.log(uniform[0::2]))
    angle = 2 * np.pi * uniform[1::2]
    values = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return torch.from_numpy(values.reshape(count, width).astype(np.float32))
