"""Units to hidden vectors: what each id says (its FSQ digits and a learned entry), seen with its neighbours."""

import torch
from torch import Tensor, nn

from u2s.blocks import convnext
from u2s.config import U2SConfig


class FSQCodeInput(nn.Module):
    """Unit ids to vectors: a linear map of their FSQ code plus a learned entry of their own.

    Neighbouring units share digits, so rare units inherit what frequent ones learned; the entry adds what is their own.
    """

    place: Tensor
    levels: Tensor

    def __init__(self, levels: tuple[int, ...], embedding_dim: int, width: int) -> None:
        super().__init__()
        sizes = torch.tensor(levels)
        self.register_buffer("levels", sizes, persistent=False)
        self.register_buffer("place", torch.cumprod(sizes, 0) // sizes, persistent=False)
        self.code = nn.Linear(len(levels), width)
        self.entry = nn.Embedding(int(sizes.prod()), embedding_dim)
        self.project = nn.Linear(embedding_dim, width, bias=False)
        nn.init.normal_(self.entry.weight, std=0.5)

    def codes(self, ids: Tensor) -> Tensor:
        """FSQ code of each id: (digit - level // 2) / (level // 2), first dimension least significant.

        Args:
            ids: int64 [B, N] in [0, prod(levels)).
        Returns:
            float32 [B, N, L] in [-1, 1].
        """
        half = self.levels // 2
        digits = torch.div(ids[..., None], self.place, rounding_mode="floor") % self.levels
        return (digits - half) / half

    def forward(self, ids: Tensor) -> Tensor:
        """int64 [B, N] to float [B, N, width]."""
        return self.code(self.codes(ids)) + self.project(self.entry(ids))


class UnitEncoder(nn.Module):
    """Units to hidden vectors at the unit rate, with a bounded view of their neighbours."""

    def __init__(self, config: U2SConfig) -> None:
        super().__init__()
        self.input = FSQCodeInput(config.levels, config.embedding_dim, config.unit_width)
        self.blocks = convnext(config.unit_width, config.unit_layers, config.unit_kernel_size)
        self.norm = nn.LayerNorm(config.unit_width)

    def forward(self, ids: Tensor) -> Tensor:
        """int64 [B, N] to float [B, N, unit_width]."""
        return self.norm(self.blocks(self.input(ids)))
