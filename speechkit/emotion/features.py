"""What an emotion scorer hears of a clip: log-mel at one loudness, and the melody relative to its own median."""

import math

import torch
from torch import Tensor, nn

from speechkit.features import LogMel, LogMelConfig

SAMPLE_RATE = 16000
HOP = 320
WINDOW = 800
NUM_MELS = 80
MELODY = 3
WIDTH = NUM_MELS + MELODY
"""Values a frame: log-mel, then melody in octaves, its slope, and periodicity."""
LEVEL = 0.06
LOWEST_HZ, HIGHEST_HZ = 60.0, 520.0
DEFAULT_OCTAVES = math.log2(150.0)
"""Octaves, of clips in which nothing is voiced."""
PERIODIC = 0.5
"""Frames whose normalised autocorrelation peaks above this are voiced."""


def speech_part(waveform: Tensor, below_db: float = 35.0, margin_seconds: float = 0.1) -> Tensor:
    """Cut off what lies before and after the speech: 10 ms pieces more than 35 dB under the loudest, less a margin.

    Args:
        waveform: float32 [T] at 16 kHz; silence comes back as it is.
    """
    piece, margin = SAMPLE_RATE // 100, round(margin_seconds * SAMPLE_RATE)
    power = waveform[: len(waveform) // piece * piece].reshape(-1, piece).square().mean(1)
    if len(power) == 0 or float(power.max()) <= 0:
        return waveform
    loud = torch.nonzero(power > power.max() * 10 ** (-below_db / 10))[:, 0]
    return waveform[max(0, int(loud[0]) * piece - margin) : (int(loud[-1]) + 1) * piece + margin]


def at_level(waveform: Tensor) -> Tensor:
    """Scale float32 [T] so that its loud part (20 ms frames within 30 dB of the loudest) has a root mean square of 0.06."""
    frames = waveform[: len(waveform) // HOP * HOP].reshape(-1, HOP).square().mean(1)
    if len(frames) == 0 or float(frames.max()) <= 0:
        return waveform
    return waveform * (LEVEL / frames[frames >= frames.max() * 1e-3].mean().sqrt())


def pitch_track(waveform: Tensor) -> tuple[Tensor, Tensor]:
    """F0 by normalised autocorrelation, 50 frames a second.

    Args:
        waveform: float32 [T] at 16 kHz, T >= 800.
    Returns:
        Hz float32 [F] in [60, 520], and periodicity float32 [F] in [0, 1]; frame f looks at 800 samples from 320 f.
    Source: Boersma 1993: the autocorrelation of the windowed frame over that of the window.
    """
    window = torch.hann_window(WINDOW, device=waveform.device)
    frames = waveform.unfold(0, WINDOW, HOP)
    frames = (frames - frames.mean(1, keepdim=True)) * window
    correlation = torch.fft.irfft(torch.fft.rfft(frames, 2048).abs().square())
    of_window = torch.fft.irfft(torch.fft.rfft(window, 2048).abs().square())
    lags = torch.arange(round(SAMPLE_RATE / HIGHEST_HZ), round(SAMPLE_RATE / LOWEST_HZ) + 1, device=waveform.device)
    energy = correlation[:, :1].clamp_min(1e-9)
    salience = (correlation[:, lags] / energy) / (of_window[lags] / of_window[0])
    prior = 0.02 * torch.log2(lags[0] / lags)  # a period fits twice: prefer the shorter one
    best = (salience + prior).argmax(1)
    return SAMPLE_RATE / lags[best], salience.gather(1, best[:, None])[:, 0].clamp(0.0, 1.0)


def median_f0(waveform: Tensor) -> Tensor:
    """Median F0 in octaves, log2 Hz, a scalar; of 150 Hz where nothing is voiced.

    Args:
        waveform: float32 [T] at 16 kHz; padded with zeros to 800 samples where shorter.
    """
    hertz, periodicity = pitch_track(nn.functional.pad(waveform, (0, max(0, WINDOW - len(waveform)))))
    voiced = periodicity > PERIODIC
    return torch.log2(hertz[voiced].median()) if bool(voiced.any()) else waveform.new_tensor(DEFAULT_OCTAVES)


def melody(waveform: Tensor) -> Tensor:
    """Melody of a clip: octaves from its own median, octaves per 20 ms, periodicity; float32 [F, 3].

    The first two are 0 where the frame is unvoiced; octave errors are folded towards the median.
    """
    hertz, periodicity = pitch_track(waveform)
    voiced = periodicity > PERIODIC
    octaves = torch.log2(hertz)
    octaves = octaves - (octaves[voiced].median() if bool(voiced.any()) else DEFAULT_OCTAVES)
    octaves = torch.where(octaves.abs() > 0.75, octaves - octaves.sign(), octaves) * voiced
    both = voiced[1:] & voiced[:-1]
    slope = torch.nn.functional.pad((octaves[1:] - octaves[:-1]).clamp(-0.3, 0.3) * both, (1, 0))
    return torch.stack([octaves.clamp(-1.0, 1.0), slope, periodicity], dim=1)


class EmotionFeatures(nn.Module):
    """Waveform to frames; nothing is learned."""

    def __init__(self) -> None:
        super().__init__()
        config = LogMelConfig(sample_rate=SAMPLE_RATE, n_fft=WINDOW, hop_length=HOP, num_mels=NUM_MELS)
        self.logmel = LogMel(config)

    @torch.no_grad()
    def forward(self, waveform: Tensor) -> Tensor:
        """One clip to frames, 50 a second.

        Args:
            waveform: float32 [T] at 16 kHz, any loudness; padded with zeros to 800 samples where shorter.
        Returns:
            float32 [F, 83], F = (T - 800) // 320 + 1; log-mels scaled to about unit size.
        """
        samples = nn.functional.pad(at_level(waveform), (0, max(0, WINDOW - len(waveform))))
        mel = self.logmel(samples[None])[0].T
        return torch.cat([(mel + 9.0) / 4.0, melody(samples)], dim=1)
