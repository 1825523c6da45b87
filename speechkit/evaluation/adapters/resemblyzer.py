"""Resemblyzer's GE2E speaker encoder: voice vectors from a package that carries its weights."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import DependencyError
from speechkit.protocols import Waveform
from speechkit.waveform import resample

SAMPLE_RATE, LEVEL_DB = 16000, -30.0


class ResemblyzerEmbedder:
    """256 values, L2 norm 1. Source: Wan et al. 2018, arXiv:1710.10467; loudness brought to -30 dB as its package does."""

    def __init__(self, model: str = "", *, device: str = "cpu") -> None:
        """Load.

        Args:
            model: ignored; the package has one.
            device: of torch.
        Raises:
            DependencyError: resemblyzer, or what it needs, is not installed.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of pkg_resources, which webrtcvad imports
                from resemblyzer import VoiceEncoder
        except ImportError as error:
            raise DependencyError(
                f"this embedder needs resemblyzer ({error}): pip install 'speechkit[eval]'."
            ) from error
        with contextlib.redirect_stdout(io.StringIO()):
            self._encoder: Any = VoiceEncoder(device, verbose=False)
        self.name = "resemblyzer"

    def embed(self, waveform: Waveform, sample_rate: int) -> NDArray[np.float32]:
        """float32 [256]; see `SpeakerEmbedder`."""
        samples = resample(waveform, sample_rate, SAMPLE_RATE)
        level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) or 1.0
        loud = samples * min(10 ** (LEVEL_DB / 20) / level, 1e3)
        vector = np.asarray(self._encoder.embed_utterance(loud.astype(np.float32)), np.float32)
        return vector / max(float(np.linalg.norm(vector)), 1e-12)
