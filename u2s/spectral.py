"""Spectra on torch alone: frames that line up with units, mel filters, and the distances that train the generator."""

import math
from functools import lru_cache

import torch
from torch import Tensor, nn


@lru_cache(maxsize=32)
def _hann(size: int, device: torch.device) -> Tensor:
    with torch.inference_mode(False):  # the cache may be filled by a decode and used by a training step
        return torch.hann_window(size, periodic=True, device=device)


def frames(waveform: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """Cut into windows centred on the hops: frame f covers samples hop*f + (hop - n_fft)/2 onward; zeros outside.

    Args:
        waveform: float32 [B, F * hop_length].
    Returns:
        float32 [B, F, n_fft], not windowed.
    """
    side = (n_fft - hop_length) // 2
    return nn.functional.pad(waveform, (side, n_fft - hop_length - side)).unfold(1, n_fft, hop_length)


def spectrum(waveform: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """Hann-windowed spectrum of `frames`: complex64 [B, F, n_fft // 2 + 1]."""
    return torch.fft.rfft(frames(waveform.float(), n_fft, hop_length) * _hann(n_fft, waveform.device))


def framed_magnitude(waveform: Tensor, n_fft: int, hop_length: int) -> Tensor:
    """Magnitude of `spectrum`, float32 [B, F, n_fft // 2 + 1]; its gradient is safe where the waveform is silent."""
    bins = torch.view_as_real(spectrum(waveform, n_fft, hop_length))
    return torch.sqrt(bins.square().sum(-1) + 1e-9)


def inverse_spectrum(bins: Tensor, hop_length: int) -> Tensor:
    """Waveform of a spectrum by windowed overlap-add, the inverse of `spectrum` when n_fft is four hops.

    Args:
        bins: complex64 [B, F, n_fft // 2 + 1].
    Returns:
        float32 [B, F * hop_length].
    """
    pieces = torch.fft.irfft(bins)
    n_fft = pieces.shape[-1]
    window = _hann(n_fft, pieces.device)
    cover = overlap_add((window * window).expand(1, bins.shape[1], -1), hop_length)
    return overlap_add(pieces * window, hop_length) / cover


def overlap_add(pieces: Tensor, hop_length: int) -> Tensor:
    """Sum pieces [B, F, n_fft] at every hop and cut to the F * hop_length samples that `frames` was made from."""
    batch, count, n_fft = pieces.shape
    overlap = n_fft // hop_length
    parts = pieces.reshape(batch, count, overlap, hop_length)
    total = sum(nn.functional.pad(parts[:, :, k], (0, 0, k, overlap - 1 - k)) for k in range(overlap))
    side = (n_fft - hop_length) // 2
    return total.reshape(batch, -1)[:, side : side + count * hop_length]  # type: ignore[union-attr]


def mel_filters(n_mels: int, n_fft: int, sample_rate: int) -> Tensor:
    """Triangular filters from 0 to half the rate, equally spaced in mel = 1127 ln(1 + Hz / 700), each summing to 1.

    Returns:
        float32 [n_fft // 2 + 1, n_mels].
    """
    top = 1127 * math.log(1 + sample_rate / 2 / 700)
    edges = 700 * (torch.exp(torch.linspace(0, top, n_mels + 2, dtype=torch.float64) / 1127) - 1)
    hertz = torch.linspace(0, sample_rate / 2, n_fft // 2 + 1, dtype=torch.float64)[:, None]
    rising = (hertz - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - hertz) / (edges[2:] - edges[1:-1])
    filters = torch.minimum(rising, falling).clamp(min=0)
    return (filters / filters.sum(0).clamp(min=1e-8)).float()


class LogMel(nn.Module):
    """Natural log of the mel magnitude, [B, F, n_mels]; F = samples / hop_length."""

    filters: Tensor

    def __init__(self, n_mels: int, n_fft: int, hop_length: int, sample_rate: int) -> None:
        super().__init__()
        self.n_fft, self.hop_length = n_fft, hop_length
        self.register_buffer("filters", mel_filters(n_mels, n_fft, sample_rate), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        """Waveform float32 [B, F * hop_length] to float32 [B, F, n_mels]."""
        return torch.log(framed_magnitude(waveform, self.n_fft, self.hop_length) @ self.filters + 1e-3)
