"""Data sets as they are distributed, read into manifest rows: `speechkit.evaluation.layouts.read_layout`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from speechkit.errors import ConfigError, ManifestError
from speechkit.evaluation.layouts.dfew import read_dfew
from speechkit.evaluation.layouts.iemocap import read_iemocap
from speechkit.evaluation.layouts.meld import read_meld
from speechkit.evaluation.layouts.mer2025 import read_mer2025
from speechkit.evaluation.layouts.ravdess import read_ravdess
from speechkit.evaluation.manifest import Item

LAYOUTS: dict[str, Callable[[Path], list[dict[str, Any]]]] = {
    "ravdess": read_ravdess,
    "meld": read_meld,
    "iemocap": read_iemocap,
    "mer2025": read_mer2025,
    "dfew": read_dfew,
}
"""Readers by name: a folder to rows with id, audio or video, emotion, speaker, split."""


def read_layout(name: str, folder: str | Path) -> list[Item]:
    """Items of a data set in its own layout.

    Raises:
        ConfigError: an unknown layout.
        ManifestError: the folder is not there, or holds nothing of that layout.
    """
    if name not in LAYOUTS:
        raise ConfigError(f"there is no layout {name!r}; there are {', '.join(LAYOUTS)}.")
    root = Path(folder)
    if not root.is_dir():
        raise ManifestError(f"{root} is no folder.")
    rows = LAYOUTS[name](root)
    if not rows:
        raise ManifestError(f"{root} holds nothing in the layout of {name}; see docs/evaluation.md.")
    return [Item(id=str(row["id"]), row=row, folder=root) for row in rows]
