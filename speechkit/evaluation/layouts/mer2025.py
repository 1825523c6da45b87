"""MER2025: tables with a clip name and a discrete label or a list of words, and one folder of clips."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from speechkit.evaluation.layouts.tables import first_existing, read_table


def read_mer2025(folder: Path) -> list[dict[str, Any]]:
    """Rows of every `*.csv` with a column `name`, and `discrete` (track 1) or `openset` (tracks 2 and 3).

    Clips are `audio/<name>.wav` and `video/<name>.mp4` (or .avi), or lie in folders whose names begin so. The table's name is
    the split. Words of `openset` are written as a list: "['happy', 'relieved']" or "happy, relieved".
    """
    rows = []
    for table in sorted(folder.glob("*.csv")):
        for entry in read_table(table, ("name",)):
            row: dict[str, Any] = {"id": f"{table.stem}/{entry['name']}", "split": table.stem, "language": "zh"}
            clip = entry["name"]
            for field, patterns in (
                ("audio", (f"audio*/{clip}.wav",)),
                ("video", (f"video*/{clip}.mp4", f"video*/{clip}.avi")),
            ):
                if found := first_existing(folder, patterns):
                    row[field] = found
            if entry.get("discrete"):
                row["emotion"] = entry["discrete"]
            if entry.get("openset"):
                row["gold_words"] = [word for word in re.split(r"[\[\]'\",，、;\s]+", entry["openset"]) if word]
            if "emotion" in row or "gold_words" in row:
                rows.append(row)
    return rows
