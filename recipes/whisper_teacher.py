"""A frozen Whisper encoder as the S2U's teacher: one feature vector per 40 ms unit, its speaker-dependent mean removed."""

import math
from pathlib import Path

import torch
from torch import Tensor, nn

from speechkit.errors import DependencyError
from speechkit.features import LogMel, LogMelConfig

UNIT_SAMPLES = 640


class WhisperTeacher:
    """Runs transformers' `WhisperEncoder` without its 30 s padding (Radford et al. 2022, arXiv:2212.04356, section 2.2)."""

    def __init__(self, folder: str | Path, dtype: torch.dtype = torch.bfloat16) -> None:
        try:
            from transformers.models.whisper.modeling_whisper import WhisperEncoder
        except ImportError as error:
            raise DependencyError("The Whisper teacher needs transformers: pip install 'speechkit[thinker]'.") from error
        self.encoder = WhisperEncoder.from_pretrained(str(folder)).eval()
        self.logmel = LogMel(LogMelConfig())
        self.dtype = dtype

    @torch.inference_mode()
    def features(self, waveform: Tensor) -> tuple[Tensor, Tensor]:
        """Log-mel frames and teacher features of one utterance.

        Args:
            waveform: float32 [T] at 16 kHz.
        Returns:
            mel float32 [F, 80] natural log at 100 Hz, F = 4 N; features float32 [N, D], per-utterance mean 0 and
            standard deviation 1 a dimension, N = ceil(T / 640).
        """
        mel = self.logmel.whole(waveform[None], UNIT_SAMPLES)
        decades = mel / math.log(10.0)
        decades = torch.maximum(decades, decades.amax() - 8.0)
        with torch.autocast("cpu", self.dtype):
            hidden = self._run((decades + 4.0) / 4.0)
        units = hidden[0].float().unflatten(0, (-1, 2)).mean(1)
        normal = (units - units.mean(0)) / (units.std(0, correction=0) + 1e-3)
        return mel[0].T, normal

    def _run(self, features: Tensor) -> Tensor:
        """Convolutions, positions, layers, final norm on [1, 80, F] -> [1, F / 2, D]."""
        encoder = self.encoder
        hidden = nn.functional.gelu(encoder.conv1(features))
        hidden = nn.functional.gelu(encoder.conv2(hidden)).mT
        hidden = hidden + encoder.embed_positions.weight[: hidden.shape[1]]
        for layer in encoder.layers:
            output = layer(hidden, None)
            hidden = output[0] if isinstance(output, tuple) else output
        return encoder.layer_norm(hidden)
