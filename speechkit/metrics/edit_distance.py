"""Levenshtein distance with unit costs, and its alignment with a stated preference among equals."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Step = Literal["hit", "substitution", "deletion", "insertion"]


@dataclass(frozen=True, kw_only=True)
class EditCounts:
    """What it takes to turn a reference into a hypothesis."""

    hits: int
    substitutions: int
    deletions: int
    insertions: int

    @property
    def errors(self) -> int:
        """Edit distance: substitutions + deletions + insertions."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def reference_length(self) -> int:
        """Length of the reference: hits + substitutions + deletions."""
        return self.hits + self.substitutions + self.deletions


def edit_distance(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> int:
    """Least number of substitutions, deletions and insertions from reference to hypothesis.

    Args:
        reference: any symbols (words, characters, phones, units).
        hypothesis: likewise.
    Returns:
        Distance in [0, max(len)].
    Source: Levenshtein 1966; rows vectorised, insertions as a running minimum of d[j] - j.
    >>> edit_distance("kitten", "sitting")
    3
    """
    refs, hyps = _as_ids(reference, hypothesis)
    row = np.arange(len(hyps) + 1)
    for index, symbol in enumerate(refs):
        row = _next_row(row, index + 1, symbol, hyps)
    return int(row[-1])


def align(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> list[tuple[Step, int | None, int | None]]:
    """One cheapest alignment; among equally cheap ones, hit or substitution before deletion before insertion.

    The preference applies while walking back from the end (metrics.md 0.7), so another tool may split the same
    distance otherwise into substitutions, deletions and insertions.

    Returns:
        (step, reference index or None, hypothesis index or None) from left to right.
    >>> align("ab", "b")
    [('deletion', 0, None), ('hit', 1, 0)]
    """
    refs, hyps = _as_ids(reference, hypothesis)
    table = _table(refs, hyps)
    row, column = len(refs), len(hyps)
    steps: list[tuple[Step, int | None, int | None]] = []
    while row or column:
        here = table[row, column]
        same = row > 0 and column > 0 and refs[row - 1] == hyps[column - 1]
        if row and column and here == table[row - 1, column - 1] + (not same):
            row, column = row - 1, column - 1
            steps.append(("hit" if same else "substitution", row, column))
        elif row and here == table[row - 1, column] + 1:
            row -= 1
            steps.append(("deletion", row, None))
        else:
            column -= 1
            steps.append(("insertion", None, column))
    return steps[::-1]


def edit_counts(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> EditCounts:
    """Hits, substitutions, deletions and insertions of the preferred alignment.

    >>> edit_counts("a b c".split(), "a x c d".split())
    EditCounts(hits=2, substitutions=1, deletions=0, insertions=1)
    """
    steps = [step for step, _, _ in align(reference, hypothesis)]
    return EditCounts(
        hits=steps.count("hit"),
        substitutions=steps.count("substitution"),
        deletions=steps.count("deletion"),
        insertions=steps.count("insertion"),
    )


def _as_ids(*sequences: Sequence[Hashable]) -> tuple[NDArray[np.int64], ...]:
    known: dict[Hashable, int] = {}
    return tuple(np.array([known.setdefault(s, len(known)) for s in items], np.int64) for items in sequences)


def _next_row(row: NDArray[np.int64], number: int, symbol: int, hyps: NDArray[np.int64]) -> NDArray[np.int64]:
    columns = np.arange(len(row))
    best = row + 1
    best[1:] = np.minimum(best[1:], row[:-1] + (hyps != symbol))
    best[0] = number
    return np.minimum.accumulate(best - columns) + columns


def _table(refs: NDArray[np.int64], hyps: NDArray[np.int64]) -> NDArray[np.int64]:
    table = np.empty((len(refs) + 1, len(hyps) + 1), np.int64)
    table[0] = np.arange(len(hyps) + 1)
    for index, symbol in enumerate(refs):
        table[index + 1] = _next_row(table[index], index + 1, symbol, hyps)
    return table
