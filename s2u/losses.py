"""S2U training losses: what the units must say (CTC, teacher) and what they must not mind (consistency)."""

import torch
from torch import Tensor, nn

from s2u.config import S2UConfig
from speechkit.lengths import length_mask


def ctc_loss(logits: Tensor, unit_lengths: Tensor, phones: Tensor, phone_lengths: Tensor) -> Tensor:
    """CTC per target phone (Graves et al. 2006), averaged over the batch, in float32; impossible alignments count 0.

    Args:
        logits: float [B, N, V + 1], blank last; unit_lengths: int64 [B].
        phones: int64 [B, S]; phone_lengths: int64 [B].
    """
    log_probabilities = logits.float().log_softmax(-1).transpose(0, 1)
    return nn.functional.ctc_loss(
        log_probabilities, phones, unit_lengths, phone_lengths, blank=logits.shape[-1] - 1, zero_infinity=True
    )


def masked_mean(values: Tensor, valid: Tensor) -> Tensor:
    """Mean of [B, N] over its valid positions."""
    return (values * valid).sum() / valid.sum().clamp_min(1)


def teacher_loss(predicted: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """One minus the cosine between predicted and teacher features, float [B, N, D] each, over valid bool [B, N]."""
    return masked_mean(1.0 - nn.functional.cosine_similarity(predicted.float(), target.float(), dim=-1), valid)


def target_loss(latents: Tensor, targets: Tensor, valid: Tensor) -> Tensor:
    """Mean absolute distance of bounded latents to targets, float [B, N, L] each, where valid [B, N] and not NaN."""
    known = valid & ~targets[..., 0].isnan()
    return masked_mean((latents.tanh() - targets.nan_to_num().tanh()).abs().mean(-1), known)


def frame_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of every unit's phone against an alignment's.

    Args:
        logits: float [B, N, V + 1]; labels: int64 [B, N], -1 where nothing is known.
    """
    known = labels >= 0
    entropy = nn.functional.cross_entropy(logits.float().mT, labels.clamp_min(0), reduction="none")
    return masked_mean(entropy, known)


def consistency_loss(first: Tensor, second: Tensor, valid: Tensor) -> Tensor:
    """Mean squared distance between two views of a clip: float [B, N, L] each, gradients to both."""
    return masked_mean((first - second).square().mean(-1), valid)


def correlation_loss(codes: Tensor, valid: Tensor) -> Tensor:
    """Squared correlations between different FSQ dimensions: low when the codebook is used as a product.

    (The covariance term of VICReg, arXiv:2105.04906, section 4.1, on standardised dimensions.)
    """
    values = codes[valid]
    normal = (values - values.mean(0)) / (values.std(0) + 1e-4)
    correlations = normal.T @ normal / max(1, len(values))
    return (correlations - torch.diag(torch.diag(correlations))).square().sum() / codes.shape[-1]


class FrameHead(nn.Module):
    """Codes to something known of every unit (teacher features, aligned phones), so that each says its sound and not only
    CTC's peaks; dropped after training."""

    def __init__(self, config: S2UConfig, features: int, width: int = 256) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(len(config.levels), width, 3, padding=1), nn.GELU(),
            nn.Conv1d(width, width, 3, padding=1), nn.GELU(), nn.Conv1d(width, features, 1),
        )  # fmt: skip

    def forward(self, codes: Tensor) -> Tensor:
        """float [B, N, L] -> float [B, N, features]."""
        return self.layers(codes.mT).mT


def unit_mask(lengths: Tensor, frames_per_unit: int, size: int) -> Tensor:
    """bool [B, size]: which units are inside their utterance of `lengths` mel frames."""
    return length_mask(lengths // frames_per_unit, size)
