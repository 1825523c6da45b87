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
        latents: float32 [B, N, L], normalised but not yet bounded.
    """

    codes: Tensor
    units: Tensor
    margins: Tensor
    latents: Tensor


class Quantizer(nn.Module):
    """FSQ in float32 whatever the model's precision: half precision cannot hold ids up to 4095 exactly.

    Source: Mentzer et al. 2023, arXiv:2309.15505, section 3.1 and appendix A.1; vector-quantize-pytorch's FSQ does the
    bounding and rounding. Changed: latents may pass a batch norm first (running statistics at inference), ids are int64,
    and margins are reported.
    """

    def __init__(self, levels: tuple[int, ...], normalise: bool) -> None:
        super().__init__()
        self.levels = levels
        self.fsq = FSQ(list(levels))
        self.norm = nn.BatchNorm1d(len(levels), affine=False, momentum=0.05) if normalise else None

    def forward(self, latents: Tensor, valid: Tensor | None = None) -> Quantized:
        """Snap latents to levels.

        Args:
            latents: float [B, N, L], any range.
            valid: bool [B, N]; in training, only these enter the batch statistics. None: all.
        Raises:
            ShapeError: latents has another last dimension than L.
        """
        if latents.ndim != 3 or latents.shape[-1] != len(self.levels):
            raise ShapeError(f"Quantizer takes latents [B, N, {len(self.levels)}], got {tuple(latents.shape)}.")
        with torch.autocast(latents.device.type, enabled=False):
            normal = self._normalise(latents.float(), valid)
            codes, indices = self.fsq(normal)
            bounded = self.fsq.bound(normal.detach())
            margins = 0.5 - (bounded - bounded.round()).abs().amax(-1)
        return Quantized(codes=codes, units=indices.long(), margins=margins, latents=normal)

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

    def _normalise(self, latents: Tensor, valid: Tensor | None) -> Tensor:
        if self.norm is None:
            return latents
        if not self.training or valid is None:
            return self.norm(latents.flatten(0, 1)).view_as(latents)
        normal = torch.zeros_like(latents)
        normal[valid] = self.norm(latents[valid])
        return normal
