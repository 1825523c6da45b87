"""The gate itself: which orderings have to hold, and which of them broke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from speechkit.evaluation.suites.style_requests import GRID, StyleControlConfig
from speechkit.evaluation.suites.style_results import Row, changes, confidence, renditions_of, sweep_pairs
from speechkit.metrics.pitch_control import pitch_control
from speechkit.metrics.result import MetricResult

DIRECTIONS: Mapping[str, Mapping[str, int]] = {
    "happy": {"pitch": 1, "range": 1, "level": 1, "pace": 1},
    "sad": {"pitch": -1, "range": -1, "level": -1, "tilt": -1, "pace": -1},
    "angry": {"pitch": 1, "range": 1, "level": 1, "tilt": 1, "pace": 1},
}
"""Signs of the mean change against neutral; Juslin and Laukka 2003, table 7."""
NOTHING = {"pitch": 0.0, "range": 1.0, "level": 0.0, "tilt": 0.0, "pace": 1.0}
FIGURES = {"pitch_semitones": "pitch_hz", "pitch_range": "range_semitones", "energy_db": "level_db", "speed": "seconds"}
PLAIN_VALUES = {"pitch_semitones": 0.0, "pitch_range": 1.0, "energy_db": 0.0, "speed": 1.0}
ORDER_SHARE = 1.0
"""Share of triples low < normal < high that must hold."""


def broken(rows: Sequence[Row], config: StyleControlConfig) -> Iterator[tuple[str, bool]]:
    """(what was checked, whether it broke), for all that the rows can tell."""
    grid = [row for row in rows if row["axis"] == GRID]
    order = pitch_control(renditions_of(grid), threshold=config.threshold_semitones)["pitch_order_acc"]
    if order.value is not None:
        yield "pitch: low < normal < high in every triple", order.value < ORDER_SHARE
    for emotion, signs in DIRECTIONS.items():
        found = changes(grid, emotion)
        for name, sign in signs.items():
            if found[name]:
                change = sign * (float(np.mean(found[name])) - NOTHING[name])
                yield f"{emotion}: {name} {'above' if sign > 0 else 'below'} neutral", change <= 0
    for control in config.sweeps:
        yield from _sweep(rows, control)
    for emotion in DIRECTIONS:
        scores = confidence(rows, emotion)
        if len(scores) > 1:
            yield f"{emotion}: confidence grows with intensity", not _rises(list(scores.values()))


def _sweep(rows: Sequence[Row], control: str) -> Iterator[tuple[str, bool]]:
    by_value: dict[float, list[float]] = {}
    for value, row, base in sweep_pairs(rows, control):
        if row[FIGURES[control]] is not None and base[FIGURES[control]] is not None:
            by_value.setdefault(value, []).append(row[FIGURES[control]])
            by_value.setdefault(PLAIN_VALUES[control], []).append(base[FIGURES[control]])
    means = [float(np.mean(by_value[value])) for value in sorted(by_value)]
    if len(means) > 1:
        falls = control == "speed"
        yield (
            f"{control}: {FIGURES[control]} {'falls' if falls else 'grows'}",
            not _rises(means[::-1] if falls else means),
        )


def _rises(values: Sequence[float]) -> bool:
    return all(before < after for before, after in pairwise(values))


def failed(rows: Sequence[Row], config: StyleControlConfig) -> MetricResult:
    """How many orderings broke; `details` names every one that was checked, and those that broke."""
    checks = list(broken(rows, config))
    wrong = [name for name, is_broken in checks if is_broken]
    details: dict[str, Any] = {"checked": [name for name, _ in checks], "broken": wrong}
    return MetricResult(
        metric="gate_failures",
        value=float(len(wrong)),
        n=len(checks),
        unit="count",
        higher_is_better=False,
        details=details,
    )
