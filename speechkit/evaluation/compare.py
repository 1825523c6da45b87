"""Two reports side by side: paired bootstrap on the items that both measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speechkit.errors import ConfigError
from speechkit.evaluation.page import document_of, results_table
from speechkit.evaluation.plots import bars, scatter
from speechkit.evaluation.records import RecordLog, write_json, write_whole
from speechkit.evaluation.runner import ITEMS, RESULTS
from speechkit.metrics.aggregate import paired_difference
from speechkit.metrics.result import MetricResult


@dataclass(frozen=True, kw_only=True)
class StoredReport:
    """What a report folder holds."""

    folder: Path
    """Where it lies."""
    document: Mapping[str, Any]
    """results.json."""
    values: Mapping[str, Mapping[str, float | None]]
    """Metric to item id to value."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Differences of two reports."""

    differences: tuple[MetricResult, ...]
    """Per metric with values per item: mean of b - a on shared items."""
    totals: Mapping[str, tuple[float | None, float | None]]
    """Metric to the values of both reports, for metrics without values per item too."""
    notes: tuple[str, ...]
    """What makes the two runs differ beside the models."""


def read_report(folder: str | Path) -> StoredReport:
    """Read a finished report.

    Raises:
        ConfigError: the folder holds no finished report.
    """
    root = Path(folder)
    try:
        document = json.loads((root / RESULTS).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{root} holds no finished report ({RESULTS}): {error}.") from error
    records = RecordLog(root / ITEMS).read()
    values: dict[str, dict[str, float | None]] = {}
    for metric, field in document.get("item_metrics", {}).items():
        found = {record.id: record.outcome(field) for record in records.values()}
        numbers = {key: value if isinstance(value, float) else None for key, value in found.items()}
        if any(value is not None for value in numbers.values()):
            values[metric] = numbers
    return StoredReport(folder=root, document=document, values=values)


def compare_reports(first: StoredReport, second: StoredReport) -> Comparison:
    """Differences second - first.

    Args:
        first: the baseline, a.
        second: what is compared to it, b.
    Raises:
        ConfigError: reports of different suites.
    Source: paired percentile bootstrap over shared items, 1,000 resamples, seed 0.
    """
    suites = [report.document["suite"] for report in (first, second)]
    if suites[0] != suites[1]:
        raise ConfigError(f"the reports are of different suites: {suites[0]} and {suites[1]}.")
    shared = [metric for metric in second.values if metric in first.values]
    differences = tuple(paired_difference(m, second.values[m], first.values[m]) for m in shared)
    values = [{r["metric"]: r["value"] for r in report.document["results"]} for report in (first, second)]
    totals = {
        metric: (values[0].get(metric), values[1].get(metric)) for metric in dict.fromkeys([*values[0], *values[1]])
    }
    return Comparison(differences=differences, totals=totals, notes=tuple(_notes(first, second)))


def _notes(first: StoredReport, second: StoredReport) -> list[str]:
    notes = []
    for name in ("parameters", "versions"):
        a, b = first.document.get(name, {}), second.document.get(name, {})
        other = sorted(key for key in {*a, *b} if a.get(key) != b.get(key))
        if other:
            notes.append(f"{name} differ: {', '.join(other)}")
    if first.document["manifest_sha256"] != second.document["manifest_sha256"]:
        notes.append("the items differ; differences are over the shared ones")
    return notes


def write_comparison(folder: str | Path, first: StoredReport, second: StoredReport, comparison: Comparison) -> None:
    """Write comparison.json and index.html."""
    root = Path(folder)
    names = [first.folder.name, second.folder.name]
    document = {
        "suite": first.document["suite"], "a": names[0], "b": names[1], "notes": list(comparison.notes),
        "differences": [result.to_dict() for result in comparison.differences],
        "totals": {metric: list(pair) for metric, pair in comparison.totals.items()},
    }  # fmt: skip
    write_json(root / "comparison.json", document)
    body = [f"<h1>{document['suite']}: b ({names[1]}) against a ({names[0]})</h1>"]
    body += [f"<p class=q>{note}</p>" for note in comparison.notes]
    body += ["<h2>Differences b - a on shared items</h2>", results_table(comparison.differences)]
    spans = {result.metric: result.ci95 for result in comparison.differences}
    body.append(bars({result.metric: result.value for result in comparison.differences}, spans))
    for metric in [result.metric.removesuffix("_difference") for result in comparison.differences]:
        a, b = first.values[metric], second.values[metric]
        pairs = [(x, y) for key in a if (x := a[key]) is not None and (y := b.get(key)) is not None]
        body += [f"<h2>{metric}</h2>", scatter(pairs, x_label="a", y_label=f"b, {len(pairs)} items")]
    body += ["<h2>All figures</h2>", _totals(comparison)]
    write_whole(root / "index.html", document_of(f"{document['suite']}: {names[0]} and {names[1]}", body))


def _totals(comparison: Comparison) -> str:
    cells = [
        f"<tr><td>{metric}" + "".join(f"<td class=n>{'–' if v is None else f'{v:.4g}'}" for v in pair) + "</tr>"
        for metric, pair in comparison.totals.items()
    ]
    return f"<table><tr><th>metric<th>a<th>b</tr>{''.join(cells)}</table>"
