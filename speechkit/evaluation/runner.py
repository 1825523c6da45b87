"""Run a suite over items: resumable, with progress, the same results however often it was interrupted."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import speechkit
from speechkit.errors import ConfigError, SpeechkitError
from speechkit.evaluation.manifest import Item, manifest_fingerprint
from speechkit.evaluation.page import write_page
from speechkit.evaluation.records import Record, RecordLog, write_json
from speechkit.evaluation.suite import Suite, Summary
from speechkit.metrics.result import MetricResult

ITEMS, RESULTS, TIMINGS, RUN, PAGE = "items.jsonl", "results.json", "timings.json", "run.json", "index.html"
FORMAT = 2
"""Of the files of a report; a new one whenever records of an older run could no longer be summarised."""
PACKAGES = (
    "numpy",
    "torch",
    "soxr",
    "soundfile",
    "scipy",
    "pyworld",
    "faster-whisper",
    "onnxruntime",
    "speechmos",
    "resemblyzer",
)

Progress = Callable[[int, int, str], None]
"""Called with (items done, items in all, id of the item)."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A finished evaluation."""

    folder: Path
    """Where its files lie."""
    results: tuple[MetricResult, ...]
    """What results.json holds."""
    timings: tuple[MetricResult, ...]
    """What timings.json holds."""

    def value(self, metric: str) -> float | None:
        """Value of one metric.

        Raises:
            KeyError: the report has none of that name.
        """
        return {result.metric: result.value for result in (*self.results, *self.timings)}[metric]


def run(
    suite: Suite, items: Sequence[Item], folder: str | Path, *, progress: Progress | None = None, workers: int = 1
) -> Report:
    """Measure what is not yet measured, then write the report.

    Args:
        suite: what to do.
        items: what to measure, ids unique; their order does not matter.
        folder: made if missing. If it holds an unfinished or finished run with the same parameters, models and items,
            measured items are kept; those that a judge left unscored are asked about again.
        progress: told after each item.
        workers: items measured at the same time, by threads; only for suites whose models can be shared by threads. The
            results do not depend on it, the timings do.
    Returns:
        The report; on disk results.json, timings.json, items.jsonl, run.json and index.html.
    Raises:
        ConfigError: the folder holds another run, or workers below 1.
        KeyboardInterrupt: passed on after the items measured so far are safe on disk.
    """
    target = Path(folder)
    ordered = sorted(items, key=lambda item: item.id)
    identity = _identity(suite, ordered)
    _claim(target, identity)
    with RecordLog(target / ITEMS) as log:
        known = log.read()
        waiting = [item for item in ordered if item.id not in known or known[item.id].unscored]
        before = len(ordered) - len(waiting)
        if progress is not None and before:
            progress(before, len(ordered), "")
        for done, record in enumerate(_measured(suite, waiting, target, workers), before + 1):
            known[record.id] = log.append(record)
            if progress is not None:
                progress(done, len(ordered), record.id)
    records = [known[item.id] for item in ordered]
    summary = suite.summarise(ordered, records)
    return _write(suite, ordered, records, summary, target, identity, workers)


def _measured(suite: Suite, items: Sequence[Item], folder: Path, workers: int) -> Iterator[Record]:
    """Records as they are ready; after an error or Ctrl-C no further item is begun."""
    if workers < 1:
        raise ConfigError(f"at least one item has to be measured at a time, got workers={workers}.")
    if workers == 1:
        yield from (_measure(suite, item, folder) for item in items)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting = [pool.submit(_measure, suite, item, folder) for item in items]
        try:
            yield from _finished(waiting)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _finished(futures: Sequence[Future[Record]]) -> Iterator[Record]:
    """Every record that there will be; then the first error, which keeps items from being begun."""
    failed: BaseException | None = None
    for future in as_completed(futures):
        if future.cancelled():
            continue
        if (error := future.exception()) is None:
            yield future.result()
        elif failed is None:
            failed = error
            for other in futures:
                other.cancel()
    if failed is not None:
        raise failed


def _measure(suite: Suite, item: Item, folder: Path) -> Record:
    """One item; an error that speechkit raises on purpose becomes a reason, a bug stays a bug."""
    try:
        return suite.measure(item, folder)
    except SpeechkitError as error:
        return Record(id=item.id, skipped=reason_of(error), values={"message": str(error)})


def reason_of(error: Exception) -> str:
    """An error as a reason to skip, in snake case.

    >>> reason_of(ConfigError("x"))
    'config_error'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()


def _identity(suite: Suite, items: Sequence[Item]) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "suite": suite.name,
        "parameters": dict(suite.parameters()),
        "models": dict(suite.fingerprints()),
        "items": len(items),
        "manifest_sha256": manifest_fingerprint(items),
    }


def _claim(folder: Path, identity: Mapping[str, Any]) -> None:
    """Refuse to mix two runs in one folder; write down what this one is."""
    path = folder / RUN
    if path.exists():
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ConfigError(f"{path} is damaged: {error}; choose an empty folder.") from error
        wanted = json.loads(json.dumps(identity))
        other = sorted(key for key in {*found, *wanted} if found.get(key) != wanted.get(key))
        if other:
            raise ConfigError(
                f"{folder} holds another run ({', '.join(other)} differ); choose another folder or remove it."
            )
        return
    if (folder / ITEMS).exists():
        raise ConfigError(f"{folder} holds items of an unknown run; choose another folder.")
    write_json(path, identity)


def versions() -> dict[str, str]:
    """Versions of what can change a number: Python, speechkit and the packages that are installed."""
    found = {"python": platform.python_version(), "speechkit": speechkit.__version__}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _write(
    suite: Suite,
    items: Sequence[Item],
    records: Sequence[Record],
    summary: Summary,
    folder: Path,
    identity: dict[str, Any],
    workers: int,
) -> Report:
    results = tuple(_with_per_item(result) for result in summary.results)
    timings = tuple(_with_per_item(result) for result in summary.timings)
    skipped = {record.id: record.skipped for record in records if record.skipped is not None}
    document = {
        **identity,
        "versions": versions(),
        "skipped_items": skipped,
        "item_metrics": dict(summary.item_metrics),
    }
    write_json(folder / RESULTS, {**document, "results": [result.to_dict() for result in results]})
    measured = {"suite": suite.name, "items_at_once": workers}
    write_json(folder / TIMINGS, {**measured, "timings": [result.to_dict() for result in timings]})
    report = Report(folder=folder, results=results, timings=timings)
    write_page(folder / PAGE, suite, items, records, summary, document)
    return report


def _with_per_item(result: MetricResult) -> MetricResult:
    return result if result.per_item else MetricResult(**{**result.__dict__, "per_item": ITEMS})
