"""The one building block of the decoder's networks: a ConvNeXt block over [B, N, C]."""

import torch
from torch import Tensor, nn


class ConvNeXtBlock(nn.Module):
    """Depthwise convolution, layer norm, two linear layers, scaled residual.

    Args:
        width: channels C.
        expansion: hidden over outer channels.
        kernel_size: taps of the depthwise convolution; odd.
        scale: first value of the learned scale of the residual branch.
    Source: Liu et al. 2022, arXiv:2201.03545; its 1-D form, Siuzdak 2023 (Vocos), arXiv:2306.00814.
    """

    def __init__(self, width: int, expansion: int = 3, kernel_size: int = 7, scale: float = 0.25) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, kernel_size, padding=kernel_size // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, width * expansion)
        self.narrow = nn.Linear(width * expansion, width)
        self.scale = nn.Parameter(torch.full((width,), scale))

    def forward(self, hidden: Tensor) -> Tensor:
        """[B, N, C] to the same; sees kernel_size // 2 positions on either side."""
        branch = self.depthwise(hidden.transpose(1, 2)).transpose(1, 2)
        branch = self.narrow(nn.functional.gelu(self.widen(self.norm(branch))))
        return hidden + self.scale * branch


def convnext(width: int, layers: int, kernel_size: int, expansion: int = 3) -> nn.Sequential:
    """`layers` blocks after one another, their residual branches scaled so that the depth does not blow up the sum."""
    return nn.Sequential(*[ConvNeXtBlock(width, expansion, kernel_size, 1 / max(layers, 1)) for _ in range(layers)])


def split_steps(hidden: Tensor, factor: int) -> Tensor:
    """[B, N, factor * C] to [B, factor * N, C]: each position becomes `factor` finer ones."""
    batch, length, channels = hidden.shape
    return hidden.reshape(batch, length * factor, channels // factor)


def merge_steps(track: Tensor, factor: int) -> Tensor:
    """[B, factor * N, C] to [B, N, factor * C]: the inverse of `split_steps`."""
    batch, length, channels = track.shape
    return track.reshape(batch, length // factor, channels * factor)
