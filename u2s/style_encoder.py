"""Style encoder: a reference clip to a vector on the unit sphere that says who speaks and how."""

import torch
from torch import Tensor, nn

from u2s.config import U2SConfig
from u2s.spectral import LogMel


class GatedConv(nn.Module):
    """Residual gated convolution: hidden + a * sigmoid(b), with (a, b) = conv(hidden)."""

    def __init__(self, width: int, kernel_size: int = 5) -> None:
        super().__init__()
        self.conv = nn.Conv1d(width, 2 * width, kernel_size, padding=kernel_size // 2)

    def forward(self, hidden: Tensor) -> Tensor:
        """[B, F, C] to the same."""
        return hidden + nn.functional.glu(self.conv(hidden.transpose(1, 2)), dim=1).transpose(1, 2)


class StyleEncoder(nn.Module):
    """Mel-style encoder: spectral layers, temporal gated convolutions, self-attention, mean over time.

    Source: Min et al. 2021, Meta-StyleSpeech, arXiv:2106.03153, section 3.1. Changed: the vector is L2-normalised.
    """

    def __init__(self, config: U2SConfig) -> None:
        super().__init__()
        width = config.style_width
        hop = config.samples_per_step
        self.mel = LogMel(config.style_mels, 2 * hop, hop, config.sample_rate)
        self.spectral = nn.Sequential(nn.Linear(config.style_mels, width), nn.Mish(), nn.Linear(width, width), nn.Mish())
        self.temporal = nn.Sequential(GatedConv(width), GatedConv(width))
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.output = nn.Linear(width, config.style_dim)

    def forward(self, waveform: Tensor) -> Tensor:
        """Reference float32 [B, S * samples_per_step] to style float32 [B, style_dim], L2 norm 1."""
        hidden = self.temporal(self.spectral(self.mel(waveform) * 0.5 + 1.5))
        hidden = hidden + self.attention(hidden, hidden, hidden, need_weights=False)[0]
        style = self.output(hidden).float().mean(dim=1)
        return nn.functional.normalize(style, dim=-1, eps=torch.finfo(style.dtype).tiny)
