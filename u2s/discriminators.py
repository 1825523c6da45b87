"""Discriminators of the last training stage: waveforms folded by periods, and spectrograms at several resolutions."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import weight_norm

from speechkit.config import Config
from u2s.spectral import framed_magnitude

SLOPE = 0.1


@dataclass(frozen=True, kw_only=True)
class DiscriminatorConfig(Config):
    """Sizes of the discriminators; the defaults are for a CPU, the papers' are 32 to 1024 channels."""

    periods: tuple[int, ...] = (2, 3, 5, 7, 11)
    """Periods by which a waveform is folded."""
    period_widths: tuple[int, ...] = (16, 32, 64, 128)
    """Channels of a period discriminator's layers; each shortens time by 3 but the last."""
    resolutions: tuple[int, ...] = (512, 1024, 2048)
    """FFT sizes of the spectrogram discriminators; their hop is a quarter."""
    resolution_width: int = 16
    """Channels of a spectrogram discriminator."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the discriminators say of a batch: a score map each, and their layers' features."""

    scores: list[Tensor]
    features: list[list[Tensor]]


class _Stack(nn.Module):
    """Convolutions with leaky ReLU between them; gives the score map and every layer's features."""

    def __init__(self, layers: list[nn.Conv2d], last: nn.Conv2d) -> None:
        super().__init__()
        self.layers = nn.ModuleList(weight_norm(layer) for layer in layers)
        self.last = weight_norm(last)

    def forward(self, picture: Tensor) -> tuple[Tensor, list[Tensor]]:
        """float [B, 1, H, W] to (scores, features)."""
        features = []
        for layer in self.layers:
            picture = nn.functional.leaky_relu(layer(picture), SLOPE)
            features.append(picture)
        return self.last(picture), features


class PeriodDiscriminator(nn.Module):
    """A waveform folded to rows of `period` samples. Source: HiFi-GAN, arXiv:2010.05646, section 2.3."""

    def __init__(self, period: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.period = period
        sizes = (1, *widths)
        layers = [
            nn.Conv2d(sizes[i], sizes[i + 1], (5, 1), stride=(3 if i + 1 < len(widths) else 1, 1), padding=(2, 0))
            for i in range(len(widths))
        ]
        self.stack = _Stack(layers, nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0)))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """float32 [B, T] to (scores, features)."""
        padded = nn.functional.pad(waveform, (0, -waveform.shape[-1] % self.period))
        return self.stack(padded.reshape(len(padded), 1, -1, self.period))


class ResolutionDiscriminator(nn.Module):
    """A log-magnitude spectrogram. Source: Jang et al. 2021 (UnivNet), arXiv:2106.07889, section 2.3. Changed: log."""

    def __init__(self, n_fft: int, width: int) -> None:
        super().__init__()
        self.n_fft = n_fft
        sizes = ((1, 1), (width, 2), (width, 2), (width, 2))
        layers = [
            nn.Conv2d(sizes[i][0], width, (3, 9), stride=(1, sizes[i][1]), padding=(1, 4)) for i in range(len(sizes))
        ]
        layers.append(nn.Conv2d(width, width, (3, 3), padding=1))
        self.stack = _Stack(layers, nn.Conv2d(width, 1, (3, 3), padding=1))

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """float32 [B, T] to (scores, features)."""
        hop = self.n_fft // 4
        cut = waveform[:, : waveform.shape[-1] // hop * hop]
        return self.stack(torch.log(framed_magnitude(cut, self.n_fft, hop) + 1e-2)[:, None])


class Discriminators(nn.Module):
    """All of them."""

    def __init__(self, config: DiscriminatorConfig = DiscriminatorConfig()) -> None:
        super().__init__()
        periods = [PeriodDiscriminator(period, config.period_widths) for period in config.periods]
        spectra = [ResolutionDiscriminator(n_fft, config.resolution_width) for n_fft in config.resolutions]
        self.members = nn.ModuleList([*periods, *spectra])

    def forward(self, waveform: Tensor) -> Judgement:
        """float32 [B, T] in [-1, 1]."""
        results = [member(waveform) for member in self.members]
        return Judgement(scores=[score for score, _ in results], features=[features for _, features in results])
