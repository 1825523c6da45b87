"""What all recognisers do with a waveform before they hear it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from speechkit.errors import CheckpointError, TextError
from speechkit.protocols import Waveform
from speechkit.waveform import resample

SAMPLE_RATE = 16000
PAD_SECONDS = 0.3
"""Silence put before and after: recognisers drop the edges of clips that begin or end with speech."""


def prepare(waveform: Waveform, sample_rate: int, language: str, *, pad_seconds: float = PAD_SECONDS) -> Waveform:
    """Resample to 16 kHz and pad with silence.

    Args:
        waveform: float32 [T] in [-1, 1].
        sample_rate: Hz.
        language: checked.
        pad_seconds: at each end.
    Returns:
        float32 [T'] at 16 kHz.
    Raises:
        TextError: the language is neither "en" nor "zh".
        WaveformError: empty, NaN or infinity.
    """
    if language not in ("en", "zh"):
        raise TextError(f"language must be 'en' or 'zh', got {language!r}.")
    samples = resample(waveform, sample_rate, SAMPLE_RATE)
    silence = np.zeros(int(pad_seconds * SAMPLE_RATE), np.float32)
    return np.concatenate([silence, samples, silence])


def model_name(kind: str, model: str) -> str:
    """Name of a recogniser for reports: the kind and the last part of the model's path, never the folder it lies in.

    >>> model_name("whisper", "/data/models/whisper-base/")
    'whisper:whisper-base'
    """
    return f"{kind}:{Path(model).name or model}"


def files_fingerprint(paths: Iterable[Path]) -> str:
    """SHA-256 of files, in the order of their names, shortened to 16 hex digits."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda path: path.name):
        digest.update(path.name.encode() + b"\0")
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]


def folder_fingerprint(model: str, patterns: Iterable[str]) -> str:
    """Fingerprint of the weights in a local model folder; empty for an id that a library fetches."""
    found = [path for pattern in patterns for path in Path(model).glob(pattern)] if Path(model).is_dir() else []
    return files_fingerprint(found) if found else ""


def require_files(folder: Path, names: Iterable[str], what: str) -> list[Path]:
    """Paths of files that have to be in a folder.

    Raises:
        CheckpointError: one is missing.
    """
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise CheckpointError(f"{what} needs {', '.join(missing)} in {folder}; give the folder that holds the model.")
    return [folder / name for name in names]
