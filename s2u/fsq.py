"""Finite scalar quantisation: each latent dimension snaps to one of its levels; the digits, read as a number, are the unit."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from vector_quantize_pytorch import FSQ

from speechkit.errors import ShapeError, UnitsError


@dataclass(frozen=True, kw_only=True)
class Quantized:
    """What the quantiser gives.

    Attributes:
        codes: float32 [B, N, L] in [-1, 1], with a straight-through gradient to the latents.
        units: int64 [B, N] in [0, prod(levels)), first dimension least significant (EMOVA's order: basis 1, 8, 64, 512).
        margins: float32 [B, N] in [0, 0.5], distance to the nearest boundary between levels, in level steps.
        latents: float [B, N, L], not yet bounded.
    """

    codes: Tensor
    units: Tensor
    margins: Tensor
    latents: Tensor


def bound(latents: Tensor, sizes: Tensor, slack: float = 1e-3) -> Tensor:
    """Latents [..., L] squeezed into the range of their levels, in level steps, before rounding.

    Source: Mentzer et al. 2023, arXiv:2309.15505, appendix A.1. `sizes`: int64 [L].
    """
    half = (sizes - 1) * (1 + slack) / 2
    offset = torch.where(sizes % 2 == 0, 0.5, 0.0)
    return torch.tanh(latents + torch.atanh(offset / half)) * half - offset


def unbound(places: Tensor, sizes: Tensor, slack: float = 1e-3) -> Tensor:
    """Latents that `bound` puts at given places on the grid.

    Args:
        places: float [..., L], in [0, size - 1], the lowest level is 0; sizes: int64 [L].
    """
    half = (sizes - 1) * (1 + slack) / 2
    offset = torch.where(sizes % 2 == 0, 0.5, 0.0)
    return torch.atanh((places - sizes // 2 + offset) / half) - torch.atanh(offset / half)


def digits(units: Tensor, levels: tuple[int, ...]) -> Tensor:
    """Level of every dimension: int64 [...] -> int64 [..., L], first dimension least significant."""
    sizes = torch.tensor(levels, device=units.device)
    basis = torch.cat([sizes.new_ones(1), sizes[:-1].cumprod(0)])
    return units[..., None] // basis % sizes


def number(places: Tensor, levels: tuple[int, ...]) -> Tensor:
    """The inverse of `digits`: int64 [..., L] -> int64 [...]; -1 where the first level is below 0 (unknown)."""
    sizes = torch.tensor(levels, device=places.device)
    basis = torch.cat([sizes.new_ones(1), sizes[:-1].cumprod(0)])
    return torch.where(places[..., 0] < 0, -1, (places * basis).sum(-1))


class Quantizer(nn.Module):
    """FSQ in float32 whatever the model's precision: half precision cannot hold ids up to 4095 exactly.

    Source: Mentzer et al. 2023, arXiv:2309.15505, section 3.1 and appendix A.1; vector-quantize-pytorch's FSQ does the
    bounding and rounding. Changed: ids are int64, and margins are reported.
    """

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.levels = levels
        self.fsq = FSQ(list(levels))

    def forward(self, latents: Tensor) -> Quantized:
        """Snap latents to levels.

        Args:
            latents: float [B, N, L], any range.
        Raises:
            ShapeError: latents has another last dimension than L.
        """
        if latents.ndim != 3 or latents.shape[-1] != len(self.levels):
            raise ShapeError(f"Quantizer takes latents [B, N, {len(self.levels)}], got {tuple(latents.shape)}.")
        with torch.autocast(latents.device.type, enabled=False):
            codes, indices = self.fsq(latents.float())
            bounded = bound(latents.detach().float(), torch.tensor(self.levels, device=latents.device))
            margins = 0.5 - (bounded - bounded.round()).abs().amax(-1)
        return Quantized(codes=codes, units=indices.long(), margins=margins, latents=latents)

    def codes_of(self, units: Tensor) -> Tensor:
        """Codes of given units.

        Args:
            units: int64 [...] in [0, prod(levels)).
        Returns:
            float32 [..., L] in [-1, 1].
        Raises:
            UnitsError: a unit is out of range.
        """
        if units.numel() and (int(units.min()) < 0 or int(units.max()) >= self.fsq.codebook_size):
            raise UnitsError(f"units must lie in [0, {self.fsq.codebook_size}), got {int(units.min())} to {int(units.max())}.")
        return self.fsq.indices_to_codes(units)
