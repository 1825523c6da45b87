"""Confusion counts over declared labels, with an extra column for answers that are none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import ConfigError
from speechkit.metrics.aggregate import check_same_length
from speechkit.metrics.missing_values import NO_LABEL, check_labels


@dataclass(frozen=True, kw_only=True, eq=False)
class Confusion:
    """How often each gold label got each answer.

    Rows are gold labels in the declared order; columns the same labels, then one for any other answer ("<none>").
    """

    labels: tuple[str, ...]
    """Declared order, C of them."""
    counts: NDArray[np.int64]
    """int64 [C, C + 1]."""

    @property
    def total(self) -> int:
        """Items."""
        return int(self.counts.sum())

    @property
    def support(self) -> NDArray[np.int64]:
        """Gold items per class, N_i, int64 [C]."""
        return self.counts.sum(axis=1)

    @property
    def predicted(self) -> NDArray[np.int64]:
        """Answers per class, M_i, int64 [C]; "<none>" is nobody's."""
        return self.counts[:, :-1].sum(axis=0)

    @property
    def hits(self) -> NDArray[np.int64]:
        """Right answers per class, int64 [C]."""
        return np.diagonal(self.counts[:, :-1])

    def recalls(self) -> dict[str, float | None]:
        """Recall per class; None without gold items."""
        pairs = zip(self.labels, self.hits.tolist(), self.support.tolist(), strict=True)
        return {label: hit / count if count else None for label, hit, count in pairs}

    def row_normalised(self) -> list[list[float | None]]:
        """Shares of each row, [C][C + 1]; None in the rows without items."""
        rows = zip(self.counts.tolist(), self.support.tolist(), strict=True)
        return [[cell / count if count else None for cell in row] for row, count in rows]

    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return (*self.labels, NO_LABEL)


def confusion(gold: Sequence[str], predicted: Sequence[str], labels: Sequence[str]) -> Confusion:
    """Count answers per gold label.

    Args:
        gold: label per item, each in `labels`.
        predicted: answer per item; anything outside `labels` is wrong and goes to the last column.
        labels: declared order, C distinct labels.
    Raises:
        ShapeError: different lengths.
        ConfigError: a gold label outside `labels`, or labels that repeat.
    """
    check_same_length("confusion", gold, predicted)
    check_labels(labels)
    index = {label: number for number, label in enumerate(labels)}
    unknown = sorted({str(label) for label in gold if label not in index})
    if unknown:
        raise ConfigError(f"gold labels {', '.join(unknown)} are not among {', '.join(labels)}.")
    counts = np.zeros((len(index), len(index) + 1), np.int64)
    for right, answer in zip(gold, predicted, strict=True):
        counts[index[right], index.get(answer, len(index))] += 1
    return Confusion(labels=tuple(labels), counts=counts)
