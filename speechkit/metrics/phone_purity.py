"""How much units know about phones: phone purity, cluster purity and phone-normalised mutual information."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.aggregate import check_same_length, skip_counts
from speechkit.metrics.result import MetricResult, Skip, null_result

FRAMES_PER_UNIT = 50
"""Fewer frames than this per code make purity and PNMI look better than they are; a warning says so."""


@dataclass(frozen=True, kw_only=True)
class PurityValues:
    """Purity and information of one joint table; PNMI is None when there is only one phone."""

    phone_purity: float
    cluster_purity: float
    pnmi: float | None
    mutual_information_nats: float
    phone_entropy_nats: float


def purity_from_counts(counts: ArrayLike) -> PurityValues:
    """Purity and PNMI of a joint count table.

        phone_purity   = sum_j max_i p(i, j)       cluster_purity = sum_i max_j p(i, j)
        PNMI           = I(y; z) / H(y),  natural logarithms, zeros masked

    Args:
        counts: int or float [phones, units], how often phone i and unit j share a frame.
    Returns:
        Values in [0, 1] and nats.
    Raises:
        ShapeError: not 2-D, negative, or all zero.
    Source: Hsu et al. 2021 (HuBERT), without fairseq's 1e-8 inside the logarithms (difference below 1e-6).
    """
    table = np.asarray(counts, float)
    if table.ndim != 2 or (table < 0).any() or table.sum() <= 0:
        raise ShapeError(f"counts must be a non-negative [phones, units] table with a positive sum, got {table.shape}.")
    joint = table / table.sum()
    phone, unit = joint.sum(axis=1), joint.sum(axis=0)
    i, j = np.nonzero(joint)
    cells = joint[i, j]
    information = max(0.0, float((cells * np.log(cells / (phone[i] * unit[j]))).sum()))
    entropy = entropy_nats(phone)
    return PurityValues(
        phone_purity=float(joint.max(axis=0).sum()),
        cluster_purity=float(joint.max(axis=1).sum()),
        pnmi=min(1.0, information / entropy) if entropy > 0 else None,
        mutual_information_nats=information,
        phone_entropy_nats=entropy,
    )


def entropy_nats(probabilities: NDArray[np.float64]) -> float:
    """-sum p ln p with 0 ln 0 = 0, in nats."""
    positive = probabilities[probabilities > 0]
    return float(max(0.0, -(positive * np.log(positive)).sum()))


def phone_unit_statistics(
    frame_phones: Sequence[Sequence[str]],
    units: Sequence[Sequence[int]],
    *,
    upsample: int = 1,
    num_units: int | None = None,
    strip_digits: bool = True,
    silences: Collection[str] = ("[SIL]",),
) -> dict[str, MetricResult]:
    """Phone purity, cluster purity and PNMI over a corpus, with and without silence.

    Args:
        frame_phones: one phone label per frame, per utterance.
        units: one unit per frame, per utterance; at another rate, see `upsample`.
        upsample: repeats of each unit (4 for 25 Hz units against 10 ms phones).
        num_units: codebook size K, for the report and the warning; the units that occur when None.
        strip_digits: drop stress and tone digits, as fairseq does.
        silences: labels left out of the `*_no_silence` results.
    Returns:
        "phone_purity", "cluster_purity", "pnmi" and the three with suffix "_no_silence". Sequences of one utterance
        are cut to the shorter one; `details` reports the total `frame_diff`, K, the used K and the frames. Utterances
        without phones or units are skipped ("empty"). PNMI is null with a single phone ("one_phone"). No interval:
        the plug-in estimate is biased in every resample.
    Raises:
        ShapeError: different numbers of utterances.
        ConfigError: upsample < 1.
    Source: metrics.md 1.2; fairseq examples/hubert/measure_teacher_quality.py.
    """
    check_same_length("phone_unit_statistics", frame_phones, units)
    if upsample < 1:
        raise ConfigError(f"upsample must be at least 1, got {upsample}.")
    joint: Counter[tuple[str, int]] = Counter()
    outcomes: list[float | Skip] = []
    frame_diff = 0
    for phones, codes in zip(frame_phones, units, strict=True):
        repeated = np.repeat(np.asarray(codes, np.int64), upsample).tolist()
        frame_diff += abs(len(phones) - len(repeated))
        labels = [re.sub(r"\d+$", "", phone) if strip_digits else phone for phone in phones]
        joint.update(zip(labels, repeated, strict=False))
        outcomes.append(1.0 if len(phones) and len(repeated) else Skip("empty"))
    shared = {"frame_diff": frame_diff, "upsample": upsample, "strip_digits": strip_digits, "num_units": num_units}
    spoken = Counter({pair: count for pair, count in joint.items() if pair[0] not in silences})
    return {**_results(joint, "", outcomes, shared), **_results(spoken, "_no_silence", outcomes, shared)}


def _results(
    joint: Counter[tuple[str, int]], suffix: str, outcomes: list[float | Skip], shared: dict[str, Any]
) -> dict[str, MetricResult]:
    skips = skip_counts(outcomes)
    names = ("phone_purity", "cluster_purity", "pnmi")
    params = {name: shared[name] for name in ("upsample", "strip_digits", "num_units")}
    fields: dict[str, Any] = {"n_skipped": sum(skips.values()), "skipped_reasons": skips, "params": params}
    if not joint:
        reason = "no_items" if not outcomes else "no_frames"
        return {name + suffix: null_result(name + suffix, reason, **fields) for name in names}
    values = purity_from_counts(_table(joint))
    frames = sum(joint.values())
    used = len({unit for _, unit in joint})
    size = shared["num_units"] or used
    fields["warnings"] = () if frames >= FRAMES_PER_UNIT * size else (f"{frames} frames for {size} units is too few",)
    fields["details"] = {
        "n_frames": frames,
        "used_units": used,
        "phones": len({phone for phone, _ in joint}),
        "frame_diff": shared["frame_diff"],
        "mutual_information_nats": values.mutual_information_nats,
        "phone_entropy_nats": values.phone_entropy_nats,
    }
    n = len(outcomes) - sum(skips.values())
    found = (values.phone_purity, values.cluster_purity, values.pnmi)
    return {
        name + suffix: MetricResult(
            metric=name + suffix, value=value, n=n, null_reason="one_phone" if value is None else None, **fields
        )
        for name, value in zip(names, found, strict=True)
    }


def _table(joint: Counter[tuple[str, int]]) -> NDArray[np.float64]:
    phones = {phone: index for index, phone in enumerate(sorted({phone for phone, _ in joint}))}
    units = {unit: index for index, unit in enumerate(sorted({unit for _, unit in joint}))}
    table = np.zeros((len(phones), len(units)))
    for (phone, unit), count in joint.items():
        table[phones[phone], units[unit]] = count
    return table
