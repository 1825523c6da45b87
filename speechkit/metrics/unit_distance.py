"""Unit edit distance: how much the units of one utterance change under an augmentation."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import groupby
from typing import TypeVar

from speechkit.metrics.aggregate import Clusters, check_same_length, mean_result, ratio_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.edit_distance import edit_distance
from speechkit.metrics.result import MetricResult, Outcome, Skip

Symbol = TypeVar("Symbol", bound=Hashable)


def deduplicate(units: Sequence[Symbol]) -> list[Symbol]:
    """Collapse runs of equal units.

    >>> deduplicate([5, 5, 7, 7, 9])
    [5, 7, 9]
    """
    return [unit for unit, _ in groupby(units)]


def unit_edit_distances(
    clean: Sequence[Sequence[int]],
    augmented: Sequence[Sequence[int]],
    *,
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """Unit edit distance under both denominators in use.

        ued_frames = mean over utterances of Lev(dd(u), dd(u')) / frames of u before deduplication
        ued_ref    = sum of Lev(dd(u), dd(u')) / sum of len(dd(u))

    Args:
        clean: units per utterance.
        augmented: units of the same utterances after the augmentation.
        clusters: speaker per utterance.
        bootstrap: interval settings.
    Returns:
        {"ued_frames", "ued_ref"}, ratios >= 0 (NAST prints 100 x ued_ref); 0 when nothing changed, above 1 possible.
        Utterances with an empty side are skipped ("empty_units").
    Raises:
        ShapeError: different numbers of utterances.
    Source: Gat et al., IWSLT 2023 (frames); the code of NAST (ref).
    """
    check_same_length("unit_edit_distances", clean, augmented)
    frames: list[Outcome] = []
    pairs: list[tuple[float, float] | Skip] = []
    for before, after in zip(clean, augmented, strict=True):
        if not len(before) or not len(after):
            frames.append(Skip("empty_units"))
            pairs.append(Skip("empty_units"))
            continue
        reference = deduplicate(list(before))
        distance = edit_distance(reference, deduplicate(list(after)))
        frames.append(distance / len(before))
        pairs.append((float(distance), float(len(reference))))
    per_frame = mean_result(
        "ued_frames", frames, clusters=clusters, bootstrap=bootstrap, params={"norm": "frames"}, higher_is_better=False
    )
    per_reference = ratio_result(
        "ued_ref", pairs, clusters=clusters, bootstrap=bootstrap, params={"norm": "reference"}, higher_is_better=False
    )
    return {"ued_frames": per_frame, "ued_ref": per_reference}
