"""Waveform generators: latent, prosody and style to samples. Two of them behind one call, chosen by config."""

from dataclasses import dataclass
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from u2s.blocks import convnext, merge_steps, split_steps
from u2s.config import U2SConfig
from u2s.excitation import phase_of, pulse_train, sample_f0
from u2s.hifigan import HiFiGAN
from u2s.prosody import CHANNELS, normalise_prosody
from u2s.spectral import inverse_spectrum, spectrum


@dataclass(frozen=True, kw_only=True)
class Excitation:
    """What drives the source-filter generator: both float32 [B, T], of unit power."""

    pulses: Tensor
    noise: Tensor


class Generator(Protocol):
    """The seam: S steps of latent to S * samples_per_step samples."""

    def __call__(self, latents: Tensor, prosody: Tensor, style: Tensor, excitation: Excitation) -> Tensor:
        """Generate.

        Args:
            latents: float [B, S, Z].
            prosody: float32 [B, 2S, 3].
            style: float [B, style_dim].
            excitation: T = S * samples_per_step; generators without a source leave it unread.
        Returns:
            float32 [B, T], not limited.
        """
        ...


class SourceFilterGenerator(nn.Module):
    """Complex filters, one a hop, that shape a pulse train and white noise in the STFT domain.

    X = exp(a + i p) * STFT(pulses) + exp(b) * STFT(noise), waveform = iSTFT(X); a, b, p come from a ConvNeXt backbone.
    The pitch of the output is the pitch of the pulses. a and b ride on the prosody's energy, so that an untrained model
    is already a plain vocoder.

    Source: backbone and iSTFT head after Siuzdak 2023 (Vocos), arXiv:2306.00814; source and filter in the STFT domain
    after Wang et al. 2019 (NSF), arXiv:1904.12088, and Lovelace et al. (harmonic plus noise models). Own combination.
    """

    def __init__(self, config: U2SConfig) -> None:
        super().__init__()
        shape = config.generator
        self.n_fft, self.hop_length = shape.n_fft, shape.hop_length
        self.bins = shape.n_fft // 2 + 1
        side = shape.kernel_size // 2
        self.latent = nn.Conv1d(config.latent_dim, shape.width, shape.kernel_size, padding=side)
        self.prosody = nn.Linear(2 * CHANNELS, shape.width)
        self.style = nn.Linear(config.style_dim, shape.width)
        self.input_norm = nn.LayerNorm(shape.width)
        self.blocks = convnext(shape.width, shape.layers, shape.kernel_size, shape.expansion)
        self.norm = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, 2 * 3 * self.bins)
        self._start_as_vocoder()

    def _start_as_vocoder(self) -> None:
        tilt = torch.linspace(0.0, 1.0, self.bins)
        frame = torch.cat([1.0 - 6.0 * tilt, torch.zeros(self.bins), -2.0 - 1.0 * tilt])
        with torch.no_grad():
            self.head.weight.mul_(0.3)
            self.head.bias.copy_(frame.repeat(2))

    def filters(self, latents: Tensor, prosody: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Harmonic filters complex64 and noise filters float32, both [B, 2S, bins]."""
        steps = self.latent(latents.transpose(1, 2)).transpose(1, 2) + self.style(style)[:, None]
        hidden = self.input_norm(steps + self.prosody(merge_steps(normalise_prosody(prosody), 2)))
        values = split_steps(self.head(self.norm(self.blocks(hidden))), 2).float()
        gain, angle, noise = values.split(self.bins, dim=-1)
        energy = prosody[..., 2:].clamp(-8.0, 0.0)
        harmonic = torch.polar(torch.exp((gain + energy).clamp(max=4.0)), angle)
        return harmonic, torch.exp((noise + energy).clamp(max=4.0))

    def forward(self, latents: Tensor, prosody: Tensor, style: Tensor, excitation: Excitation) -> Tensor:
        """See `Generator`."""
        harmonic, noise = self.filters(latents, prosody, style)
        with torch.autocast(latents.device.type, enabled=False):
            bins = harmonic * spectrum(excitation.pulses, self.n_fft, self.hop_length)
            bins = bins + noise * spectrum(excitation.noise, self.n_fft, self.hop_length)
            return inverse_spectrum(bins, self.hop_length)


def build_generator(config: U2SConfig) -> Generator:
    """The generator that the config names."""
    if config.generator.kind == "hifigan":
        return cast(Generator, HiFiGAN(config))
    return cast(Generator, SourceFilterGenerator(config))


def excite(prosody: Tensor, noise: Tensor, config: U2SConfig, phase: Tensor | None = None) -> Excitation:
    """Pulses that follow a prosody track, beside the given noise.

    Args:
        prosody: float32 [B, 4N, 3].
        noise: float32 [B, T] of unit power.
        phase: float64 [B, T] in cycles; the running sum of F0 when None.
    """
    f0 = sample_f0(prosody[..., 0], config.generator.hop_length)
    cycles = phase_of(f0, config.sample_rate) if phase is None else phase
    return Excitation(pulses=pulse_train(cycles, f0, config.sample_rate), noise=noise)


def breathe(noise: Tensor, voicing: Tensor, breath_db: float) -> Tensor:
    """Louder or softer noise where the voice sounds; 0 dB changes nothing.

    Args:
        noise: float32 [B, T].
        voicing: float32 [B, F], 0 or 1; T is a multiple of F.
    """
    if breath_db == 0.0:
        return noise
    gain = 1.0 + (10 ** (breath_db / 20) - 1.0) * voicing
    return noise * gain.repeat_interleave(noise.shape[1] // voicing.shape[1], dim=1)
