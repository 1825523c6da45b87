"""The seams of the house on one page: what a stage may ask of another without knowing it."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]
"""float32 [T] in [-1, 1], mono."""


@runtime_checkable
class Transcriber(Protocol):
    """Speech to text."""

    name: str

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """Text of one utterance; empty when nothing is heard. `language` is "en" or "zh"."""
        ...


@runtime_checkable
class EmotionScorer(Protocol):
    """Speech to a probability per emotion."""

    name: str
    labels: tuple[str, ...]

    def score(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        """Probability per label, summing to 1."""
        ...


@runtime_checkable
class SpeakerEmbedder(Protocol):
    """Speech to a unit-norm voice vector."""

    name: str

    def embed(self, waveform: Waveform, sample_rate: int) -> NDArray[np.float32]:
        """float32 [D], L2 norm 1."""
        ...


@runtime_checkable
class QualityJudge(Protocol):
    """Speech to predicted mean opinion scores."""

    name: str

    def rate(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        """Score per scale, each in [1, 5], for instance {"overall": 3.2, "signal": 3.5, "background": 4.0}."""
        ...


@runtime_checkable
class Judge(Protocol):
    """A multimodal judge model behind a chat interface."""

    name: str

    def ask(self, system: str, prompt: str, media: tuple[str, ...] = ()) -> str:
        """The judge's answer as text; `media` are paths of audio, image or video files."""
        ...
