"""What a suite is: how one item is measured, and how the measurements become results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from speechkit.evaluation.manifest import Item
from speechkit.evaluation.records import Record
from speechkit.metrics.result import MetricResult


@dataclass(frozen=True, kw_only=True)
class Clip:
    """An audio file to listen to on the page."""

    title: str
    """What it is."""
    path: Path
    """Where it lies."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A figure for the page."""

    title: str
    """Shown above."""
    svg: str
    """Inline SVG."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a suite says about all its items."""

    results: Sequence[MetricResult]
    """Deterministic given the records."""
    timings: Sequence[MetricResult] = ()
    """Metrics of wall-clock time."""
    plots: Sequence[Plot] = ()
    """Figures."""
    item_metrics: Mapping[str, str] = field(default_factory=dict)
    """Result name to the per-item value behind it: what two reports are compared by, and the columns of the page's table."""


class Suite(Protocol):
    """A kind of evaluation. Measuring an item must depend on the item and the parameters only, never on the order."""

    name: str

    def parameters(self) -> Mapping[str, Any]:
        """Every decision that changes a number, JSON types; a folder resumes only a run with the same."""
        ...

    def fingerprints(self) -> Mapping[str, str]:
        """Model name to fingerprint."""
        ...

    def measure(self, item: Item, folder: Path) -> Record:
        """Measure one item; files it makes go into `folder`.

        Raises:
            SpeechkitError: the item cannot be measured; the runner records it as skipped with the error's name.
        """
        ...

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        """Results over all items, in the order of their ids."""
        ...

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        """What to listen to for one measured item; files that do not exist are left out."""
        ...
