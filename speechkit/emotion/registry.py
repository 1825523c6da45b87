"""From short texts such as `embedded` or `emotion2vec:/models/emotion2vec` to scorers."""

from collections.abc import Callable

from speechkit.emotion.embedded import BUNDLED, EmbeddedScorer
from speechkit.emotion.emotion2vec import DEFAULT_MODEL, Emotion2vecScorer
from speechkit.errors import ConfigError
from speechkit.protocols import EmotionScorer

SCORERS: dict[str, Callable[[str], EmotionScorer]] = {
    "embedded": lambda model: EmbeddedScorer.load(model or BUNDLED),
    "emotion2vec": lambda model: Emotion2vecScorer(model or DEFAULT_MODEL),
}
"""Scorers by name; each takes a model folder or hub id, or an empty text for its default."""


def scorer(spec: str = "embedded") -> EmotionScorer:
    """Make a scorer from `name` or `name:model`.

    Raises:
        ConfigError: an unknown name. DependencyError, CheckpointError: from the scorer.
    """
    name, _, model = spec.partition(":")
    if name not in SCORERS:
        raise ConfigError(f"there is no emotion scorer {name!r}; there are {', '.join(sorted(SCORERS))}.")
    return SCORERS[name](model)
