"""Training cache of the decoder: clips at 24 kHz, their prosody, and later their units, as flat memory-mapped files.

    python -m recipes.u2s_data --manifest A/manifest.jsonl --manifest B/manifest.jsonl -o CACHE

Resumes: clips that are in the cache already are skipped, so that a growing manifest can be prepared again.

A cache folder holds `samples.i16` (all clips, end to end, each padded to whole units), `prosody.f32` ([frames, 3] at
100 Hz: log-F0, voicing, log energy), `index.jsonl` (one row a clip) and `units.i16` (-1 until `recipes.u2s_units` fills it).
"""

import argparse
import hashlib
import json
import multiprocessing
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
import torch
from numpy.typing import NDArray

from speechkit.errors import AudioFileError, ManifestError, WaveformError
from u2s.prosody_target import active_level, prosody_target

SAMPLE_RATE = 24000
SAMPLES_PER_UNIT = 960
FRAMES_PER_UNIT = 4
TARGET_LEVEL = 0.09
"""Root mean square of the active part of every clip; loudness is a control, not something to learn from corpora."""


def load_clip(path: Path) -> NDArray[np.float32]:
    """Decode one file to mono 24 kHz at the common level, padded with zeros to whole units.

    Returns:
        float32 [N * 960] in [-1, 1].
    Raises:
        AudioFileError: the file is missing or is not audio.
        WaveformError: the clip is silent.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise AudioFileError(f"{path} cannot be read as audio: {error}.") from error
    waveform = soxr.resample(samples.mean(axis=1), rate, SAMPLE_RATE, quality="HQ").astype(np.float32)
    level = active_level(waveform)
    if level < 1e-4:
        raise WaveformError(f"{path} is silent (level {level:.1e}).")
    waveform = waveform * min(TARGET_LEVEL / level, 0.98 / float(np.abs(waveform).max()))
    return np.pad(waveform, (0, -len(waveform) % SAMPLES_PER_UNIT))


def clip_id(manifest: Path, audio: str) -> str:
    """Stable name of a clip: corpus folder and audio path."""
    return f"{manifest.parent.name}/{audio}"


def is_validation(name: str) -> bool:
    """About 2 % of the clips, chosen by the name alone."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 50 == 0


def read_manifest(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a JSON-lines manifest, with the absolute audio path under "path" and the clip's name under "id".

    Raises:
        ManifestError: a row misses "audio" or "speaker".
    """
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        row = json.loads(line)
        missing = {"audio", "speaker"} - set(row)
        if missing:
            raise ManifestError(f"{path}:{number} has no {', '.join(sorted(missing))}.")
        yield {**row, "path": str(path.parent / row["audio"]), "id": clip_id(path, row["audio"])}


def _analyse(row: dict[str, Any]) -> tuple[dict[str, Any], NDArray[np.int16], NDArray[np.float32]] | None:
    try:
        waveform = load_clip(Path(row["path"]))
    except (AudioFileError, WaveformError) as error:
        print(f"skipped: {error}", flush=True)
        return None
    samples = np.clip(np.round(waveform * 32767), -32767, 32767).astype(np.int16)
    return row, samples, prosody_target(waveform, SAMPLE_RATE)


def read_index(cache: Path) -> list[dict[str, Any]]:
    """Rows of the cache: id, speaker, style, language, validation, first_unit, num_units, path, text."""
    index = cache / "index.jsonl"
    return [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines()] if index.exists() else []


def prepare(manifests: list[Path], cache: Path, workers: int = 1) -> int:
    """Add every clip of the manifests that the cache does not hold yet; returns how many were added."""
    cache.mkdir(parents=True, exist_ok=True)
    rows = read_index(cache)
    done = {row["id"] for row in rows}
    total = sum(row["num_units"] for row in rows)
    todo = [row for manifest in manifests for row in read_manifest(manifest) if row["id"] not in done]
    added = 0
    with multiprocessing.get_context("spawn").Pool(workers) as pool, _Appender(cache, total) as appender:
        for result in pool.imap(_analyse, todo, chunksize=8):
            if result is not None:
                appender.add(*result)
                added += 1
                if added % 200 == 0:
                    print(f"{added}/{len(todo)} clips, {appender.total / 25 / 3600:.2f} h in the cache", flush=True)
    return added


class _Appender:
    """Writes clips behind what the cache holds; the index row comes last, so a stopped run leaves no half clip."""

    def __init__(self, cache: Path, total: int) -> None:
        self.cache, self.total = cache, total

    def __enter__(self) -> "_Appender":
        self.files = [_open_at(self.cache / name, self.total * size) for name, size in _SIZES.items()]
        self.index = (self.cache / "index.jsonl").open("a", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        for file in (*self.files, self.index):
            file.close()

    def add(self, row: dict[str, Any], samples: NDArray[np.int16], prosody: NDArray[np.float32]) -> None:
        """Append one clip and its index row."""
        count = len(samples) // SAMPLES_PER_UNIT
        units = np.full(count, -1, np.int16)
        arrays: tuple[NDArray[Any], ...] = (samples, prosody.astype(np.float32), units)
        for file, array in zip(self.files, arrays, strict=True):
            file.write(array.tobytes())
            file.flush()
        entry = {key: row.get(key, "") for key in ("id", "speaker", "style", "gender", "language", "text", "kind", "path")}
        entry |= {"validation": is_validation(row["id"]), "first_unit": self.total, "num_units": count}
        self.index.write(json.dumps(entry, ensure_ascii=False) + "\n")
        self.index.flush()
        self.total += count


_SIZES = {"samples.i16": 2 * SAMPLES_PER_UNIT, "prosody.f32": 4 * 3 * FRAMES_PER_UNIT, "units.i16": 2}


def _open_at(path: Path, size: int) -> Any:
    path.touch()
    file = path.open("r+b")
    file.truncate(size)
    file.seek(0, os.SEEK_END)
    return file


def main(arguments: list[str] | None = None) -> None:
    """Command line; see the head of this file."""
    parser = argparse.ArgumentParser(prog="python -m recipes.u2s_data", description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--manifest", action="append", required=True, type=Path, help="JSON-lines manifest; repeatable")
    parser.add_argument("-o", "--output", required=True, type=Path, help="cache folder")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    options = parser.parse_args(arguments)
    torch.set_num_threads(max(1, int(os.environ.get("OMP_NUM_THREADS", "1"))))
    print(prepare(options.manifest, options.output, options.workers), "clips added")


if __name__ == "__main__":
    main()
