"""Emotion controllability: which emotion a recogniser hears when one was requested."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from speechkit.errors import ConfigError
from speechkit.metrics.aggregate import Clusters, check_same_length
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.classification import accuracy, class_results, unweighted_recall
from speechkit.metrics.confusion import Confusion, confusion
from speechkit.metrics.missing_values import best_label
from speechkit.metrics.result import MetricResult

CONTROL_LABELS = ("neutral", "happy", "sad", "angry")
"""The four requested emotions, in EMOVA's order."""

EMOTION2VEC_LABELS = ("angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "<unk>")
"""Labels of emotion2vec_plus_large, in its order."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EmotionControl:
    """Confusion of requested (rows) and recognised (columns) emotions, and its summaries."""

    confusion: Confusion
    """Counts, with a last column "<none>" for scores that were NaN."""
    accuracy: MetricResult
    """Trace / items."""
    uar: MetricResult
    """Mean recall; the one to read when the requests are not equally many."""


def plain_label(label: str) -> str:
    """The English part of a recogniser's label.

    >>> plain_label("生气/angry"), plain_label("happy")
    ('angry', 'happy')
    """
    return label.rpartition("/")[2].strip()


def restrict_scores(scores: Mapping[str, float], labels: Sequence[str] = CONTROL_LABELS) -> dict[str, float] | None:
    """Scores of some labels, divided by their sum.

    Args:
        scores: score per label of the recogniser; bilingual labels are accepted.
        labels: the labels to keep.
    Returns:
        Shares summing to 1; None when a score is missing or not finite, or the sum is not positive.
    Raises:
        ConfigError: two labels of the recogniser have one English name.
    """
    named = {plain_label(label): float(score) for label, score in scores.items()}
    if len(named) != len(scores):
        raise ConfigError(f"labels {list(scores)} are not distinct after taking the part behind '/'.")
    kept = [named.get(label, math.nan) for label in labels]
    total = sum(kept)
    if not all(map(math.isfinite, kept)) or total <= 0:
        return None
    return {label: score / total for label, score in zip(labels, kept, strict=True)}


def recognised_emotion(scores: Mapping[str, float] | None, labels: Sequence[str] = CONTROL_LABELS) -> str:
    """Best of the requested labels; the first of them wins ties; "<none>" for NaN, missing or no scores at all."""
    return best_label({plain_label(label): score for label, score in (scores or {}).items()}, labels)


def emotion_control(
    requested: Sequence[str],
    scores: Sequence[Mapping[str, float] | None],
    *,
    labels: Sequence[str] = CONTROL_LABELS,
    recogniser: str = "emotion2vec_plus_large",
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> EmotionControl:
    """Confusion matrix of requested and recognised emotions.

    Args:
        requested: emotion each utterance was synthesised with.
        scores: the recogniser's score per label and utterance; None when it failed (counted wrong).
        labels: emotions to choose among; the recogniser's other labels are ignored.
        recogniser: name, recorded.
        clusters: text or speaker per utterance.
        bootstrap: interval settings.
    Returns:
        Counts, accuracy and UAR with intervals; null ("no_items") without utterances.
    Raises:
        ShapeError: different lengths.
        ConfigError: a requested emotion outside `labels`.
    Source: metrics.md 2.7; EMOVA, figure 6 (200 utterances, 50 per emotion).
    """
    check_same_length("emotion_control", requested, scores)
    heard = [recognised_emotion(item, labels) for item in scores]
    table = confusion(requested, heard, labels)
    statistics = {"emotion_accuracy": accuracy, "emotion_UAR": unweighted_recall}
    results = class_results(table, statistics, items=(requested, heard), clusters=clusters, bootstrap=bootstrap)
    named = [
        MetricResult(**{**result.__dict__, "params": {**result.params, "recogniser": recogniser}})
        for result in results.values()
    ]
    return EmotionControl(confusion=table, accuracy=named[0], uar=named[1])
