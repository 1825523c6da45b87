"""The embedded emotion scorer's networks: a clip's functionals, standardised, through two layers to one logit an emotion."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from speechkit.config import Config
from speechkit.emotion.functionals import WIDTH
from speechkit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class EmotionConfig(Config):
    """Shape of the network."""

    labels: tuple[str, ...] = ("neutral", "happy", "sad", "angry")
    """What it tells apart, in the order of its logits."""
    width: int = 64
    """Hidden values of a member."""
    members: int = 4
    """Networks, trained apart, whose logits are averaged."""
    dropout: float = 0.3
    """In training, on the hidden values; two thirds of it on the input."""
    temperature: float = 1.0
    """What logits are divided by before the softmax; set on held-out data."""
    relative: bool = False
    """Whether it reads what a clip has over the speaker's own neutral, its median F0 included, instead of the clip."""

    def __post_init__(self) -> None:
        if len(set(self.labels)) != len(self.labels) or len(self.labels) < 2:
            raise ConfigError(f"labels must be two or more different names, got {list(self.labels)}.")
        if self.temperature <= 0:
            raise ConfigError(f"temperature must be positive, got {self.temperature}.")

    @property
    def inputs(self) -> int:
        """Values the network reads of a clip: 203 functionals, and the median F0 where it is relative."""
        return WIDTH + self.relative


class EmotionNet(nn.Module):
    """Functionals to logits: standardise, then the mean over members of linear, GELU, linear."""

    mean: Tensor
    scale: Tensor

    def __init__(self, config: EmotionConfig = EmotionConfig()) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(config.inputs))
        self.register_buffer("scale", torch.ones(config.inputs))
        self.members = nn.ModuleList(
            nn.Sequential(
                nn.Dropout(config.dropout / 1.5),
                nn.Linear(config.inputs, config.width),
                nn.GELU(),
                nn.Dropout(config.dropout),
                nn.Linear(config.width, len(config.labels)),
            )
            for _ in range(config.members)
        )

    def forward(self, functionals: Tensor) -> Tensor:
        """Logits of each member.

        Args:
            functionals: float32 [B, config.inputs], see `speechkit.emotion.functionals`, less the speaker's neutral where relative.
        Returns:
            float32 [members, B, E], in the order of `config.labels`.
        """
        standard = (functionals - self.mean) / self.scale
        return torch.stack([member(standard) for member in self.members])

    def probabilities(self, functionals: Tensor) -> Tensor:
        """Softmax of the members' mean logits over the temperature; float32 [B, E]."""
        return (self(functionals).mean(0) / self.config.temperature).softmax(-1)
