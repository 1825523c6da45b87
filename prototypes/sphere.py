"""Style vectors lie on the unit sphere: how to mix two or more of them, and how to go past one."""

from collections.abc import Sequence

import torch
from torch import Tensor

from speechkit.errors import StyleError

NEARLY_OPPOSITE = 1e-3
NEARLY_EQUAL = 1e-5


def convex(styles: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """Normalised weighted sum of style vectors.

    Args:
        styles: float32 [D] each, L2 norm 1.
        weights: one each, none negative, in sum positive.
    Returns:
        float32 [D], L2 norm 1.
    Raises:
        StyleError: no vectors, other weights, or vectors that cancel out.

    >>> convex([torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])], [3, 4])
    tensor([0.6000, 0.8000])
    """
    if not styles or len(styles) != len(weights) or min(weights) < 0 or sum(weights) <= 0:
        raise StyleError(f"a mix takes one weight a style, none negative, one positive; got {list(weights)}.")
    total = torch.stack([weight * style.double() for weight, style in zip(weights, styles, strict=True)]).sum(0)
    norm = float(total.norm())
    if norm < NEARLY_OPPOSITE * sum(weights):
        raise StyleError("these styles cancel out; mix others, or with other weights.")
    return (total / norm).float()


def along(start: Tensor, end: Tensor, share: float) -> Tensor:
    """A point on the great circle from `start` (share 0) to `end` (share 1), and beyond it.

    Args:
        start, end: float32 [D], L2 norm 1.
        share: any; the angle grows with it, up to a right angle from `start` at the most.
    Returns:
        float32 [D], L2 norm 1.
    Source: Shoemake 1985, spherical linear interpolation.

    >>> along(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), 0.5)
    tensor([0.7071, 0.7071])
    """
    first, last = start.double(), end.double()
    angle = torch.arccos((first @ last).clamp(-1.0, 1.0))
    if float(angle) < NEARLY_EQUAL:
        return end.float()
    moved = torch.clamp(share * angle, max=max(float(angle), torch.pi / 2))
    mixed = (torch.sin(angle - moved) * first + torch.sin(moved) * last) / torch.sin(angle)
    return (mixed / mixed.norm()).float()
