"""The report as one HTML page: tables, plots, players, nothing fetched from anywhere."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from speechkit.evaluation.records import Record, write_whole
from speechkit.metrics.result import MetricResult

if TYPE_CHECKING:
    from speechkit.evaluation.manifest import Item
    from speechkit.evaluation.suite import Clip, Suite, Summary

LISTENED, ROWS, MAX_CLIP_BYTES = 5, 500, 4_000_000
MIME = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".flac": "audio/flac", ".ogg": "audio/ogg", ".opus": "audio/ogg"}

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1f2933;max-width:1080px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}table{border-collapse:collapse;font-size:13px}
td,th{padding:.25rem .6rem;border-bottom:1px solid #dde3e9;text-align:left;vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}.q{color:#a14a1a}.scroll{overflow-x:auto}
audio{height:32px;vertical-align:middle}summary{cursor:pointer}pre{font-size:12px;white-space:pre-wrap}
"""


def write_page(
    path: Path,
    suite: Suite,
    items: Sequence[Item],
    records: Sequence[Record],
    summary: Summary,
    document: Mapping[str, Any],
) -> None:
    """Write the page of a report, self-contained."""
    clips = _clips(suite, items, records, path.parent)
    body = [f"<h1>speechkit evaluate {html.escape(suite.name)}</h1>", f"<p>{len(items)} items.</p>"]
    body += ["<h2>Results</h2>", results_table(summary.results)]
    if summary.timings:
        body += ["<h2>Speed on this machine</h2>", results_table(summary.timings)]
    body += [f"<h2>{html.escape(plot.title)}</h2><div class=scroll>{plot.svg}</div>" for plot in summary.plots]
    body += ["<h2>Listen</h2>", *clips] if clips else []
    body += ["<h2>Items</h2>", _items_table(records, summary.item_metrics)]
    body += [
        "<h2>Run</h2>",
        f"<details><summary>parameters, models, versions</summary><pre>{_json(document)}</pre></details>",
    ]
    write_whole(path, document_of(f"speechkit evaluate {suite.name}", body))


def document_of(title: str, body: Sequence[str]) -> str:
    """A whole HTML document."""
    head = f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
    return head + f"<style>{STYLE}</style></head><body>" + "\n".join(body) + "</body></html>\n"


def results_table(results: Sequence[MetricResult]) -> str:
    """Metric, value, interval, counts and what to know about them."""
    head = "<tr><th>metric<th>value<th>95 % interval<th>n<th>skipped<th>unit<th>remarks</tr>"
    return f"<table>{head}{''.join(map(_result_row, results))}</table>"


def _result_row(result: MetricResult) -> str:
    interval = "" if result.ci95 is None else f"{_number(result.ci95[0])} … {_number(result.ci95[1])}"
    reasons = ", ".join(f"{reason} {count}" for reason, count in result.skipped_reasons.items())
    remarks = "; ".join([*([result.null_reason] if result.null_reason else []), *result.warnings])
    better = {True: " ↑", False: " ↓", None: ""}[result.higher_is_better]
    cells = [
        f"<td>{html.escape(result.metric)}{better}",
        f"<td class=n>{_number(result.value)}",
        f"<td class=n>{interval}",
    ]
    cells += [f"<td class=n>{result.n}", f"<td>{html.escape(reasons)}", f"<td>{html.escape(result.unit)}"]
    return f"<tr>{''.join(cells)}<td class=q>{html.escape(remarks)}</tr>"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _items_table(records: Sequence[Record], metrics: Mapping[str, str]) -> str:
    names = list(dict.fromkeys(metrics.values()))
    head = "<tr><th>item" + "".join(f"<th>{html.escape(name)}" for name in names) + "<th>remarks</tr>"
    rows = [
        f"<tr><td>{html.escape(record.id)}"
        + "".join(f"<td class=n>{_cell(record.values.get(name))}" for name in names)
        + f"<td class=q>{html.escape(_remark(record))}</tr>"
        for record in records[:ROWS]
    ]
    more = f"<p>{len(records) - ROWS} more in items.jsonl.</p>" if len(records) > ROWS else ""
    return f"<details><summary>{len(records)} items</summary><table>{head}{''.join(rows)}</table>{more}</details>"


def _remark(record: Record) -> str:
    if record.skipped is None:
        return ""
    return f"{record.skipped}: {record.values.get('message', '')}".rstrip(": ")


def _cell(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _number(value)
    return "–" if value is None else html.escape(str(value))


def _clips(suite: Suite, items: Sequence[Item], records: Sequence[Record], folder: Path) -> list[str]:
    shown: list[str] = []
    for item, record in zip(items, records, strict=True):
        if len(shown) >= LISTENED:
            break
        players = [] if record.skipped else [_player(clip) for clip in suite.clips(item, folder)]
        if any(players):
            shown.append(
                f"<p><b>{html.escape(item.id)}</b> {html.escape(item.text)}<br>{' '.join(filter(None, players))}</p>"
            )
    return shown


def _player(clip: Clip) -> str:
    mime = MIME.get(clip.path.suffix.lower())
    if mime is None or not clip.path.is_file() or clip.path.stat().st_size > MAX_CLIP_BYTES:
        return ""
    data = base64.b64encode(clip.path.read_bytes()).decode()
    return f'{html.escape(clip.title)} <audio controls preload="none" src="data:{mime};base64,{data}"></audio>'


def _json(data: Mapping[str, Any]) -> str:
    return html.escape(json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True))
