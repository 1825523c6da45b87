"""Speaker similarity: cosine of voice embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from speechkit.errors import ShapeError
from speechkit.metrics.aggregate import check_same_length, mean_result
from speechkit.metrics.result import MetricResult, Outcome, Skip


def cosine_similarity(first: ArrayLike, second: ArrayLike) -> Outcome:
    """Cosine of the angle between two vectors.

    Args:
        first: float [D].
        second: float [D].
    Returns:
        Value in [-1, 1], or `Skip("zero_norm")`, `Skip("not_finite")`.
    Raises:
        ShapeError: different or other than one dimension.
    >>> round(cosine_similarity([1, 2, 2], [2, 1, 2]), 6)
    0.888889
    """
    a, b = np.asarray(first, float), np.asarray(second, float)
    if a.ndim != 1 or a.shape != b.shape:
        raise ShapeError(f"cosine similarity takes two vectors [D] of one size, got {a.shape} and {b.shape}.")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return Skip("not_finite")
    largest = [float(np.abs(vector).max(initial=0.0)) for vector in (a, b)]
    if not all(largest):
        return Skip("zero_norm")
    a, b = a / largest[0], b / largest[1]
    return float(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1.0, 1.0))


def speaker_similarity(
    embeddings: Sequence[ArrayLike | None],
    references: Sequence[ArrayLike | None],
    *,
    backend: str,
    name: str = "SIM",
    **options: Any,
) -> MetricResult:
    """Mean cosine similarity of generated speech to its prompts, sources or target prototypes.

    Args:
        embeddings: voice vector float [D] of each generated waveform; None where there is none.
        references: voice vector of what it is compared to.
        backend: which embedder made them (`wavlm_large_sv` for parity with seed-tts-eval); scales are not comparable.
        name: "SIM", "SIM_to_source" (leakage), "SIM_to_target", ...
        options: `clusters` and `bootstrap` of `mean_result`.
    Returns:
        Value in [-1, 1]; pairs with a missing ("missing_embedding") or zero vector ("zero_norm") are skipped.
    Raises:
        ShapeError: different lengths or dimensions.
    Source: metrics.md 2.3; BytedanceSpeech/seed-tts-eval.
    """
    check_same_length("speaker_similarity", embeddings, references)
    outcomes: list[Outcome] = [
        Skip("missing_embedding") if a is None or b is None else cosine_similarity(a, b)
        for a, b in zip(embeddings, references, strict=True)
    ]
    return mean_result(name, outcomes, unit="cosine", params={"backend": backend}, **options)
