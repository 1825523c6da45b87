"""Clips of S2U caches made by `recipes.s2u_data`, one by one: mels, phones, and what alignments and the codebook say of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from recipes.s2u_data import NUM_MELS, TEACHER_WIDTH, row_phones
from speechkit.errors import ManifestError, SpeechkitError

FRAMES_PER_UNIT, NUM_LATENTS = 4, 4


class Clips(Dataset[dict[str, Any]]):
    """Clips of one or more caches, of one split."""

    def __init__(self, caches: list[Path], split: str, limit: int | None = None, features: bool = False) -> None:
        """
        Args:
            caches: folders of `recipes.s2u_data`; split: "train" or "dev"; limit: clips a cache.
            features: also read the teacher's features.
        """
        self.features = features
        self.rows: list[dict[str, Any]] = []
        self.arrays = []
        for number, cache in enumerate(caches):
            rows = [json.loads(line) for line in (cache / "index.jsonl").read_text(encoding="utf-8").splitlines()]
            mel = np.memmap(cache / "mel.f16", np.float16, "r")
            teacher, aligned = _optional(cache / "teacher.f16"), _optional(cache / "labels.i16", np.int16)
            self.arrays.append((mel, teacher, aligned, _levels(cache)))
            chosen = [row for row in rows if (row.get("split") or "train") == split]
            self.rows += [row | {"cache": number, "labels": labels} for row, labels in _labelled(chosen[:limit])]
        if not self.rows:
            raise ManifestError(f"no usable {split} clip in {', '.join(map(str, caches))}.")

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """One clip: mel float32 [F, 80], phones, and where known (else None) per unit: teacher float32 [N, 512],
        aligned int64 [N], levels int64 [N, L] (-1 where unknown)."""
        row = self.rows[index]
        mel, teacher, aligned, levels = self.arrays[row["cache"]]
        start, stop = row["frame"], row["frame"] + row["frames"]
        clip = torch.from_numpy(mel[start * NUM_MELS : stop * NUM_MELS].astype(np.float32)).view(-1, NUM_MELS)
        units = slice(start // FRAMES_PER_UNIT, stop // FRAMES_PER_UNIT)
        known: dict[str, Any] = {"teacher": None, "aligned": None, "levels": None}
        if row["teacher"] and self.features and teacher is not None:
            span = teacher[units.start * TEACHER_WIDTH : units.stop * TEACHER_WIDTH]
            known["teacher"] = torch.from_numpy(span.astype(np.float32)).view(-1, TEACHER_WIDTH)
        if aligned is not None and units.stop <= len(aligned):
            known["aligned"] = torch.from_numpy(aligned[units].astype(np.int64))
        if levels is not None and units.stop <= len(levels):
            known["levels"] = torch.from_numpy(levels[units].astype(np.int64))
        return {"mel": clip, "labels": row["labels"], **known}


def _levels(cache: Path) -> np.ndarray | None:
    """levels.i8 of `recipes.codebook` as [units, L]."""
    flat = _optional(cache / "levels.i8", np.int8)
    return None if flat is None else flat[: len(flat) // NUM_LATENTS * NUM_LATENTS].reshape(-1, NUM_LATENTS)


def _optional(path: Path, dtype: type[np.generic] = np.float16) -> np.ndarray | None:
    return np.memmap(path, dtype, "r") if path.exists() and path.stat().st_size else None


def _labelled(rows: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Rows whose text has phones, few enough for CTC at 25 Hz."""
    for row in rows:
        try:
            labels = row_phones(row)
        except SpeechkitError:
            continue
        if 0 < len(labels) < 0.8 * row["frames"] / FRAMES_PER_UNIT:
            yield row, labels


def splits(cache: Path) -> list[Clips]:
    """The clips of each split that a cache has."""
    return [Clips([cache], split) for split in ("train", "dev") if split == "train" or has_dev(cache)]


def has_dev(cache: Path) -> bool:
    """Whether a cache has clips for validation."""
    return '"split": "dev"' in (cache / "index.jsonl").read_text(encoding="utf-8")
