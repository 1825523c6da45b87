"""A loss that asks whether speech is heard as the units it was made of: a frozen S2U listens to what the decoder says.

Spectral distances let formants of similar sounds run into each other; the listener does not. It is the toolkit's own S2U, so the
recognisers that judge intelligibility stay independent of training.

Source: differentiable reward optimisation of CosyVoice 3, arXiv:2505.17589, which asks the same of generated tokens; here the
gradient goes through the waveform.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from s2u import S2U
from speechkit.errors import ConfigError


class Listener(nn.Module):
    """A frozen S2U behind a mel front end for 24 kHz."""

    n_fft, hop_length = 600, 240
    filters: Tensor
    window: Tensor

    def __init__(self, folder: str | Path) -> None:
        """
        Args:
            folder: S2U model folder.
        Raises:
            ConfigError: its mels are not the default's (16 kHz, n_fft 400, hop 160), or it does not score codes.
        """
        super().__init__()
        s2u = S2U.load(folder)
        mel = s2u.config.mel
        if (mel.sample_rate, mel.n_fft, mel.hop_length) != (16000, 400, 160) or s2u.config.projection != "posterior":
            raise ConfigError(f"{folder} cannot listen in training: it needs mels of 16 kHz, 400 and 160, and scored codes.")
        self.encoder, self.floor = s2u.encoder.requires_grad_(False), mel.floor
        self.register_buffer("filters", s2u.logmel.filters.clone(), persistent=False)
        self.register_buffer("window", torch.hann_window(self.n_fft), persistent=False)

    def mel(self, waveform: Tensor) -> Tensor:
        """float32 [B, T] at 24 kHz -> what the S2U's front end gives at 16 kHz, float32 [B, T / 240, 80].

        Both analyse 25 ms every 10 ms, so their bins are 40 Hz apart; the lower 201 are the same but for the window's sum.
        """
        reach = self.n_fft // 2
        padded = nn.functional.pad(waveform, (reach, reach - self.hop_length))
        bins = torch.stft(padded, self.n_fft, self.hop_length, window=self.window, center=False, return_complex=True)
        power = torch.view_as_real(bins[:, : self.filters.shape[1]]).square().sum(-1) / (self.n_fft / 400) ** 2
        return (self.filters @ power).clamp_min(self.floor).log().mT

    def forward(self, waveform: Tensor, units: Tensor, edge: int = 2) -> Tensor:
        """Cross-entropy of the units that were asked for, mean over the crop but `edge` units at its ends.

        Args:
            waveform: float32 [B, N * 960] at 24 kHz; units: int64 [B, N].
        """
        with torch.autocast(waveform.device.type, enabled=False):
            mel = self.mel(waveform)
        lengths = torch.full((len(mel),), mel.shape[1], device=mel.device)
        scores = self.encoder.scores(mel, lengths)[:, edge : units.shape[1] - edge]
        return nn.functional.cross_entropy(scores.float().flatten(0, 1), units[:, edge:-edge].flatten())
