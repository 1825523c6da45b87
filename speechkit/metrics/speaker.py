"""Speaker similarity: cosine of voice embeddings, and how well they verify a speaker."""

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


def equal_error_rate(same: ArrayLike, different: ArrayLike) -> float | None:
    """Error rate at the threshold where false rejections and false acceptances are equally frequent.

    On resynthesised speech against its sources, 0.5 means that the voice no longer gives the speaker away.

    Args:
        same: scores of pairs of one speaker, float [N], higher is more alike.
        different: scores of pairs of two speakers, float [M].
    Returns:
        Value in [0, 1], linear between neighbouring operating points; None when a side is empty or not finite.
    Source: metrics.md 1.6; VoicePrivacy challenge.
    >>> equal_error_rate([0.9, 0.8, 0.4], [0.5, 0.2, 0.1])
    0.3333333333333333
    """
    targets, others = np.sort(np.asarray(same, float)), np.sort(np.asarray(different, float))
    if not targets.size or not others.size or not np.isfinite([*targets, *others]).all():
        return None
    thresholds = np.unique([*targets, *others])
    rejected = np.append(np.searchsorted(targets, thresholds) / targets.size, 1.0)
    accepted = np.append(1 - np.searchsorted(others, thresholds) / others.size, 0.0)
    after = int(np.argmax(rejected >= accepted))
    gap = accepted - rejected
    share = gap[after - 1] / (gap[after - 1] - gap[after])
    return float(rejected[after - 1] + share * (rejected[after] - rejected[after - 1]))
