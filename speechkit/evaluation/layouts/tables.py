"""Comma-separated tables of data sets."""

from __future__ import annotations

import csv
from pathlib import Path

from speechkit.errors import ManifestError


def read_table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of a CSV file by column name, stripped.

    Args:
        path: UTF-8, with or without a byte order mark.
        columns: names that have to be there.
    Raises:
        ManifestError: not readable, or a column is missing.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or [])]
            if missing:
                raise ManifestError(f"{path} has no column {', '.join(missing)}.")
            return [{name: (value or "").strip() for name, value in row.items() if name} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ManifestError(f"{path} cannot be read: {error}.") from error


def first_existing(folder: Path, patterns: tuple[str, ...]) -> str | None:
    """Path below a folder, relative to it, of the first pattern that matches a file; None without one."""
    for pattern in patterns:
        for path in sorted(folder.glob(pattern)):
            return path.relative_to(folder).as_posix()
    return None
