"""Length arithmetic: how many frames, units and samples belong together. Integers only, so that nothing drifts."""

import torch
from torch import Tensor


def ceil_div(numerator: int, denominator: int) -> int:
    """Smallest integer >= numerator / denominator, exactly.

    >>> ceil_div(641, 640)
    2
    """
    return -(-numerator // denominator)


def num_units(num_samples: int, samples_per_unit: int = 640) -> int:
    """Length law: units that `num_samples` samples give, ceil(num_samples / samples_per_unit).

    >>> [num_units(n) for n in (0, 1, 640, 641, 16000)]
    [0, 1, 1, 2, 25]
    """
    return ceil_div(num_samples, samples_per_unit)


def length_mask(lengths: Tensor, maximum: int | None = None) -> Tensor:
    """True where a padded position is valid.

    Args:
        lengths: int64 [B].
        maximum: padded length; the largest of `lengths` when None.
    Returns:
        bool [B, maximum].
    """
    size = int(lengths.max()) if maximum is None else maximum
    return torch.arange(size, device=lengths.device)[None, :] < lengths[:, None]
