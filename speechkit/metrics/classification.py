"""Emotion recognition scores: accuracy, recalls, F1 and both numbers that the literature calls WA, named apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechkit.metrics.aggregate import Clusters
from speechkit.metrics.bootstrap import BootstrapConfig, bootstrap_interval
from speechkit.metrics.confusion import Confusion, confusion
from speechkit.metrics.result import MetricResult, null_result

ClassStatistic = Callable[[NDArray[np.int64]], float]


def accuracy(counts: NDArray[np.int64]) -> float:
    """Hits / items; the same number as WAR, the recall weighted by support."""
    return float(np.trace(counts[:, :-1]) / counts.sum())


def unweighted_recall(counts: NDArray[np.int64]) -> float:
    """UAR: mean recall over the classes that have gold items."""
    support = counts.sum(axis=1)
    present = support > 0
    return float((np.diagonal(counts[:, :-1])[present] / support[present]).mean())


def precisions(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Hits / answers per class, 0 where a class was never answered; float64 [C]."""
    answered = counts[:, :-1].sum(axis=0)
    return np.diagonal(counts[:, :-1]) / np.maximum(answered, 1)


def f1_scores(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """F1 = 2 hits / (support + answers) per class, 0 where there is neither; float64 [C]."""
    both = counts.sum(axis=1) + counts[:, :-1].sum(axis=0)
    return 2 * np.diagonal(counts[:, :-1]) / np.maximum(both, 1)


def macro_f1(counts: NDArray[np.int64]) -> float:
    """Mean F1 over all declared classes."""
    return float(f1_scores(counts).mean())


def macro_f1_present(counts: NDArray[np.int64]) -> float:
    """Mean F1 over the classes that occur in gold or answers (scikit-learn's default), "<none>" counting as one."""
    present = (counts.sum(axis=1) + counts[:, :-1].sum(axis=0)) > 0
    none_answered = int(counts[:, -1].sum() > 0)
    return float(f1_scores(counts)[present].sum() / (present.sum() + none_answered))


def weighted_f1(counts: NDArray[np.int64]) -> float:
    """F1 weighted by support."""
    return float(counts.sum(axis=1) @ f1_scores(counts) / counts.sum())


def weighted_precision(counts: NDArray[np.int64]) -> float:
    """Precision weighted by support: what the tables of the OmniCoT paper print as WA."""
    return float(counts.sum(axis=1) @ precisions(counts) / counts.sum())


STATISTICS: dict[str, ClassStatistic] = {
    "WAR": accuracy,
    "UAR": unweighted_recall,
    "macro_F1": macro_f1,
    "macro_F1_present": macro_f1_present,
    "weighted_F1": weighted_f1,
    "weighted_precision": weighted_precision,
    "WA_printed": accuracy,
    "WA_table": weighted_precision,
}
"""Result names. "WA" alone is not among them, because it means five different things (metrics.md 5.2, 5.3)."""


def classification(
    gold: Sequence[str],
    predicted: Sequence[str],
    labels: Sequence[str],
    *,
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """All classification scores of one test set.

        WAR = accuracy = hits / N          UAR = mean recall over classes with gold items
        precision_i = n_ii / M_i           F1_i = 2 P R / (P + R), both 0 where undefined

    Args:
        gold: label per item.
        predicted: answer per item; anything outside `labels` is wrong ("<none>").
        labels: declared order of the C classes; also breaks ties elsewhere, so it is recorded.
        clusters: speaker or dialogue per item.
        bootstrap: interval settings.
    Returns:
        The `STATISTICS`, all in [0, 1]. `WA_printed` is the formula of the OmniCoT paper (= WAR), `WA_table` what its
        tables contain. Null ("no_items") without items. `details` hold counts, recalls and what was never gold.
    Raises:
        ShapeError: different lengths.
        ConfigError: a gold label outside `labels`.
    Source: metrics.md 5.1, 5.2.
    """
    table = confusion(gold, predicted, labels)
    return class_results(table, STATISTICS, clusters=clusters, bootstrap=bootstrap, items=(gold, predicted))


def class_results(
    table: Confusion,
    statistics: Mapping[str, ClassStatistic],
    *,
    items: tuple[Sequence[str], Sequence[str]],
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """Results of any statistics of a confusion table, with intervals over the items it was counted from."""
    params: dict[str, Any] = {"labels": list(table.labels)}
    details = {
        "confusion": table.counts,
        "recalls": table.recalls(),
        "classes_without_gold": [label for label, count in zip(table.labels, table.support, strict=True) if not count],
        "unlisted_answers": int(table.counts[:, -1].sum()),
    }
    if not table.total:
        return {name: null_result(name, "no_items", params=params, details=details) for name in statistics}
    single = ("only one class has gold items: UAR equals accuracy",) if (table.support > 0).sum() == 1 else ()
    config = bootstrap or BootstrapConfig()
    params["bootstrap"] = {**config.to_dict(), "clustered": clusters is not None}
    shape = table.counts.shape
    index = {label: number for number, label in enumerate(table.labels)}
    cells = np.array([index[g] * shape[1] + index.get(p, shape[0]) for g, p in zip(*items, strict=True)], np.int64)

    def counts_of(drawn: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.bincount(cells[drawn], minlength=shape[0] * shape[1]).reshape(shape)

    resampled: list[NDArray[np.int64]] = []
    bootstrap_interval(lambda drawn: resampled.append(counts_of(drawn)), len(cells), clusters=clusters, config=config)
    tail = 50 * (1 - config.level)
    results = {}
    for name, statistic in statistics.items():
        ends = np.percentile([statistic(c) for c in resampled], [tail, 100 - tail]) if resampled else None
        results[name] = MetricResult(
            metric=name,
            value=statistic(table.counts),
            n=table.total,
            params=params,
            details=details,
            warnings=single,
            ci95=None if ends is None else (float(ends[0]), float(ends[1])),
        )
    return results


def balanced_binary_accuracy(gold: Sequence[bool], predicted: Sequence[bool]) -> float | None:
    """What CMU-MOSEI papers call WA for one binary emotion: (TP N / P + TN) / (2 N), the mean of both recalls.

    Args:
        gold: whether the emotion is there, per item; P positives, N negatives.
        predicted: the answers.
    Returns:
        Value in [0, 1]; None without positives or without negatives.
    Raises:
        ShapeError: different lengths.
    Source: metrics.md 5.3.
    """
    table = confusion([str(bool(g)) for g in gold], [str(bool(p)) for p in predicted], ("True", "False"))
    recalls = list(table.recalls().values())
    return None if None in recalls else sum(r for r in recalls if r is not None) / 2
