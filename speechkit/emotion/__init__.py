"""Recognisers of emotion behind one protocol: for ranking style prototypes and for measuring, never part of synthesis."""

from speechkit.emotion.embedded import EmbeddedScorer
from speechkit.emotion.emotion2vec import Emotion2vecScorer
from speechkit.emotion.registry import scorer

__all__ = ["EmbeddedScorer", "Emotion2vecScorer", "scorer"]
