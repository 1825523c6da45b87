"""What style vectors are about: the share of their variance that emotion, pitch, gender or speaker explain."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import ShapeError


def variance_share(vectors: ArrayLike, groups: Sequence[str]) -> float | None:
    """Eta squared: variance between the groups' means over all variance, less what chance would give.

        1 - (within / (n - g)) / (total / (n - 1)), floored at 0 (epsilon squared)

    Args:
        vectors: float [N, D].
        groups: a label each.
    Returns:
        In [0, 1]; None with one group, without spread, or where every vector has a group of its own.
    Raises:
        ShapeError: vectors are not [N, D] or do not fit the labels.
    Source: Kelley 1935, epsilon squared, summed over dimensions.

    >>> variance_share([[0.0], [0.0], [1.0], [1.0]], ["a", "a", "b", "b"])
    1.0
    """
    rows: NDArray[np.float64] = np.asarray(vectors, np.float64)
    if rows.ndim != 2 or len(rows) != len(groups):
        raise ShapeError(f"variance_share takes [N, D] and N groups, got {rows.shape} and {len(groups)}.")
    names = sorted(set(groups))
    if len(names) < 2 or len(names) >= len(rows):
        return None
    total = float(((rows - rows.mean(0)) ** 2).sum())
    if total <= 0:
        return None
    chosen = np.array(groups)
    within = sum(float(((rows[chosen == name] - rows[chosen == name].mean(0)) ** 2).sum()) for name in names)
    return max(0.0, 1.0 - (within / (len(rows) - len(names))) / (total / (len(rows) - 1)))


def leakage_report(vectors: ArrayLike, labels: Sequence[Mapping[str, str]]) -> dict[str, float | None]:
    """`variance_share` by every label that all rows carry, rounded to four digits.

    >>> leakage_report([[0.0], [0.0], [1.0], [1.0]], [{"emotion": "a"}] * 2 + [{"emotion": "b"}] * 2)
    {'emotion': 1.0}
    """
    shared = [key for key in (labels[0] if labels else {}) if all(key in row for row in labels)]
    shares = {key: variance_share(vectors, [row[key] for row in labels]) for key in shared}
    return {key: None if share is None else round(share, 4) for key, share in shares.items()}
