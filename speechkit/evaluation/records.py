"""The per-item log: one JSON line an item, on disk before the next item starts, whole again after any crash."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from speechkit.errors import ManifestError
from speechkit.metrics.result import Skip, plain

UNSCORED = "unscored"
"""The `status` of an item that a judge should have scored and did not."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """What measuring one item gave."""

    id: str
    """Of the item."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Deterministic values, from which the results are computed."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Wall-clock times, which differ from run to run and are reported apart."""
    skipped: str | None = None
    """Why the item could not be measured at all; None when it could."""

    @property
    def unscored(self) -> bool:
        """Whether a judge was asked and gave no score; such an item is asked about again when a run goes on."""
        return self.values.get("status") == UNSCORED

    def outcome(self, name: str) -> float | Skip:
        """A number among the values, or the reason why there is none."""
        if self.skipped is not None:
            return Skip(self.skipped)
        value = self.values.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        return Skip(str(self.values.get(f"{name}_skipped") or "no_value"))

    def to_line(self) -> bytes:
        """One line of strict JSON with its line end."""
        data: dict[str, Any] = {"id": self.id, "values": self.values, "seconds": self.seconds, "skipped": self.skipped}
        return json.dumps(plain(data, self.id), ensure_ascii=False, allow_nan=False).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Record:
        """Read what `to_line` wrote.

        Raises:
            ValueError, TypeError: not a record.
        """
        return cls(**json.loads(line))


class RecordLog:
    """An append-only file of records. Reading repairs a last line that a crash cut off."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file: BinaryIO | None = None

    def read(self) -> dict[str, Record]:
        """Records by id; the last of an id counts. A cut-off last line is removed from the file.

        Raises:
            ManifestError: a line before the last is damaged.
        """
        if not self.path.exists():
            return {}
        data = self.path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            with self.path.open("r+b") as file:
                file.truncate(whole)
                os.fsync(file.fileno())
        records: dict[str, Record] = {}
        for number, line in enumerate(data[:whole].splitlines(), 1):
            record = self._parsed(line, number)
            records[record.id] = record
        return records

    def _parsed(self, line: bytes, number: int) -> Record:
        try:
            return Record.from_line(line)
        except (ValueError, TypeError) as error:
            raise ManifestError(
                f"{self.path}, line {number} is damaged: {error}; remove that line and start again."
            ) from error

    def append(self, record: Record) -> Record:
        """Write one line, wait until it is on disk, and give what a restart would read."""
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("ab", buffering=0)
        line = record.to_line()
        self._file.write(line)
        os.fsync(self._file.fileno())
        return Record.from_line(line)

    def close(self) -> None:
        """Close the file; appending opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> RecordLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Record]:
        return iter(self.read().values())


def write_whole(path: Path, text: str) -> None:
    """Write a text file that appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, data: Any) -> None:
    """Write strict, indented JSON with sorted keys, whole or not at all."""
    write_whole(
        path, json.dumps(plain(data, path.name), ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True) + "\n"
    )
