"""HiFi-GAN v1, the generator of the paper's U2S."""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from u2s.blocks import merge_steps
from u2s.config import U2SConfig
from u2s.prosody import CHANNELS, normalise_prosody

SLOPE = 0.1


class ResidualStack(nn.Module):
    """Pairs of dilated and plain convolutions with residuals; HiFi-GAN's ResBlock1."""

    def __init__(self, width: int, kernel_size: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.dilated = nn.ModuleList(
            weight_norm(nn.Conv1d(width, width, kernel_size, padding=kernel_size // 2 * dilation, dilation=dilation))
            for dilation in dilations
        )
        self.plain = nn.ModuleList(
            weight_norm(nn.Conv1d(width, width, kernel_size, padding=kernel_size // 2)) for _ in dilations
        )

    def forward(self, hidden: Tensor) -> Tensor:
        """[B, C, T] to the same."""
        for dilated, plain in zip(self.dilated, self.plain, strict=True):
            branch = dilated(nn.functional.leaky_relu(hidden, SLOPE))
            hidden = hidden + plain(nn.functional.leaky_relu(branch, SLOPE))
        return hidden


class HiFiGAN(nn.Module):
    """Transposed convolutions from 50 Hz to samples, each followed by parallel residual stacks.

    Conditioned on the style and, where the config predicts prosody explicitly, on the prosody track.
    Source: Kong et al. 2020, arXiv:2010.05646, configuration V1.
    """

    def __init__(self, config: U2SConfig) -> None:
        super().__init__()
        shape = config.generator
        width = shape.width
        self.input = nn.Conv1d(config.latent_dim, width, 7, padding=3)
        self.style = nn.Linear(config.style_dim, width)
        self.prosody = nn.Linear(2 * CHANNELS, width) if config.prosody == "explicit" else None
        self.upsample, self.stacks = nn.ModuleList(), nn.ModuleList()
        for factor in shape.upsample_rates:
            width //= 2
            kernel = 2 * factor + factor % 2
            layer = nn.ConvTranspose1d(2 * width, width, kernel, stride=factor, padding=(kernel - factor) // 2)
            self.upsample.append(weight_norm(layer))
            stacks = [ResidualStack(width, taps, shape.resblock_dilations) for taps in shape.resblock_kernels]
            self.stacks.append(nn.ModuleList(stacks))
        self.output = weight_norm(nn.Conv1d(width, 1, 7, padding=3, bias=False))

    def forward(self, latents: Tensor, prosody: Tensor, style: Tensor, excitation: object = None) -> Tensor:
        """See `u2s.generator.Generator`; there is no source, so `excitation` is not read."""
        hidden = self.input(latents.transpose(1, 2)) + self.style(style)[..., None]
        if self.prosody is not None:
            hidden = hidden + self.prosody(merge_steps(normalise_prosody(prosody), 2)).transpose(1, 2)
        for upsample, stacks in zip(self.upsample, self.stacks, strict=True):
            hidden = upsample(nn.functional.leaky_relu(hidden, SLOPE))
            hidden = torch.stack([stack(hidden) for stack in stacks]).mean(dim=0)  # type: ignore[union-attr, attr-defined]
        return torch.tanh(self.output(nn.functional.leaky_relu(hidden)))[:, 0].float()
