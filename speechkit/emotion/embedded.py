"""The emotion scorer that comes with the package."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
from numpy.typing import ArrayLike

from speechkit.checkpoint import load_tensors, read_model_folder, save_model_folder
from speechkit.emotion.features import SAMPLE_RATE, EmotionFeatures, speech_part
from speechkit.emotion.functionals import functionals
from speechkit.emotion.model import EmotionConfig, EmotionNet
from speechkit.waveform import check, resample

BUNDLED = Path(__file__).parents[1] / "bundled" / "emotion"
MIN_SECONDS = 0.1
PIECE_SECONDS = 8.0
"""Longer clips are scored in pieces of about this length, whose probabilities are averaged."""

S = TypeVar("S", bound="EmbeddedScorer")


class EmbeddedScorer:
    """A small network trained on acted English speech by `recipes.emotion`; see its card for licence and figures.

    >>> scorer = EmbeddedScorer(EmotionNet(EmotionConfig(width=8, members=1)))
    >>> sorted(scorer.score([0.01] * 16000, 16000))
    ['angry', 'happy', 'neutral', 'sad']
    """

    name = "embedded"

    def __init__(self, model: EmotionNet, fingerprint: str = "") -> None:
        self.model, self.fingerprint = model.eval(), fingerprint
        self.labels: tuple[str, ...] = model.config.labels
        self._features = EmotionFeatures()

    @classmethod
    def load(cls: type[S], folder: str | Path = BUNDLED) -> S:
        """Read a model folder written by `save`; the bundled one by default.

        Raises:
            CheckpointError: the folder is incomplete or holds another kind of model.
        """
        stored = read_model_folder(folder, kind="emotion")
        model = EmotionNet(EmotionConfig.from_dict(stored.config))
        load_tensors(model, stored.tensors)
        return cls(model, stored.fingerprint)

    def save(self, folder: str | Path, *, card: str, half: bool = True) -> None:
        """Write config, weights and card."""
        tensors = self.model.state_dict()
        save_model_folder(folder, kind="emotion", config=self.model.config, tensors=tensors, card=card, half=half)

    @torch.inference_mode()
    def score(self, waveform: ArrayLike, sample_rate: int) -> Mapping[str, float]:
        """See `EmotionScorer`; loudness does not count, clips of 2 to 8 seconds suit it best.

        Args:
            waveform: float32 [T] in [-1, 1], mono, any rate (resampled to 16 kHz here), at least 0.1 s.
        Raises:
            WaveformError: empty, too short, NaN or infinity. ShapeError: not mono.
        """
        frames = self._frames(waveform, sample_rate)
        pieces = frames.tensor_split(max(1, round(len(frames) / (50 * PIECE_SECONDS))))
        shares = self.model.probabilities(torch.stack([functionals(piece) for piece in pieces])).double().mean(0)
        return dict(zip(self.labels, shares.tolist(), strict=True))

    @torch.inference_mode()
    def describe(self, waveform: ArrayLike, sample_rate: int) -> torch.Tensor:
        """What the network is given of a clip, whole: float32 [203], see `speechkit.emotion.functionals`.

        Raises:
            As `score`.
        """
        return functionals(self._frames(waveform, sample_rate))

    def _frames(self, waveform: ArrayLike, sample_rate: int) -> torch.Tensor:
        samples = check(waveform, sample_rate, min_seconds=MIN_SECONDS)
        return self._features(speech_part(torch.from_numpy(resample(samples, sample_rate, SAMPLE_RATE).copy())))  # type: ignore[no-any-return]

    def with_temperature(self: S, temperature: float) -> S:
        """The same scorer, more (below 1) or less certain."""
        self.model.config = replace(self.model.config, temperature=temperature)
        return self
