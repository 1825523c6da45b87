"""The phone decoder: a small convolutional CTC head on the FSQ codes, for training and for reading phones out of units."""

import torch
from torch import Tensor, nn

from s2u.config import S2UConfig


class PhoneDecoder(nn.Module):
    """Codes to phone logits: four convolutions of kernel 5, then a linear map (EMOVA appendix A.1)."""

    def __init__(self, config: S2UConfig, layers: int = 4, kernel: int = 5) -> None:
        super().__init__()
        widths = [len(config.levels), *[config.phone_width] * layers]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(widths[i], widths[i + 1], kernel, padding=kernel // 2) for i in range(layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(config.phone_width) for _ in range(layers))
        self.out = nn.Linear(config.phone_width, config.num_phones + 1)

    @property
    def blank(self) -> int:
        """Index of the CTC blank, the last one."""
        return self.out.out_features - 1

    def forward(self, codes: Tensor, valid: Tensor | None = None) -> Tensor:
        """Logits per unit.

        Args:
            codes: float [B, N, L] in [-1, 1]; valid: bool [B, N], padding is zeroed before each convolution.
        Returns:
            float [B, N, num_phones + 1].
        """
        hidden = codes
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            if valid is not None:
                hidden = hidden * valid[..., None]
            hidden = nn.functional.relu(norm(convolution(hidden.mT).mT))
            hidden = nn.functional.dropout(hidden, 0.1, self.training)
        return self.out(hidden)


def collapse(best: list[int], blank: int) -> list[int]:
    """CTC's collapse: merge repeats, then drop blanks (Graves et al. 2006, section 3.1).

    >>> collapse([9, 5, 5, 9, 5, 7, 7, 9], blank=9)
    [5, 5, 7]
    """
    return [label for i, label in enumerate(best) if label != blank and (i == 0 or label != best[i - 1])]


@torch.inference_mode()
def greedy_phones(decoder: PhoneDecoder, codes: Tensor) -> list[list[int]]:
    """Best phone ids of each row of codes float [B, N, L] (no padding)."""
    return [collapse(row, decoder.blank) for row in decoder(codes).argmax(-1).tolist()]
