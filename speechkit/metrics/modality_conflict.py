"""Emotion understanding with both, one or conflicting modalities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from speechkit.errors import ConfigError
from speechkit.metrics.aggregate import Clusters, mean_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.classification import accuracy, class_results, macro_f1
from speechkit.metrics.confusion import confusion
from speechkit.metrics.result import MetricResult, Outcome, Skip

UNDERSTANDING_LABELS = ("neutral", "happy", "angry", "sad")
"""The four labels of AV-EMO-Reasoning."""


@dataclass(frozen=True, kw_only=True)
class ConflictTurn:
    """A user turn whose voice and face show different emotions."""

    audio_label: str
    """Emotion of the voice."""
    visual_label: str
    """Emotion of the face."""
    predicted: str | None
    """The model's answer; None when it could not be read."""


def conflict_rates(
    turns: Sequence[ConflictTurn], *, clusters: Clusters = None, bootstrap: BootstrapConfig | None = None
) -> dict[str, MetricResult]:
    """Which modality a model follows when they disagree.

        AAR = #(answer = audio) / n      VAR = #(answer = visual) / n      OLR = #(anything else) / n

    Args:
        turns: the conflicting turns; one whose labels agree is skipped ("no_conflict").
        clusters: dialogue per turn.
        bootstrap: interval settings.
    Returns:
        {"AAR", "VAR", "OLR"} in [0, 1], summing to 1. Unreadable answers count in OLR and in `details["unparsed"]`.
    Source: metrics.md 6.1. The rows of the paper's synthetic table do not sum to 1 and are not reproduced.
    """
    unparsed = sum(turn.predicted is None for turn in turns)
    shared: dict[str, Any] = {"clusters": clusters, "bootstrap": bootstrap, "higher_is_better": None}
    columns: dict[str, list[Outcome]] = {"AAR": [], "VAR": [], "OLR": []}
    for turn in turns:
        followed = {turn.audio_label: "AAR", turn.visual_label: "VAR"}.get(turn.predicted or "", "OLR")
        agree = turn.audio_label == turn.visual_label
        for name, outcomes in columns.items():
            outcomes.append(Skip("no_conflict") if agree else float(name == followed))
    return {name: mean_result(name, o, details={"unparsed": unparsed}, **shared) for name, o in columns.items()}


def understanding(
    gold: Sequence[str],
    predicted: Sequence[str | None],
    *,
    condition: str = "AV",
    labels: Sequence[str] = UNDERSTANDING_LABELS,
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """Accuracy and macro F1 of recognising the user's emotion under one condition.

    Args:
        gold: human label per user turn.
        predicted: the model's answer; None (unreadable) is wrong.
        condition: "AV"; "A" (video frozen); "V" (audio noise).
        labels: all count in the macro F1, present or not.
        clusters: dialogue per turn.
        bootstrap: interval settings.
    Returns:
        "Acc_{condition}" and "F1_{condition}" in [0, 1].
    Raises:
        ShapeError: different lengths.
        ConfigError: unknown condition, or a gold label outside `labels`.
    Source: metrics.md 6.1.
    """
    if condition not in ("AV", "A", "V"):
        raise ConfigError(f"condition must be AV, A or V, got {condition!r}.")
    answers = [answer or "" for answer in predicted]
    table = confusion(gold, answers, labels)
    statistics = {f"Acc_{condition}": accuracy, f"F1_{condition}": macro_f1}
    return class_results(table, statistics, items=(gold, answers), clusters=clusters, bootstrap=bootstrap)
