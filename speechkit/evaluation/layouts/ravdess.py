"""RAVDESS: everything is in the file name, 03-01-EMOTION-INTENSITY-STATEMENT-REPETITION-ACTOR."""

from __future__ import annotations

from pathlib import Path
from typing import Any

EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
STATEMENTS = ("Kids are talking by the door", "Dogs are sitting by the door")
SUFFIXES = (".wav", ".opus", ".flac", ".mp4")
SPEECH = "01"
"""Vocal channel; 02 is song, which is left out."""


def read_ravdess(folder: Path) -> list[dict[str, Any]]:
    """Rows of `Actor_XX/03-01-....wav` (or any folders below); actors with odd numbers are male.

    Source: Livingstone and Russo 2018, file naming convention.
    """
    rows = []
    for path in sorted(folder.rglob("*")):
        parts = path.stem.split("-")
        if path.suffix not in SUFFIXES or len(parts) != 7 or not all(part.isdigit() for part in parts):
            continue
        _, channel, emotion, intensity, statement, _, actor = parts
        if channel != SPEECH or not 1 <= int(emotion) <= len(EMOTIONS) or int(statement) not in (1, 2):
            continue
        rows.append(
            {
                "id": path.stem,
                "audio" if path.suffix != ".mp4" else "video": path.relative_to(folder).as_posix(),
                "emotion": EMOTIONS[int(emotion) - 1],
                "intensity": "strong" if intensity == "02" else "normal",
                "text": STATEMENTS[int(statement) - 1],
                "language": "en",
                "speaker": f"actor{actor}",
                "gender": "male" if int(actor) % 2 else "female",
            }
        )
    return rows
