"""Phones in time, from the tokenizer's own phone decoder: CTC forced alignment of the known phones to the units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import ShapeError

SILENCE = "[SIL]"


def forced_path(log_probabilities: ArrayLike, labels: Sequence[int], blank: int) -> list[int] | None:
    """The likeliest CTC path that reads a given label sequence.

    Args:
        log_probabilities: float [N, V].
        labels: ids in [0, V), the reading.
        blank: id of the blank.
    Returns:
        N positions: index into `labels` where a label is emitted, -1 where the blank is. None when N is too short.
    Raises:
        ShapeError: not 2-D.
    Source: Graves et al. 2006; Viterbi over blank, label, blank, label, ..., blank.
    """
    scores = np.asarray(log_probabilities, float)
    if scores.ndim != 2:
        raise ShapeError(f"log_probabilities must be [N, V], got shape {scores.shape}.")
    repeats = sum(a == b for a, b in zip(labels, labels[1:], strict=False))
    if len(scores) < len(labels) + repeats or not len(scores):
        return None
    states = np.full(2 * len(labels) + 1, blank)
    states[1::2] = labels
    skips = np.zeros(len(states), bool)  # a label may follow another label directly, unless it is the same
    skips[3::2] = states[3::2] != states[1:-2:2]
    total = np.full(len(states), -np.inf)
    total[:2] = scores[0, states[:2]]
    back = np.zeros((len(scores), len(states)), np.int8)
    for step in range(1, len(scores)):
        stay, one = total, np.concatenate([[-np.inf], total[:-1]])
        two = np.where(skips, np.concatenate([[-np.inf, -np.inf], total[:-2]])[: len(states)], -np.inf)
        choices = np.stack([stay, one, two])
        back[step] = choices.argmax(axis=0)
        total = choices.max(axis=0) + scores[step, states]
    return _walk_back(back, total)


def _walk_back(back: NDArray[np.int8], total: NDArray[np.float64]) -> list[int] | None:
    ends = total[-2:] if len(total) > 1 else total
    if not np.isfinite(ends.max()):
        return None
    state = len(total) - len(ends) + int(ends.argmax())
    path = []
    for step in range(len(back) - 1, -1, -1):
        path.append(state // 2 if state % 2 else -1)
        state -= int(back[step, state])
    return path[::-1]


def frame_labels(path: Sequence[int], labels: Sequence[str], *, reach: int = 3) -> list[str]:
    """A phone for every unit: CTC spikes spread to their neighbours.

    Args:
        path: from `forced_path`.
        labels: what its positions mean.
        reach: blanks at most so many units (of 40 ms) from a spike take the nearest spike's phone, the earlier one
            when two are as near; blanks further away are silence.
    Returns:
        One label per unit.
    """
    spikes = np.array([index for index, position in enumerate(path) if position >= 0])
    if not spikes.size:
        return [SILENCE] * len(path)
    where = np.arange(len(path))
    distances = np.abs(where[:, None] - spikes[None, :])
    nearest = distances.argmin(axis=1)
    near = distances[where, nearest] <= reach
    return [labels[path[spikes[n]]] if ok else SILENCE for n, ok in zip(nearest, near, strict=True)]
