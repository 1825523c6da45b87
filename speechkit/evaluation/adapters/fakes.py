"""Judges that need no model: for tests, and for trying a suite out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from speechkit.protocols import Waveform
from speechkit.waveform import check


class FakeQualityJudge:
    """Rates by loudness: between 1 (silence) and 5 (full scale)."""

    name = "fake"
    scales = ("dnsmos_ovr",)

    def rate(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        """See `QualityJudge`."""
        samples = check(waveform, sample_rate)
        return {"dnsmos_ovr": 1.0 + 4.0 * min(1.0, float(np.abs(samples).max()))}


class FakeSpeakerEmbedder:
    """Energies of 16 bands, normalised."""

    name = "fake"

    def embed(self, waveform: Waveform, sample_rate: int) -> NDArray[np.float32]:
        """See `SpeakerEmbedder`."""
        spectrum = np.abs(np.fft.rfft(check(waveform, sample_rate), 4096))[:2048].reshape(16, -1).sum(axis=1)
        return (spectrum / max(float(np.linalg.norm(spectrum)), 1e-12)).astype(np.float32)


class FakeEmotionScorer:
    """Gives the loud the first emotion and the quiet the last."""

    name = "fake"

    def __init__(self, labels: tuple[str, ...] = ("angry", "happy", "neutral", "sad")) -> None:
        self.labels = labels

    def score(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        """See `EmotionScorer`."""
        loudness = min(1.0, float(np.abs(check(waveform, sample_rate)).mean()) * 5)
        place = (1 - loudness) * (len(self.labels) - 1)
        weights = np.exp(-np.abs(np.arange(len(self.labels)) - place))
        return dict(zip(self.labels, (weights / weights.sum()).tolist(), strict=True))
