"""emotion2vec through funasr: nine bilingual labels, of which the wanted ones are kept and renormalised."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from speechkit.errors import CheckpointError, ConfigError, DependencyError
from speechkit.metrics.emotion_control import plain_label, restrict_scores
from speechkit.waveform import check, resample

DEFAULT_MODEL = "iic/emotion2vec_plus_large"
SAMPLE_RATE = 16000
MIN_SECONDS = 0.1


class Emotion2vecScorer:
    """A funasr `AutoModel` that tells emotions apart: a local folder, or an id that funasr fetches.

    Source: Ma et al. 2023, arXiv:2312.15185. funasr works beside a CPU torch only without torchaudio.
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        *,
        labels: tuple[str, ...] = ("neutral", "happy", "sad", "angry"),
        threads: int = 2,
    ) -> None:
        """Load.

        Args:
            model: a local model folder (config.yaml, model.pt, tokens.txt), or a hub id.
            labels: what to keep, by the English part of the model's labels.
            threads: CPU threads.
        Raises:
            DependencyError: funasr is not installed, or cannot be imported here.
            CheckpointError: the model cannot be loaded.
        """
        try:
            from funasr import AutoModel
        except (ImportError, OSError) as error:
            raise DependencyError(
                f"emotion2vec needs funasr ({error}): pip install 'speechkit[emotion2vec]'."
            ) from error
        try:
            self._model: Any = AutoModel(
                model=model, device="cpu", ncpu=threads, disable_update=True, disable_pbar=True, log_level="ERROR"
            )
        except Exception as error:
            raise CheckpointError(f"funasr cannot load {model!r}: {error}") from error
        self.labels, self.name = labels, f"emotion2vec:{model}"

    def score(self, waveform: ArrayLike, sample_rate: int) -> Mapping[str, float]:
        """See `EmotionScorer`.

        Args:
            waveform: float32 [T] in [-1, 1], mono, any rate (resampled to 16 kHz here), at least 0.1 s.
        Raises:
            WaveformError: empty, too short, NaN or infinity. ShapeError: not mono.
            ConfigError: the model has no such labels, or gives no finite scores for them.
        """
        samples = resample(check(waveform, sample_rate, min_seconds=MIN_SECONDS), sample_rate, SAMPLE_RATE)
        answer = self._model.generate(
            input=np.asarray(samples, np.float32), fs=SAMPLE_RATE, granularity="utterance", extract_embedding=False
        )[0]
        scores = {
            plain_label(label): float(score) for label, score in zip(answer["labels"], answer["scores"], strict=True)
        }
        kept = restrict_scores(scores, self.labels)
        if kept is None:
            raise ConfigError(f"{self.name} gives {scores}; finite scores of {', '.join(self.labels)} are needed.")
        return kept
