"""S2U training data: manifests -> a cache of log-mels, phones and (optionally) teacher features.

    python -m recipes.s2u_data --manifest corpus/manifest.jsonl --teacher whisper_encoder/ -o cache/corpus

The cache is a folder: `index.jsonl` (one row a clip, offsets into the arrays), `mel.f16` [frames, 80] and
`teacher.f16` [units, 512] as flat float16 arrays. Clips are appended, so an interrupted run goes on where it stopped.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
import torch
from tqdm import tqdm

from recipes.whisper_teacher import UNIT_SAMPLES, WhisperTeacher
from speechkit.errors import ManifestError
from speechkit.features import LogMel, LogMelConfig
from speechkit.text import phone_ids, phones, phones_from_pinyin

NUM_MELS, TEACHER_WIDTH = 80, 512


def read_manifest(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSONL manifest, `audio` made absolute and `id` made unique by the corpus' folder name.

    Raises:
        ManifestError: a row is not JSON or has no audio, text or language.
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            audio = path.parent / row["audio"]
            row |= {"audio": str(audio), "id": f"{path.parent.name}/{audio.stem}"}
            row["text"], row["language"]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ManifestError(f"{path}, line {number}: needs audio, text and language ({error!r}).") from error
        yield row


def row_phones(row: dict[str, Any]) -> list[int]:
    """Phone ids in `emova240` of one row; a row of kind "pinyin" spells its syllables itself."""
    if row.get("kind") == "pinyin":
        return phone_ids([label for syllable in row["text"].split() for label in phones_from_pinyin(syllable)])
    return phone_ids(phones(row["text"], row["language"]))


def read_16k(path: str) -> np.ndarray:
    """Mono float32 [T] at 16 kHz."""
    waveform, sample_rate = soundfile.read(path, dtype="float32", always_2d=True)
    return soxr.resample(waveform.mean(1), sample_rate, 16000).astype(np.float32)


@dataclass
class CacheWriter:
    """Appends clips to a cache folder."""

    folder: Path
    teacher: WhisperTeacher | None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.logmel = LogMel(LogMelConfig())
        index = self.folder / "index.jsonl"
        rows = [json.loads(line) for line in index.read_text().splitlines()] if index.exists() else []
        self.done = {row["id"] for row in rows}
        self.frames = max((row["frame"] + row["frames"] for row in rows), default=0)
        self.files = {"index": index.open("a", encoding="utf-8")}
        self.mel = self._array("mel.f16", self.frames * NUM_MELS)
        self.targets = self._array("teacher.f16", self.frames // 4 * TEACHER_WIDTH) if self.teacher else None

    def _array(self, name: str, size: int) -> Any:
        """Open a flat float16 file for appending after `size` values, cutting what an interrupted run left."""
        path = self.folder / name
        path.touch()
        with path.open("r+b") as file:
            file.truncate(size * 2)
        return path.open("ab")

    def add(self, row: dict[str, Any]) -> None:
        """Compute and append one clip."""
        waveform = torch.from_numpy(read_16k(row["audio"]))
        if self.teacher is not None and self.targets is not None:
            mel, target = self.teacher.features(waveform)
            self.targets.write(target.to(torch.float16).numpy().tobytes())
            self.targets.flush()
        else:
            mel = self.logmel.whole(waveform[None], UNIT_SAMPLES)[0].T
        self.mel.write(mel.to(torch.float16).numpy().tobytes())
        self.mel.flush()
        entry = {key: row.get(key) for key in ("id", "text", "language", "speaker", "gender", "split", "kind")}
        entry |= {"frame": self.frames, "frames": len(mel), "teacher": self.teacher is not None}
        self.files["index"].write(json.dumps(entry, ensure_ascii=False) + "\n")
        self.files["index"].flush()
        self.frames += len(mel)


def usable(row: dict[str, Any], longest_seconds: float) -> bool:
    """Short enough to train on."""
    return bool(row.get("duration_seconds", 0.0) <= longest_seconds)


def prepare(manifest: Path, output: Path, teacher: Path | None, longest_seconds: float = 17.0) -> None:
    """Build or extend the cache of one manifest."""
    torch.set_num_threads(1)
    writer = CacheWriter(output, WhisperTeacher(teacher) if teacher else None)
    rows = [row for row in read_manifest(manifest) if row["id"] not in writer.done and usable(row, longest_seconds)]
    for row in tqdm(rows, desc=output.name, mininterval=10):
        writer.add(row)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--manifest", type=Path, required=True, help="JSONL: audio, text, language, speaker, split, …")
    parser.add_argument("--teacher", type=Path, help="folder of a transformers WhisperEncoder; none: no frame targets")
    parser.add_argument("-o", "--output", type=Path, required=True, help="cache folder, made or extended")
    options = parser.parse_args()
    prepare(options.manifest, options.output, options.teacher)


if __name__ == "__main__":
    main()
