"""Hidden features to FSQ latents: straight, or by way of the most probable point of the grid."""

import torch
from torch import Tensor, nn

from s2u.config import S2UConfig
from s2u.fsq import digits, unbound


class Projection(nn.Module):
    """Two convolutions of kernel 3 and a linear map (the linear map alone where bottleneck_width is 0, as in EMOVA).

    With `projection: "posterior"` the map scores every code of the codebook, as a recogniser scores tied phone contexts,
    and the latents are the best code's place on the grid. A number that has to hit one of eight levels four times over
    wavers between two sounds by naming a third; a score for each does not.
    """

    def __init__(self, inputs: int, config: S2UConfig) -> None:
        super().__init__()
        self.levels, self.posterior = config.levels, config.projection == "posterior"
        width, outputs = config.bottleneck_width, config.num_units if self.posterior else len(config.levels)
        widths = [inputs, *[width] * (2 if width else 0)]
        self.convolutions = nn.ModuleList(nn.Conv1d(widths[i], width, 3, padding=1) for i in range(len(widths) - 1))
        self.out = nn.Linear(widths[-1], outputs)

    def scores(self, hidden: Tensor, valid: Tensor) -> Tensor:
        """float [B, N, D], bool [B, N] -> logits of the codes [B, N, K], or latents [B, N, L] if projected straight."""
        for convolution in self.convolutions:
            hidden = nn.functional.gelu(convolution((hidden * valid[..., None]).mT).mT)
        return self.out(hidden)

    def latents(self, scores: Tensor, codes: Tensor | None = None) -> Tensor:
        """What FSQ gets of `scores`: float [B, N, L]; with `codes` int64 [B, N], those instead of the most probable ones."""
        return best_place(scores, self.levels, codes) if self.posterior else scores

    def forward(self, hidden: Tensor, valid: Tensor) -> Tensor:
        """float [B, N, D], bool [B, N] -> latents float [B, N, L]."""
        return self.latents(self.scores(hidden, valid))


def best_place(scores: Tensor, levels: tuple[int, ...], codes: Tensor | None = None) -> Tensor:
    """Latents at the most probable code, pulled towards the runner-up: to the boundary between them when it is as probable.

    So the margin that FSQ reports tells how sure the code is. No gradient: the scores are trained by themselves.

    Args:
        scores: float [B, N, K], K the product of levels.
        codes: int64 [B, N], codes chosen by other means; the best of the others is their runner-up.
    Returns:
        float32 [B, N, L].
    """
    scores = scores.detach().float()
    chosen = scores.argmax(-1) if codes is None else codes
    rivals = scores.scatter(-1, chosen[..., None], -torch.inf).max(-1)
    first, second = digits(chosen, levels), digits(rivals.indices, levels)
    odds = (rivals.values - scores.gather(-1, chosen[..., None])[..., 0]).clamp(max=0.0).exp()[..., None]
    place = first + 0.499 * odds * (second - first).clamp(-1, 1)
    return unbound(place, torch.tensor(levels, device=scores.device))
