"""Figures of the control gate: pitch, emotion, units, words, likeness, and what every control did."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from speechkit.evaluation.plots import bars, matrix
from speechkit.evaluation.suite import Plot
from speechkit.evaluation.suites.style_requests import GRID, INTENSITY, StyleControlConfig
from speechkit.metrics.aggregate import mean_result, ratio_result
from speechkit.metrics.emotion_control import emotion_control, recognised_emotion
from speechkit.metrics.pitch_control import LEVELS, PitchRendition, pitch_control
from speechkit.metrics.result import MetricResult, Outcome, Skip
from speechkit.metrics.speaker import cosine_similarity

Row = Mapping[str, Any]
"""Values of a record."""
PLAIN = {"emotion": "neutral", "pitch": "normal"}


def results_of(rows: Sequence[Row], labels: Sequence[str], config: StyleControlConfig) -> list[MetricResult]:
    """All results, in the order of the page."""
    grid = [row for row in rows if row["axis"] == GRID]
    return [
        *pitch_control(renditions_of(grid), threshold=config.threshold_semitones).values(),
        *sweep_errors(rows),
        *emotion_results(grid, labels),
        *unit_results(grid),
        *word_results(grid),
        *likeness_results(grid),
        *delivery_results(grid),
        *intensity_results(rows),
    ]


def renditions_of(grid: Sequence[Row]) -> list[PitchRendition]:
    """Low, normal and high of every utterance, gender and emotion."""
    return [
        PitchRendition(
            group="|".join((row["utterance"], *_others(row, "pitch"))),
            requested=row["labels"]["pitch"],
            f0=row["voiced_f0"],
        )
        for row in grid
        if row["labels"].get("pitch") in LEVELS
    ]


def _others(row: Row, axis: str) -> list[str]:
    return [value for name, value in row["labels"].items() if name != axis]


def emotion_results(grid: Sequence[Row], labels: Sequence[str]) -> list[MetricResult]:
    """Accuracy, mean recall, and the recall of every emotion, over all and by gender, with bootstrap intervals."""
    rows = [row for row in grid if row["labels"].get("emotion") in labels]
    if not rows:
        return []
    found = emotion_control(
        [row["labels"]["emotion"] for row in rows], [row["scores"] for row in rows], labels=tuple(labels)
    )
    results = [found.accuracy, found.uar]
    groups = {"": rows} | {
        f"_{g}": [r for r in rows if r["labels"].get("gender") == g] for g in _values(rows, "gender")
    }
    for suffix, members in groups.items():
        for label in labels:
            hits = [float(_heard_emotion(row, labels) == label) for row in members if row["labels"]["emotion"] == label]
            results.append(mean_result(f"recall_{label}{suffix}", hits))
    return results


def _heard_emotion(row: Row, labels: Sequence[str]) -> str:
    return recognised_emotion(row["scores"], tuple(labels))


def _values(rows: Sequence[Row], axis: str) -> list[str]:
    return sorted({row["labels"][axis] for row in rows if axis in row["labels"]})


def unit_results(grid: Sequence[Row]) -> list[MetricResult]:
    """Edits between the units asked for and those heard, repeats collapsed; and the share of places with another unit."""
    edits = [(float(row["unit_edits"]), float(row["units"])) for row in grid]
    changed = [1.0 - row["same_units"] for row in grid]
    results = [
        ratio_result("unit_error_rate", edits, higher_is_better=False),
        mean_result("changed_units", changed, higher_is_better=False),
    ]
    for emotion in _values(grid, "emotion"):
        pairs = [pair for pair, row in zip(edits, grid, strict=True) if row["labels"].get("emotion") == emotion]
        results.append(ratio_result(f"unit_error_rate_{emotion}", pairs, higher_is_better=False))
    return results


def word_results(grid: Sequence[Row]) -> list[MetricResult]:
    """Word (character) error rate by recogniser and emotion, and what each emotion adds to neutral, in points of a ratio."""
    results: list[MetricResult] = []
    for name in sorted({key for row in grid for key in row if key.startswith("words_")}):
        short, rates = name.removeprefix("words_"), dict[str, MetricResult]()
        for emotion in _values(grid, "emotion"):
            rows = [row for row in grid if row["labels"].get("emotion") == emotion]
            pairs = [
                Skip("not_compared") if row[name] is None else (float(row[name][0]), float(row[name][1]))
                for row in rows
            ]
            rates[emotion] = ratio_result(f"{short}_error_rate_{emotion}", pairs, higher_is_better=False)
        results += rates.values()
        values = {emotion: rate.value for emotion, rate in rates.items() if rate.value is not None}
        neutral = values.pop(PLAIN["emotion"], None)
        added = [] if neutral is None else [value - neutral for value in values.values()]
        results.append(mean_result(f"{short}_errors_added", added, unit="ratio", higher_is_better=False))
    return results


def likeness_results(grid: Sequence[Row]) -> list[MetricResult]:
    """Cosine of voice vectors between a rendition and the plain one of the same utterance and gender; overall and per cell."""
    voices = {(row["utterance"], *row["labels"].values()): row["voice"] for row in grid if "voice" in row}
    cells: dict[str, list[Outcome]] = {}
    for row in grid:
        plain = {**row["labels"], **{axis: value for axis, value in PLAIN.items() if axis in row["labels"]}}
        anchor = voices.get((row["utterance"], *plain.values()))
        if "voice" in row and anchor is not None and plain != row["labels"]:
            cells.setdefault("-".join(row["labels"].values()), []).append(cosine_similarity(row["voice"], anchor))
    everything = [value for values in cells.values() for value in values]
    if not everything:
        return []
    overall = mean_result("voice_similarity", everything, unit="cosine")
    return [
        overall,
        *(mean_result(f"voice_similarity_{cell}", values, unit="cosine") for cell, values in sorted(cells.items())),
    ]


DELIVERED = ("pitch_hz", "range_semitones", "level_db", "tilt_db", "seconds")


def changes(grid: Sequence[Row], emotion: str) -> dict[str, list[float]]:
    """What an emotion does against neutral of the same utterance, gender and pitch: semitones, ratios, dB, pace."""
    plain = {
        (row["utterance"], *_others(row, "emotion")): row
        for row in grid
        if row["labels"].get("emotion") == PLAIN["emotion"]
    }
    found: dict[str, list[float]] = {name: [] for name in ("pitch", "range", "level", "tilt", "pace")}
    for row in grid:
        base = plain.get((row["utterance"], *_others(row, "emotion")))
        if row["labels"].get("emotion") != emotion or base is None or not row["pitch_hz"] or not base["pitch_hz"]:
            continue
        found["pitch"].append(12 * math.log2(row["pitch_hz"] / base["pitch_hz"]))
        found["range"].append(row["range_semitones"] / max(base["range_semitones"], 0.1))
        found["level"].append(row["level_db"] - base["level_db"])
        found["tilt"].append(row["tilt_db"] - base["tilt_db"])
        found["pace"].append(base["seconds"] / max(row["seconds"], 0.02))
    return found


UNITS = {"pitch": "semitones", "range": "ratio", "level": "dB", "tilt": "dB", "pace": "ratio"}


def delivery_results(grid: Sequence[Row]) -> list[MetricResult]:
    """Mean change of each figure by emotion, against neutral."""
    return [
        mean_result(f"{emotion}_{name}", values, unit=UNITS[name], higher_is_better=None)
        for emotion in _values(grid, "emotion")
        if emotion != PLAIN["emotion"]
        for name, values in changes(grid, emotion).items()
    ]


def sweep_pairs(rows: Sequence[Row], control: str) -> list[tuple[float, Row, Row]]:
    """(value, rendition with the control, the plain rendition of the same utterance and gender)."""
    plain = {(row["utterance"], *row["labels"].values()): row for row in rows if row["axis"] == GRID}
    swept = [row for row in rows if row["axis"] == control]
    pairs = [(row["value"], row, plain.get((row["utterance"], *row["labels"].values()))) for row in swept]
    return [(value, row, base) for value, row, base in pairs if base is not None]


def sweep_errors(rows: Sequence[Row]) -> list[MetricResult]:
    """How far off a control is: mean absolute error of the median F0 in semitones, of the level in dB, of the pace in percent."""
    shifts: list[Outcome] = []
    for value, row, base in sweep_pairs(rows, "pitch_semitones"):
        known = row["pitch_hz"] and base["pitch_hz"]
        shifts.append(abs(12 * math.log2(row["pitch_hz"] / base["pitch_hz"]) - value) if known else Skip("unvoiced"))
    gains = [abs(row["level_db"] - base["level_db"] - value) for value, row, base in sweep_pairs(rows, "energy_db")]
    paces = [abs(base["seconds"] / row["seconds"] / value - 1) for value, row, base in sweep_pairs(rows, "speed")]
    return [
        mean_result("pitch_semitones_error", shifts, unit="semitones", higher_is_better=False),
        mean_result("energy_db_error", gains, unit="dB", higher_is_better=False),
        mean_result("speed_error", paces, unit="ratio", higher_is_better=False),
    ]


def confidence(rows: Sequence[Row], emotion: str) -> dict[float, float]:
    """Mean confidence of the scorer in an emotion by intensity: 0 is neutral's rendition, 1 the grid's, both at normal pitch.

    Only utterances that were rendered at every intensity count.
    """
    by_intensity: dict[float, dict[tuple[str, str], float]] = {}
    for row in rows:
        labels = row["labels"]
        if labels.get("pitch", PLAIN["pitch"]) != PLAIN["pitch"]:
            continue
        if row["axis"] == INTENSITY and labels.get("emotion") == emotion:
            value = row["value"]
        elif row["axis"] == GRID and labels.get("emotion") in (emotion, PLAIN["emotion"]):
            value = 1.0 if labels["emotion"] == emotion else 0.0
        else:
            continue
        by_intensity.setdefault(value, {})[row["utterance"], labels.get("gender", "")] = (row["scores"] or {}).get(
            emotion, 0.0
        )
    shared = set.intersection(*(set(found) for found in by_intensity.values())) if by_intensity else set()
    return {
        value: float(np.mean([found[key] for key in shared])) for value, found in sorted(by_intensity.items()) if shared
    }


def intensity_results(rows: Sequence[Row]) -> list[MetricResult]:
    """Confidence in every emotion at every intensity."""
    emotions = [emotion for emotion in _values(rows, "emotion") if emotion != PLAIN["emotion"]]
    return [
        mean_result(f"confidence_{emotion}_at_{value:g}", [score])
        for emotion in emotions
        for value, score in confidence(rows, emotion).items()
    ]


def plots_of(rows: Sequence[Row], labels: Sequence[str]) -> list[Plot]:
    """Confusion of emotions, change by emotion, confidence by intensity."""
    grid = [row for row in rows if row["axis"] == GRID and row["labels"].get("emotion") in labels]
    counts = [
        [sum(r["labels"]["emotion"] == asked and _heard_emotion(r, labels) == heard for r in grid) for heard in labels]
        for asked in labels
    ]
    plots = [Plot(title="Requested (rows) and recognised emotion", svg=matrix(counts, labels, labels))]
    for name, unit in UNITS.items():
        means = {e: float(np.mean(v[name])) for e in _values(grid, "emotion") if (v := changes(grid, e))[name]}
        plots.append(Plot(title=f"Change of {name} against neutral, {unit}", svg=bars(means)))
    for emotion in _values(grid, "emotion"):
        if emotion != PLAIN["emotion"]:
            by_value = {f"intensity {value:g}": score for value, score in confidence(rows, emotion).items()}
            plots.append(Plot(title=f"Confidence in {emotion}", svg=bars(by_value)))
    return plots
