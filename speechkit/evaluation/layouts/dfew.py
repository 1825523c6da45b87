"""DFEW: five folds of train and test tables, clips by number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from speechkit.evaluation.layouts.tables import first_existing, read_table

EMOTIONS = ("happy", "sad", "neutral", "angry", "surprise", "disgust", "fear")
"""Labels 1 to 7."""


def read_dfew(folder: Path) -> list[dict[str, Any]]:
    """Rows of the test tables `EmoLabel_DataSplit/test(single-labeled)/set_<fold>.csv` (columns video_name, label).

    Clips are `Clip/**/<number>.mp4` (or .avi, .wav), the number with or without leading zeros. The split is "fold<fold>":
    choose one per run with --split and average the five.
    Source: Jiang et al. 2020.
    """
    rows = []
    for table in sorted(folder.glob("EmoLabel_DataSplit/test*/set_*.csv")):
        fold = table.stem.removeprefix("set_")
        for entry in read_table(table, ("video_name", "label")):
            number = entry["video_name"]
            if not entry["label"].isdigit() or not 1 <= int(entry["label"]) <= len(EMOTIONS):
                continue
            row: dict[str, Any] = {
                "id": f"fold{fold}/{number}", "split": f"fold{fold}", "emotion": EMOTIONS[int(entry["label"]) - 1],
            }  # fmt: skip
            names = dict.fromkeys((number, number.zfill(5), number.lstrip("0") or "0"))
            for field, suffixes in (("audio", (".wav",)), ("video", (".mp4", ".avi"))):
                patterns = tuple(f"Clip/**/{name}{suffix}" for name in names for suffix in suffixes)
                if found := first_existing(folder, patterns):
                    row[field] = found
            rows.append(row)
    return rows
