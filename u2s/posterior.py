"""Posterior encoder, training only: the recording's linear spectrogram to the latent it is rebuilt from."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from u2s.blocks import convnext
from u2s.config import U2SConfig
from u2s.spectral import framed_magnitude


@dataclass(frozen=True, kw_only=True)
class Gaussian:
    """A diagonal normal distribution per step: mean and log standard deviation, both float [B, S, Z]."""

    mean: Tensor
    log_sigma: Tensor

    def sample(self, noise: Tensor) -> Tensor:
        """mean + sigma * noise; noise float [B, S, Z]."""
        return self.mean + torch.exp(self.log_sigma) * noise


class PosteriorEncoder(nn.Module):
    """q(z | x), VITS section 2.1.3, with ConvNeXt blocks for its WaveNet.

    The spectrogram has two steps a unit, each centred on its own samples, so that z lines up with units and prosody.
    """

    n_fft = 1440

    def __init__(self, config: U2SConfig) -> None:
        super().__init__()
        self.hop_length = config.samples_per_step
        self.n_fft = 3 * config.samples_per_step
        width = config.posterior_width
        self.input = nn.Linear(self.n_fft // 2 + 1, width)
        self.blocks = convnext(width, config.posterior_layers, 5)
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, 2 * config.latent_dim)
        with torch.no_grad():
            self.output.bias[config.latent_dim :] = -2.0

    def forward(self, waveform: Tensor) -> Gaussian:
        """Waveform float32 [B, S * hop_length] to q(z | x) over S steps."""
        magnitude = framed_magnitude(waveform, self.n_fft, self.hop_length)
        hidden = self.input(torch.log(magnitude + 1e-3) * 0.3 + 0.5)
        mean, log_sigma = self.output(self.norm(self.blocks(hidden))).float().chunk(2, dim=-1)
        return Gaussian(mean=mean, log_sigma=log_sigma.clamp(-6.0, 2.0))
