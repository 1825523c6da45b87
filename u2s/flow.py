"""Normalising flow between the posterior's latent and the prior's space: mean-only residual couplings."""

import torch
from torch import Tensor, nn

from u2s.blocks import convnext
from u2s.config import U2SConfig


class Coupling(nn.Module):
    """One coupling: the second half of the channels is shifted by a function of the first half and the condition."""

    def __init__(self, config: U2SConfig) -> None:
        super().__init__()
        half, width = config.latent_dim // 2, config.flow_width
        self.input = nn.Linear(half, width)
        self.condition = nn.Linear(config.unit_width, width)
        self.blocks = convnext(width, config.flow_depth, config.unit_kernel_size, expansion=2)
        self.output = nn.Linear(width, half)
        nn.init.zeros_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def shift(self, kept: Tensor, condition: Tensor) -> Tensor:
        """What is added to the other half: [B, S, Z/2] from [B, S, Z/2] and [B, S, unit_width]."""
        return self.output(self.blocks(self.input(kept) + self.condition(condition)))


class Flow(nn.Module):
    """z to the prior's space and back; its determinant is 1.

    Source: Kim et al. 2021, VITS, arXiv:2106.06103, sections 2.1.2 and 2.5.2. Changed: ConvNeXt blocks instead of a
    WaveNet, and the couplings see what the prior sees (units, prosody and style), not the speaker alone.
    """

    def __init__(self, config: U2SConfig) -> None:
        super().__init__()
        self.couplings = nn.ModuleList(Coupling(config) for _ in range(config.flow_layers))

    def forward(self, latents: Tensor, condition: Tensor) -> Tensor:
        """Latents [B, S, Z] of the posterior to the prior's space; condition [B, S, unit_width]."""
        for coupling in self.couplings:
            first, second = latents.chunk(2, dim=-1)
            second = second + coupling.shift(first, condition)  # type: ignore[operator]
            latents = torch.cat([second, first], dim=-1)
        return latents

    def inverse(self, latents: Tensor, condition: Tensor) -> Tensor:
        """Latents [B, S, Z] of the prior's space to the posterior's."""
        for coupling in reversed(self.couplings):  # type: ignore[call-overload]
            second, first = latents.chunk(2, dim=-1)
            latents = torch.cat([first, second - coupling.shift(first, condition)], dim=-1)  # type: ignore[operator]
        return latents
