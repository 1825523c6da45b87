"""From a short text such as `whisper:/models/base` to a recogniser."""

from __future__ import annotations

from collections.abc import Callable

from speechkit.asr.embedded import BUNDLED, EmbeddedTranscriber
from speechkit.asr.fake import FakeTranscriber
from speechkit.asr.funasr import FunasrTranscriber
from speechkit.asr.moonshine import MoonshineTranscriber
from speechkit.asr.whisper import WhisperTranscriber
from speechkit.asr.whisper_onnx import OnnxWhisperTranscriber
from speechkit.asr.whisper_transformers import TransformersWhisperTranscriber
from speechkit.errors import ConfigError
from speechkit.protocols import PhonePosteriors, Transcriber

TRANSCRIBERS: dict[str, Callable[[str, int], Transcriber]] = {
    "whisper": lambda model, threads: WhisperTranscriber(model or "base", threads=threads),
    "moonshine": lambda model, threads: MoonshineTranscriber(model, threads=threads),
    "whisper-transformers": lambda model, threads: TransformersWhisperTranscriber(model or "openai/whisper-base"),
    "whisper-onnx": lambda model, threads: OnnxWhisperTranscriber(model, threads=threads),
    "funasr": lambda model, threads: FunasrTranscriber(model or "paraformer-zh", threads=threads),
    "fake": lambda model, threads: FakeTranscriber(model),
}
"""Recognisers by name: what stands after the colon is a local folder or a model id. Beside them there is `embedded`."""


def transcriber(spec: str, *, threads: int = 2, posteriors: PhonePosteriors | None = None) -> Transcriber:
    """Make a recogniser.

    Args:
        spec: `name` or `name:model`; see `TRANSCRIBERS`. `embedded` takes a folder of `recipes.transcriber_lm`, or nothing.
        threads: CPU threads.
        posteriors: phones of an encoder, for `embedded`: `Speechkit.phone_posteriors`.
    Raises:
        ConfigError: an unknown name, or `embedded` without posteriors.
        DependencyError: its library is not installed.
        CheckpointError: its model is not there.
    """
    name, _, model = spec.partition(":")
    if name == "embedded":
        if posteriors is None:
            raise ConfigError(
                "the recogniser 'embedded' reads an encoder's phones: give it posteriors=kit.phone_posteriors."
            )
        return EmbeddedTranscriber(posteriors, model or BUNDLED)
    if name not in TRANSCRIBERS:
        raise ConfigError(
            f"there is no recogniser {name!r}; there are {', '.join(sorted([*TRANSCRIBERS, 'embedded']))}."
        )
    return TRANSCRIBERS[name](model, threads)
