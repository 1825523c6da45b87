"""Prior: what the latent should be, given units, prosody and style."""

import torch
from torch import Tensor, nn

from u2s.blocks import convnext, merge_steps, split_steps
from u2s.config import U2SConfig
from u2s.posterior import Gaussian
from u2s.prosody import CHANNELS, normalise_prosody

STEPS_PER_UNIT = 2


class Prior(nn.Module):
    """p(z | units, prosody, style), two steps a unit. VITS section 2.1.2."""

    def __init__(self, config: U2SConfig) -> None:
        super().__init__()
        width = config.unit_width
        self.expand = nn.Linear(width, STEPS_PER_UNIT * width)
        self.style = nn.Linear(config.style_dim, width)
        self.prosody = nn.Linear(2 * CHANNELS, width) if config.prosody == "explicit" else None
        self.blocks = convnext(width, config.prior_layers, config.unit_kernel_size)
        self.norm = nn.LayerNorm(width)
        self.output = nn.Linear(width, 2 * config.latent_dim)

    def condition(self, hidden: Tensor, prosody: Tensor, style: Tensor) -> Tensor:
        """What prior and flow are conditioned on.

        Args:
            hidden: float [B, N, unit_width] of the unit encoder.
            prosody: float32 [B, 4N, 3].
            style: float [B, style_dim].
        Returns:
            float [B, 2N, unit_width].
        """
        steps = split_steps(self.expand(hidden), STEPS_PER_UNIT) + self.style(style)[:, None]
        if self.prosody is not None:
            steps = steps + self.prosody(merge_steps(normalise_prosody(prosody), 2))
        return self.norm(self.blocks(steps))

    def forward(self, condition: Tensor) -> Gaussian:
        """The distribution of the latent behind the flow, over 2N steps."""
        mean, log_sigma = self.output(condition).float().chunk(2, dim=-1)
        return Gaussian(mean=mean, log_sigma=torch.clamp(log_sigma, -4.0, 2.0))
