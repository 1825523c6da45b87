"""Mel frames to one latent per unit: convolutions that subsample, transformer layers that listen around."""

import math
from collections.abc import Callable

import torch
from einops import rearrange
from torch import Tensor, nn

from s2u.config import S2UConfig, StageConfig
from s2u.projection import Projection

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": nn.functional.gelu,
    "relu": nn.functional.relu,
    "none": lambda hidden: hidden,
}


def sinusoids(length: int, width: int) -> Tensor:
    """Sinusoidal positions, sines then cosines (Vaswani et al. 2017, section 3.5, in Whisper's order).

    Returns:
        float32 [length, width].
    """
    rates = torch.exp(-math.log(10000.0) / (width // 2 - 1) * torch.arange(width // 2))
    angles = torch.arange(length)[:, None] * rates[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class ConvolutionalPositions(nn.Module):
    """Positions as a grouped convolution over time (wav2vec 2.0, arXiv:2006.11477, section 2)."""

    def __init__(self, width: int, kernel: int = 128, groups: int = 16) -> None:
        super().__init__()
        convolution = nn.Conv1d(width, width, kernel, padding=kernel // 2, groups=groups)
        self.convolution = nn.utils.parametrizations.weight_norm(convolution, dim=2)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """float [B, N, D], bool mask [B, N] -> the same shape, positions added."""
        moved = self.convolution((hidden * mask[..., None]).mT)[..., : hidden.shape[1]]
        return hidden + nn.functional.gelu(moved).mT


class TransformerLayer(nn.Module):
    """Pre-norm self-attention and feed-forward (GELU)."""

    def __init__(self, width: int, heads: int, expansion: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.attention_norm, self.feed_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.feed_in, self.feed_out = nn.Linear(width, expansion * width), nn.Linear(expansion * width, width)

    def forward(self, hidden: Tensor, mask: Tensor | None) -> Tensor:
        """float [B, N, D]; mask bool [B, 1, 1, N], True where a key may be heard, or None."""
        hidden = hidden + self._drop(self._attend(self.attention_norm(hidden), mask))
        return hidden + self._drop(self.feed_out(nn.functional.gelu(self.feed_in(self.feed_norm(hidden)))))

    def _attend(self, hidden: Tensor, mask: Tensor | None) -> Tensor:
        packed = rearrange(
            self.query_key_value(hidden), "batch unit (part head dim) -> part batch head unit dim", part=3, head=self.heads
        )
        heard = nn.functional.scaled_dot_product_attention(packed[0], packed[1], packed[2], attn_mask=mask)
        return self.attention_out(rearrange(heard, "batch head unit dim -> batch unit (head dim)"))

    def _drop(self, hidden: Tensor) -> Tensor:
        return nn.functional.dropout(hidden, self.dropout, self.training)


class Stage(nn.Module):
    """Convolutions, positions, transformer layers. Padding is zeroed before every convolution, so it cannot leak in."""

    def __init__(self, inputs: int, config: StageConfig, dropout: float) -> None:
        super().__init__()
        self.config = config
        widths = (inputs, *config.channels)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(widths[i], widths[i + 1], config.kernels[i], config.strides[i], padding=config.kernels[i] // 2)
            for i in range(len(config.channels))
        )
        norms = [nn.LayerNorm(width) if config.conv_norm else nn.Identity() for width in config.channels]
        self.norms = nn.ModuleList(norms)
        self.activation = ACTIVATIONS[config.activation]
        self.positions = ConvolutionalPositions(config.width) if config.positions == "convolution" else None
        self.layers = nn.ModuleList(
            TransformerLayer(config.width, config.heads, config.expansion, dropout) for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm(config.width) if config.norm else nn.Identity()

    def forward(self, hidden: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Subsample and listen.

        Args:
            hidden: float [B, F, D]; lengths: int64 [B], valid frames, multiples of the stage's stride.
        Returns:
            float [B, F / stride, width], int64 [B].
        """
        for convolution, norm, stride in zip(self.convolutions, self.norms, self.config.strides, strict=True):
            hidden = norm(convolution((hidden * _valid(hidden, lengths)[..., None]).mT).mT)
            hidden, lengths = self.activation(hidden), lengths // stride
        valid = _valid(hidden, lengths)
        if self.config.positions == "sinusoidal":
            hidden = hidden + sinusoids(hidden.shape[1], hidden.shape[2]).to(hidden)
        if self.positions is not None:
            hidden = self.positions(hidden, valid)
        mask = None if bool(valid.all()) else valid[:, None, None, :]
        for layer in self.layers:
            hidden = layer(hidden, mask)
        return self.norm(hidden), lengths


def _valid(hidden: Tensor, lengths: Tensor) -> Tensor:
    """bool [B, F], True on frames that are not padding."""
    return torch.arange(hidden.shape[1], device=hidden.device)[None, :] < lengths[:, None]


class Encoder(nn.Module):
    """Log-mel to latents: normalise -> stages -> projection, one vector of len(levels) values a unit."""

    mean: Tensor
    scale: Tensor

    def __init__(self, config: S2UConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.full((config.mel.num_mels,), -4.0 * math.log(10.0)))
        self.register_buffer("scale", torch.full((config.mel.num_mels,), 4.0 * math.log(10.0)))
        inputs = (config.mel.num_mels, *(stage.width for stage in config.stages))
        self.stages = nn.ModuleList(
            Stage(inputs[i], stage, config.dropout) for i, stage in enumerate(config.stages)
        )
        self.project = Projection(config.stages[-1].width, config)

    def forward(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """Latents before FSQ.

        Args:
            mel: float [B, F, M] natural-log mel, F a multiple of frames_per_unit; lengths: int64 [B], valid frames.
        Returns:
            float [B, F / frames_per_unit, L], any range.
        """
        return self.project.latents(self.scores(mel, lengths))

    def scores(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """Logits of the codes, float [B, F / frames_per_unit, K] (latents [.., L] if projected straight); as `forward`."""
        hidden = self.hidden(mel, lengths)
        return self.project.scores(hidden, _valid(hidden, lengths // self.config.frames_per_unit))

    def hidden(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """What `forward` projects to latents: float [B, F / frames_per_unit, width]."""
        hidden = self._normalise(mel, lengths)
        for stage in self.stages:
            hidden, lengths = stage(hidden, lengths)
        return hidden

    def _normalise(self, mel: Tensor, lengths: Tensor) -> Tensor:
        if self.config.statistics == "fixed":
            return (mel - self.mean) / self.scale
        valid = _valid(mel, lengths)[..., None]
        count = lengths[:, None, None]
        mean = (mel * valid).sum(1, keepdim=True) / count
        variance = ((mel - mean).square() * valid).sum(1, keepdim=True) / count
        return (mel - mean) / (variance.sqrt() + 1e-5)
