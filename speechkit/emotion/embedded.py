"""The emotion scorer that comes with the package."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
from numpy.typing import ArrayLike

from speechkit.checkpoint import load_tensors, read_model_folder, save_model_folder
from speechkit.emotion.features import SAMPLE_RATE, EmotionFeatures, median_f0, speech_part
from speechkit.emotion.functionals import functionals
from speechkit.emotion.model import EmotionConfig, EmotionNet
from speechkit.errors import ConfigError
from speechkit.waveform import check, resample

BUNDLED = Path(__file__).parents[1] / "bundled" / "emotion"
ENROLLED = "enrolled"
"""Folder, inside a scorer's, of the network that knows the speaker's neutral."""
MIN_SECONDS = 0.1
PIECE_SECONDS = 8.0
"""Longer clips are scored in pieces of about this length, whose probabilities are averaged."""

S = TypeVar("S", bound="EmbeddedScorer")


class EmbeddedScorer:
    """Small networks trained on acted English speech by `recipes.emotion`; see the card for licence and figures.

    A stranger's clip is judged as it is. Once a few neutral clips of the speaker are enrolled, another network judges what a clip
    has over these: a high voice is no happy one then, and the median F0 counts.

    >>> scorer = EmbeddedScorer(EmotionNet(EmotionConfig(width=8, members=1)))
    >>> sorted(scorer.score([0.01] * 16000, 16000))
    ['angry', 'happy', 'neutral', 'sad']
    """

    def __init__(
        self,
        model: EmotionNet,
        fingerprint: str = "",
        *,
        relative: EmotionNet | None = None,
        neutral: torch.Tensor | None = None,
    ) -> None:
        """
        Args:
            model: judges a clip; a relative one needs `neutral`, or to be enrolled first.
            fingerprint: of the weights.
            relative: judges clips of speakers who are enrolled; None if `model` does that, or nothing.
            neutral: float32 [204], a speaker's mean, see `describe`.
        """
        self.model, self.fingerprint, self.neutral = model.eval(), fingerprint, neutral
        self.relative = model if model.config.relative else relative
        self.name = "embedded" if neutral is None else "embedded, enrolled"
        self.labels: tuple[str, ...] = model.config.labels
        self._features = EmotionFeatures()

    @classmethod
    def load(cls: type[S], folder: str | Path = BUNDLED) -> S:
        """Read a model folder written by `save`, and the one for enrolled speakers inside it; the bundled one by default.

        Raises:
            CheckpointError: the folder is incomplete or holds another kind of model.
        """
        model, fingerprint = _network(Path(folder))
        inner = Path(folder) / ENROLLED
        return cls(model, fingerprint, relative=_network(inner)[0] if inner.is_dir() else None)

    def save(self, folder: str | Path, *, card: str, half: bool = True) -> None:
        """Write config, weights and card of `model`."""
        tensors = self.model.state_dict()
        save_model_folder(folder, kind="emotion", config=self.model.config, tensors=tensors, card=card, half=half)

    @torch.inference_mode()
    def enrol(self: S, clips: Sequence[tuple[ArrayLike, int]]) -> S:
        """A scorer that knows how a speaker sounds when nothing is the matter.

        Args:
            clips: (float32 [T], sample rate) of the speaker's neutral speech, one or more; five of some seconds are good.
        Raises:
            ConfigError: no clips, or a scorer without a network for this. WaveformError, ShapeError: as `score`.
        Source: scores relative to a speaker's own neutral, Busso et al. 2011, "Iterative feature normalization".
        """
        if self.relative is None or not clips:
            why = "no clips" if self.relative is not None else f"no network for it, a folder {ENROLLED!r} in its own"
            raise ConfigError(f"this scorer cannot enrol a speaker: there is {why}.")
        neutral = torch.stack([self._whole(*clip) for clip in clips]).mean(0)
        return type(self)(self.relative, self.fingerprint, neutral=neutral)

    @torch.inference_mode()
    def score(self, waveform: ArrayLike, sample_rate: int) -> Mapping[str, float]:
        """See `EmotionScorer`; loudness does not count, clips of 2 to 8 seconds suit it best.

        Args:
            waveform: float32 [T] in [-1, 1], mono, any rate (resampled to 16 kHz here), at least 0.1 s.
        Raises:
            WaveformError: empty, too short, NaN or infinity. ShapeError: not mono. ConfigError: the model is relative and
            nobody is enrolled.
        """
        speech = self._speech(waveform, sample_rate)
        frames = self._features(speech)
        pieces = frames.tensor_split(max(1, round(len(frames) / (50 * PIECE_SECONDS))))
        values = torch.stack([self._values(functionals(piece), speech) for piece in pieces])
        shares = self.model.probabilities(values).double().mean(0)
        return dict(zip(self.labels, shares.tolist(), strict=True))

    @torch.inference_mode()
    def describe(self, waveform: ArrayLike, sample_rate: int) -> torch.Tensor:
        """What the network is given of a clip, whole: float32 [203], see `speechkit.emotion.functionals`; of a speaker who is
        enrolled float32 [204], with the median F0 in octaves, less the neutral.

        Raises:
            As `score`.
        """
        speech = self._speech(waveform, sample_rate)
        return self._values(functionals(self._features(speech)), speech)

    def _values(self, described: torch.Tensor, speech: torch.Tensor) -> torch.Tensor:
        if not self.model.config.relative:
            return described
        if self.neutral is None:
            raise ConfigError("this scorer judges speakers that it knows: enrol a few neutral clips first.")
        return torch.cat([described, median_f0(speech)[None]]) - self.neutral

    def _whole(self, waveform: ArrayLike, sample_rate: int) -> torch.Tensor:
        speech = self._speech(waveform, sample_rate)
        return torch.cat([functionals(self._features(speech)), median_f0(speech)[None]])

    def _speech(self, waveform: ArrayLike, sample_rate: int) -> torch.Tensor:
        samples = check(waveform, sample_rate, min_seconds=MIN_SECONDS)
        return speech_part(torch.from_numpy(resample(samples, sample_rate, SAMPLE_RATE).copy()))

    def with_temperature(self: S, temperature: float) -> S:
        """The same scorer, more (below 1) or less certain."""
        self.model.config = replace(self.model.config, temperature=temperature)
        return self


def _network(folder: Path) -> tuple[EmotionNet, str]:
    stored = read_model_folder(folder, kind="emotion")
    model = EmotionNet(EmotionConfig.from_dict(stored.config))
    load_tensors(model, stored.tensors)
    return model, stored.fingerprint
