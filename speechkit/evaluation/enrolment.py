"""Emotion scorers that know the voices of a bank: each hears that voice's neutral style say other sentences first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from prototypes.bank import EMOTION, NEUTRAL
from speechkit.pipeline import Speechkit
from speechkit.protocols import EmotionScorer, EnrollingScorer
from speechkit.types import Speech, Units


class Enrolment:
    """Which scorer judges a rendition.

    A voice is everything but the emotion, the pitch that was asked for among it: a low voice is no sad one. The sentence that is
    judged is never among those that the scorer knows the voice by.
    """

    def __init__(
        self, kit: Speechkit, scorer: EmotionScorer, sentences: Sequence[str], units_of: Callable[[str], Units], seed: int
    ) -> None:
        """
        Args:
            kit: with a style bank.
            scorer: enrols speakers, or judges every voice as a stranger's.
            sentences: what `units_of` takes, one each; with fewer than two every voice is a stranger's.
            units_of: units of a sentence.
            seed: of the decoder's noise.
        """
        self._kit, self._bank, self._scorer, self._seed = kit, kit.styles, scorer, seed
        self._sentences, self._units_of = tuple(sentences), units_of
        self._neutral = lru_cache(maxsize=256)(self._speak)
        self._known = lru_cache(maxsize=256)(self._enrolled)

    @property
    def knows(self) -> bool:
        """Whether voices are enrolled at all."""
        able = isinstance(self._scorer, EnrollingScorer) and getattr(self._scorer, "relative", self._scorer) is not None
        return able and len(self._sentences) > 1 and NEUTRAL in self._bank.axes.get(EMOTION, ())

    def scorer_for(self, labels: Mapping[str, str], sentence: str) -> EmotionScorer:
        """For a rendition of `sentence` in the style `labels`."""
        return self._known(self._bank.neutral(labels).name, sentence) if self.knows else self._scorer

    def _enrolled(self, voice: str, sentence: str) -> EmotionScorer:
        others = [self._neutral(voice, other) for other in self._sentences if other != sentence]
        return self._scorer.enrol([(speech.samples, speech.sample_rate) for speech in others])  # type: ignore[attr-defined, no-any-return]

    def _speak(self, voice: str, sentence: str) -> Speech:
        neutral = next(item for item in self._bank if item.name == voice)
        return self._kit.decode(self._units_of(sentence), neutral, seed=self._seed)
