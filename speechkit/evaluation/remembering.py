"""Listeners that remember: what a recogniser or judge said about a recording is kept by content and not computed again."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import ConfigError
from speechkit.evaluation.records import write_json
from speechkit.evaluation.runner import versions
from speechkit.protocols import QualityJudge, SpeakerEmbedder, Transcriber, Waveform


class Memory:
    """A folder of answers: one small JSON file each, named by a hash of everything that the answer depends on.

    That is the samples, their rate, the language, the listener's name and the fingerprint of its weights, and the
    versions of the packages: another of any of these is another answer. Several processes may share a folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._versions = json.dumps(versions(), sort_keys=True)

    def recall(self, listener: Any, waveform: Waveform, sample_rate: int, language: str, ask: Callable[[], Any]) -> Any:
        """The kept answer, or else the answer of `ask`, which is kept. An error is passed on; it is not kept, nor is NaN.

        Raises:
            ConfigError: a kept answer cannot be read.
        """
        path = self._place(listener, waveform, sample_rate, language)
        if path.is_file():
            try:
                return json.loads(path.read_text(encoding="utf-8"))["answer"]
            except (ValueError, KeyError, TypeError) as error:
                raise ConfigError(f"{path} is no kept answer: {error}; remove it.") from error
        answer = ask()
        if not _finite(answer):
            return answer
        write_json(path, {"listener": listener.name, "answer": answer})
        return answer

    def _place(self, listener: Any, waveform: Waveform, sample_rate: int, language: str) -> Path:
        facts = [type(listener).__name__, listener.name, str(getattr(listener, "fingerprint", "")), language]
        digest = hashlib.sha256("\0".join([*facts, str(sample_rate), self._versions]).encode())
        digest.update(np.ascontiguousarray(waveform, np.float32).tobytes())
        key = digest.hexdigest()[:40]
        return self.folder / key[:2] / f"{key[2:]}.json"


def _finite(answer: Any) -> bool:
    """Whether an answer holds no NaN or infinity, which are failures and worth another try."""
    numbers = answer.values() if isinstance(answer, Mapping) else answer if isinstance(answer, list) else ()
    return all(map(math.isfinite, numbers))


class RememberingTranscriber:
    """A recogniser and its memory; otherwise the same `Transcriber`."""

    def __init__(self, inner: Transcriber, memory: Memory) -> None:
        self.inner, self.memory, self.name = inner, memory, inner.name
        self.fingerprint = str(getattr(inner, "fingerprint", ""))

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """See `Transcriber`."""

        def ask() -> str:
            return self.inner.transcribe(waveform, sample_rate, language)

        return str(self.memory.recall(self.inner, waveform, sample_rate, language, ask))


class RememberingJudge:
    """A judge of quality and its memory; otherwise the same `QualityJudge`."""

    def __init__(self, inner: QualityJudge, memory: Memory) -> None:
        self.inner, self.memory, self.name = inner, memory, inner.name
        self.fingerprint = str(getattr(inner, "fingerprint", ""))
        self.scales: tuple[str, ...] = tuple(getattr(inner, "scales", ()))

    def rate(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        """See `QualityJudge`."""

        def ask() -> dict[str, float]:
            return dict(self.inner.rate(waveform, sample_rate))

        return dict(self.memory.recall(self.inner, waveform, sample_rate, "", ask))


class RememberingEmbedder:
    """A speaker embedder and its memory; otherwise the same `SpeakerEmbedder`."""

    def __init__(self, inner: SpeakerEmbedder, memory: Memory) -> None:
        self.inner, self.memory, self.name = inner, memory, inner.name
        self.fingerprint = str(getattr(inner, "fingerprint", ""))

    def embed(self, waveform: Waveform, sample_rate: int) -> NDArray[np.float32]:
        """See `SpeakerEmbedder`."""

        def ask() -> list[float]:
            return self.inner.embed(waveform, sample_rate).tolist()

        return np.array(self.memory.recall(self.inner, waveform, sample_rate, "", ask), np.float32)
