"""What units or embeddings give away about speaker, emotion, pitch or gender: linear probe and mutual information."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Hashable, Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import ConfigError, DependencyError, ShapeError
from speechkit.metrics.aggregate import check_same_length, mean_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.codebook import unit_counts
from speechkit.metrics.phone_purity import purity_from_counts
from speechkit.metrics.result import MetricResult, Skip, null_result

MIN_UTTERANCES = 5
"""Utterances every class needs for the probe."""


def normalised_leakage(accuracy: float, chance: float) -> float | None:
    """Normalised leakage max(0, (acc - chance) / (1 - chance)): 0 no better than chance, 1 perfect.

    Args:
        accuracy: of the probe, in [0, 1].
        chance: of always answering the most frequent class.
    Returns:
        Value in [0, 1]; None when chance is 1.
    Source: metrics.md 1.6 ("NSL").
    """
    return None if chance >= 1 else max(0.0, (accuracy - chance) / (1 - chance))


def bag_of_units(units: Sequence[Sequence[int]], num_units: int) -> NDArray[np.float64]:
    """Square roots of the relative unit frequencies, float64 [utterances, K]; zeros for an empty utterance.

    The square root makes the dot product of two bags the Bhattacharyya coefficient of their histograms.
    """
    counts = np.stack([unit_counts([sequence], num_units) for sequence in units]).astype(float)
    return np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def mutual_information(
    units: Sequence[Sequence[int]], labels: Sequence[Hashable], *, name: str = "mi_speaker"
) -> MetricResult:
    """Share of the label's entropy that a single unit reveals.

        I(unit; label) / H(label) per token, after the Miller-Madow correction
        I_corrected = max(0, I - (K_used - 1)(S - 1) / (2 N))   in nats

    Args:
        units: units per utterance.
        labels: speaker (or emotion, gender, ...) per utterance.
        name: name of the result.
    Returns:
        Value in [0, 1]; null with fewer than 2 labels among the tokens ("fewer_than_2_classes"). `details` hold the
        plug-in value, the correction and N. Empty utterances are skipped ("empty_units").
    Raises:
        ShapeError: different lengths.
    Source: Miller 1955; metrics.md 1.6.
    """
    check_same_length("mutual_information", units, labels)
    joint = Counter((label, unit) for sequence, label in zip(units, labels, strict=True) for unit in sequence)
    empty = sum(not len(sequence) for sequence in units)
    fields: dict[str, Any] = {
        "n": len(units) - empty,
        "n_skipped": empty,
        "skipped_reasons": {"empty_units": empty} if empty else {},
        "higher_is_better": None,
        "params": {"correction": "miller_madow"},
    }
    classes = {label: index for index, label in enumerate(dict.fromkeys(label for label, _ in joint))}
    if len(classes) < 2:
        return null_result(name, "no_items" if not units else "fewer_than_2_classes", **fields)
    codes = {unit: index for index, unit in enumerate(dict.fromkeys(unit for _, unit in joint))}
    table = np.zeros((len(classes), len(codes)))
    for (label, unit), count in joint.items():
        table[classes[label], codes[unit]] = count
    values = purity_from_counts(table)
    correction = (len(codes) - 1) * (len(classes) - 1) / (2 * table.sum())
    corrected = max(0.0, values.mutual_information_nats - correction) / values.phone_entropy_nats
    details = {"plug_in": values.pnmi, "correction_nats": correction, "n_tokens": int(table.sum())}
    return MetricResult(metric=name, value=min(1.0, corrected), details=details, **fields)


def leakage_probe(
    features: ArrayLike,
    labels: Sequence[Hashable],
    *,
    name: str = "speaker",
    folds: int = 5,
    inverse_penalty: float = 10.0,
    seed: int = 0,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """Cross-validated logistic regression from features to labels, against chance.

    The utterances are split into `folds` parts with every class spread evenly; each part is predicted by a model fitted
    on the others. Features are divided by one common scale, the spread of the training part around its mean.

    Args:
        features: float [N, D], one row per utterance (`bag_of_units`, pooled features, style embeddings).
        labels: class of each row.
        name: what leaks, part of the result names.
        folds: at least 2, at most `MIN_UTTERANCES`.
        inverse_penalty: scikit-learn's C: loss = C sum(cross entropy) + |W|^2 / 2.
        seed: of the split.
        bootstrap: interval settings.
    Returns:
        "{name}_probe_acc" and "{name}_nsl" (see `normalised_leakage`); `details["chance"]` is the share of the most
        frequent class. Rows with NaN are skipped ("nan_features"). Null ("fewer_than_2_classes",
        "fewer_than_5_per_class") when the probe cannot be trained.
    Raises:
        ShapeError: features are not [N, D] or do not fit the labels.
        ConfigError: folds outside [2, 5].
        DependencyError: scipy is not installed.
    Source: metrics.md 1.6; units are used as they are, not deduplicated, as in textlesslib.
    """
    if not 2 <= folds <= MIN_UTTERANCES:
        raise ConfigError(f"folds must lie in [2, {MIN_UTTERANCES}], got {folds}.")
    rows = np.asarray(features, float)
    check_same_length("leakage_probe", list(rows) if rows.ndim else [], labels)
    if len(labels) and rows.ndim != 2:
        raise ShapeError(f"features must be [N, D], got shape {rows.shape}.")
    usable = [index for index in range(len(labels)) if np.isfinite(rows[index]).all()]
    classes = list(dict.fromkeys(labels[index] for index in usable))
    y = np.array([classes.index(labels[index]) for index in usable], np.int64)
    shared: dict[str, Any] = {"params": {"folds": folds, "inverse_penalty": inverse_penalty, "seed": seed}}
    names = (f"{name}_probe_acc", f"{name}_nsl")
    reason = _why_not(len(labels), len(usable), y)
    if reason:
        skipped = len(labels) - len(usable)
        shared |= {"n_skipped": skipped, "skipped_reasons": {"nan_features": skipped} if skipped else {}}
        return {key: null_result(key, reason, higher_is_better=None, **shared) for key in names}
    correct = _cross_validated_hits(rows[usable], y, folds, inverse_penalty, seed)
    chance = float(np.bincount(y).max() / len(y))
    by_row = dict(zip(usable, correct.tolist(), strict=True))
    outcomes = [float(by_row[index]) if index in by_row else Skip("nan_features") for index in range(len(labels))]
    details = {"chance": chance, "classes": len(classes)}
    accuracy = mean_result(names[0], outcomes, bootstrap=bootstrap, details=details, higher_is_better=None, **shared)
    return {names[0]: accuracy, names[1]: _leakage_result(names[1], accuracy, chance)}


def _leakage_result(name: str, accuracy: MetricResult, chance: float) -> MetricResult:
    value = None if accuracy.value is None else normalised_leakage(accuracy.value, chance)
    ends = [normalised_leakage(end, chance) for end in accuracy.ci95 or ()]
    interval = (ends[0], ends[1]) if ends and None not in ends else None
    reason = "chance_is_1" if value is None else None
    return MetricResult(
        **{**accuracy.__dict__, "metric": name, "value": value, "ci95": interval, "null_reason": reason}
    )


def _why_not(total: int, usable: int, y: NDArray[np.int64]) -> str | None:
    if not usable:
        return "all_items_skipped" if total else "no_items"
    counts = np.bincount(y)
    if len(counts) < 2:
        return "fewer_than_2_classes"
    return "fewer_than_5_per_class" if counts.min() < MIN_UTTERANCES else None


def stratified_folds(y: NDArray[np.int64], folds: int, seed: int) -> NDArray[np.int64]:
    """Fold of each item, int64 [N]: every class is shuffled and dealt out evenly, continuing where the last stopped."""
    rng = np.random.default_rng(seed)
    assignment = np.empty(len(y), np.int64)
    dealt = 0
    for label in range(int(y.max()) + 1):
        members = rng.permutation(np.flatnonzero(y == label))
        assignment[members] = (dealt + np.arange(len(members))) % folds
        dealt += len(members)
    return assignment


def _cross_validated_hits(
    rows: NDArray[np.float64], y: NDArray[np.int64], folds: int, inverse_penalty: float, seed: int
) -> NDArray[np.bool_]:
    fold = stratified_folds(y, folds, seed)
    hits = np.zeros(len(y), bool)
    matrix = _sparse_if_worthwhile(rows)
    for number in range(folds):
        train, test = fold != number, fold == number
        scale = float(np.sqrt(((rows[train] - rows[train].mean(axis=0)) ** 2).sum(axis=1).mean())) or 1.0
        weights, bias = fit_logistic(matrix[train] / scale, y[train], inverse_penalty=inverse_penalty, iterations=100)
        hits[test] = ((matrix[test] / scale) @ weights + bias).argmax(axis=1) == y[test]
    return hits


def _sparse_if_worthwhile(rows: NDArray[np.float64]) -> Any:
    """The same matrix, as a scipy CSR array when most of it is zero (bags over large codebooks)."""
    sparse = _scipy("sparse")
    return sparse.csr_array(rows) if np.count_nonzero(rows) < 0.25 * rows.size else rows - rows.mean(axis=0)


def fit_logistic(
    rows: Any, y: NDArray[np.int64], *, inverse_penalty: float = 1.0, iterations: int = 500
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Multinomial logistic regression with an L2 penalty on the weights, not on the bias.

        minimise  C sum_n -log softmax(x_n W + b)[y_n] + |W|^2 / 2

    Args:
        rows: float [N, D], a numpy or scipy sparse array.
        y: int [N], classes 0..S-1, all present.
        inverse_penalty: C.
        iterations: of L-BFGS.
    Returns:
        W [D, S] and b [S]; the objective, and so the solution, is scikit-learn's.
    Raises:
        DependencyError: scipy is not installed.
    """
    optimize = _scipy("optimize")
    count, size = rows.shape[1], int(y.max()) + 1
    target = np.eye(size)[y]

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights, bias = flat[: count * size].reshape(count, size), flat[count * size :]
        logits = rows @ weights + bias
        logits -= logits.max(axis=1, keepdims=True)
        log_norm = np.log(np.exp(logits).sum(axis=1, keepdims=True))
        error = np.exp(logits - log_norm) - target
        value = inverse_penalty * float((log_norm - logits)[target > 0].sum()) + 0.5 * float((weights**2).sum())
        gradient = inverse_penalty * (rows.T @ error) + weights
        return value, np.concatenate([gradient.ravel(), inverse_penalty * error.sum(axis=0)])

    found = optimize.minimize(
        loss, np.zeros(count * size + size), jac=True, method="L-BFGS-B", options={"maxiter": iterations}
    )
    return found.x[: count * size].reshape(count, size), found.x[count * size :]


def _scipy(part: str) -> ModuleType:
    try:
        return importlib.import_module(f"scipy.{part}")
    except ImportError as error:
        raise DependencyError("the leakage probe needs scipy: pip install 'speechkit[eval]'.") from error
