"""From a short text such as `whisper:/models/base` to a recogniser."""

from __future__ import annotations

from collections.abc import Callable

from speechkit.asr.fake import FakeTranscriber
from speechkit.asr.funasr import FunasrTranscriber
from speechkit.asr.moonshine import MoonshineTranscriber
from speechkit.asr.whisper import WhisperTranscriber
from speechkit.asr.whisper_transformers import TransformersWhisperTranscriber
from speechkit.errors import ConfigError
from speechkit.protocols import Transcriber

TRANSCRIBERS: dict[str, Callable[[str, int], Transcriber]] = {
    "whisper": lambda model, threads: WhisperTranscriber(model or "base", threads=threads),
    "moonshine": lambda model, threads: MoonshineTranscriber(model, threads=threads),
    "whisper-transformers": lambda model, threads: TransformersWhisperTranscriber(model or "openai/whisper-base"),
    "funasr": lambda model, threads: FunasrTranscriber(model or "paraformer-zh", threads=threads),
    "fake": lambda model, threads: FakeTranscriber(model),
}
"""Recognisers by name: what stands after the colon is a local folder or a model id."""


def transcriber(spec: str, *, threads: int = 2) -> Transcriber:
    """Make a recogniser.

    Args:
        spec: `name` or `name:model`; see `TRANSCRIBERS`.
        threads: CPU threads.
    Raises:
        ConfigError: an unknown name.
        DependencyError: its library is not installed.
        CheckpointError: its model is not there.
    """
    name, _, model = spec.partition(":")
    if name not in TRANSCRIBERS:
        raise ConfigError(f"there is no recogniser {name!r}; there are {', '.join(sorted(TRANSCRIBERS))}.")
    return TRANSCRIBERS[name](model, threads)
