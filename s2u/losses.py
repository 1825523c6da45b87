"""S2U training losses: what every unit must say."""

import torch
from torch import Tensor, nn

from s2u.fsq import unbound
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


def level_loss(latents: Tensor, levels: Tensor, sizes: tuple[int, ...], valid: Tensor) -> Tensor:
    """How far latents lie from the centres of the wanted levels, where these are known; free beyond the outer centres.

    Nearly absolute (Huber's with a corner of 0.1): where two sounds are likely, the median is one of them, the mean neither.

    Args:
        latents: float [B, N, L] before FSQ's bound; levels: int64 [B, N, L], -1 where unknown.
        sizes: L numbers of levels; valid: bool [B, N].
    """
    wanted = level_centres(levels, torch.tensor(sizes, device=levels.device)).to(latents)
    reached = torch.where(levels == 0, latents.maximum(wanted), latents)
    reached = torch.where(levels == torch.tensor(sizes, device=levels.device) - 1, reached.minimum(wanted), reached)
    distance = nn.functional.huber_loss(reached.float(), wanted.float(), reduction="none", delta=0.1) / 0.1
    return masked_mean(distance.mean(-1), valid & (levels[..., 0] >= 0))


def level_centres(levels: Tensor, sizes: Tensor, inset: float = 0.245) -> Tensor:
    """Latents at the centres of levels int64 [..., L]; the outermost are `inset` nearer to the middle, where tanh still moves."""
    return unbound(levels.clamp(min=inset).minimum(sizes - 1 - inset), sizes)


def frame_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of every unit's phone against an alignment's.

    Args:
        logits: float [B, N, V + 1]; labels: int64 [B, N], -1 where nothing is known.
    """
    known = labels >= 0
    entropy = nn.functional.cross_entropy(logits.float().mT, labels.clamp_min(0), reduction="none")
    return masked_mean(entropy, known)


def unit_mask(lengths: Tensor, frames_per_unit: int, size: int) -> Tensor:
    """bool [B, size]: which units are inside their utterance of `lengths` mel frames."""
    return length_mask(lengths // frames_per_unit, size)
