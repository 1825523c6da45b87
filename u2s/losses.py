"""What the decoder is trained with. Every function returns a scalar, a mean over what it compares."""

import torch
from torch import Tensor, nn

from u2s.posterior import Gaussian
from u2s.prosody import SCALE, ProsodyPrediction
from u2s.spectral import framed_magnitude, mel_filters

RESOLUTIONS = ((2048, 512), (1024, 256), (512, 128))
"""(n_fft, hop) of the spectral losses."""


class SpectralLoss(nn.Module):
    """Multi-resolution spectral distance: spectral convergence, log magnitude, and log mel.

    Per resolution: |S - T|_F / |T|_F + mean |log S - log T| + mel_weight * mean |log M S - log M T|.
    Source: Yamamoto et al. 2020 (Parallel WaveGAN), arXiv:1910.11480, equations 4-6; mel term of HiFi-GAN, equation 7.
    """

    def __init__(self, sample_rate: int, n_mels: int = 80, mel_weight: float = 2.0) -> None:
        super().__init__()
        self.mel_weight = mel_weight
        for n_fft, _ in RESOLUTIONS:
            filters = mel_filters(n_mels if n_fft >= 1024 else n_mels // 2, n_fft, sample_rate)
            self.register_buffer(f"filters_{n_fft}", filters, persistent=False)

    def forward(self, generated: Tensor, target: Tensor) -> Tensor:
        """Waveforms float32 [B, T], T a multiple of 512 or cut to it."""
        total = generated.new_zeros(())
        for n_fft, hop in RESOLUTIONS:
            length = generated.shape[-1] // hop * hop
            made = framed_magnitude(generated[:, :length], n_fft, hop)
            wanted = framed_magnitude(target[:, :length], n_fft, hop)
            filters = getattr(self, f"filters_{n_fft}")
            total = total + convergence(made, wanted) + log_distance(made, wanted, 1e-2)
            total = total + self.mel_weight * log_distance(made @ filters, wanted @ filters, 1e-3)
        return total / len(RESOLUTIONS)


def convergence(made: Tensor, wanted: Tensor) -> Tensor:
    """Frobenius norm of the difference over that of the target."""
    return torch.linalg.vector_norm(made - wanted) / torch.linalg.vector_norm(wanted).clamp(min=1e-3)


def log_distance(made: Tensor, wanted: Tensor, floor: float) -> Tensor:
    """Mean absolute difference of natural logs, both raised by `floor`."""
    return (torch.log(made + floor) - torch.log(wanted + floor)).abs().mean()


def kl_to_prior(posterior: Gaussian, flowed: Tensor, prior: Gaussian) -> Tensor:
    """KL between posterior and flow prior, one sample of z, mean over steps and channels.

    log sp - log sq - 1/2 + (f(z) - mp)^2 / (2 sp^2). Source: VITS, equations 3 and 4 (the flow's determinant is 1).

    Args:
        flowed: f(z) float [B, S, Z] for the z that was drawn from `posterior`.
    """
    distance = (flowed.float() - prior.mean).square() * torch.exp(-2 * prior.log_sigma) / 2
    return (prior.log_sigma - posterior.log_sigma - 0.5 + distance).mean()


def kl_to_standard(posterior: Gaussian) -> Tensor:
    """KL(q || N(0, 1)), mean over steps and channels: stage 1, before there is a prior."""
    variance = torch.exp(2 * posterior.log_sigma)
    return ((posterior.mean.square() + variance - 1) / 2 - posterior.log_sigma).mean()


def prosody_loss(predicted: ProsodyPrediction, target: Tensor) -> Tensor:
    """L1 of log-F0 (unvoiced frames count 0.1) and energy, and of the voice's mean; cross-entropy of voicing.

    Args:
        target: float32 [B, 4N, 3], as `prosody_target` gives it.
    """
    voiced = target[..., 1]
    weight = 0.1 + 0.9 * voiced
    pitch = ((predicted.log_f0 - target[..., 0]).abs() * weight).sum() / weight.sum() / SCALE[0]
    share = voiced.sum(dim=1)
    mean = (target[..., 0] * voiced).sum(dim=1) / share.clamp(min=1)
    voice = ((predicted.mean_log_f0[:, 0, 0] - mean).abs() * (share > 20)).mean() / SCALE[0]
    voicing = nn.functional.binary_cross_entropy_with_logits(predicted.voicing_logit, voiced)
    energy = (predicted.energy - target[..., 2]).abs().mean() / SCALE[2]
    return 2 * pitch + 0.5 * voice + voicing + energy


def discriminator_loss(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Least squares: real to 1, fake to 0. Source: Mao et al. 2017, arXiv:1611.04076."""
    pairs = zip(real, fake, strict=True)
    return sum((((1 - r) ** 2).mean() + (f**2).mean() for r, f in pairs), torch.zeros(())) / len(real)


def adversarial_loss(fake: list[Tensor]) -> Tensor:
    """Least squares: fake to 1."""
    return sum((((1 - f) ** 2).mean() for f in fake), torch.zeros(())) / len(fake)


def feature_loss(real: list[list[Tensor]], fake: list[list[Tensor]]) -> Tensor:
    """Mean L1 between the features of each layer, relative to their size. HiFi-GAN, equation 8."""
    terms = [
        (r.detach() - f).abs().mean() / (r.detach().abs().mean() + 1e-3)
        for one, other in zip(real, fake, strict=True)
        for r, f in zip(one, other, strict=True)
    ]
    return torch.stack(terms).mean()
