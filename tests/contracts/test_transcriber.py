"""What every Transcriber keeps."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from speechkit.asr import transcriber
from speechkit.errors import CheckpointError, ConfigError, SpeechkitError, TextError, WaveformError
from speechkit.pipeline import load
from speechkit.protocols import Transcriber
from tests.contracts.backends import backend, model
from tests.contracts.tiny_recognisers import write_tiny_paraformer, write_tiny_whisper

TINY = {"whisper-transformers": write_tiny_whisper, "funasr": write_tiny_paraformer}


def tiny(kind: str) -> Transcriber:
    """A recogniser of the real class with random weights, from a folder that is gone once it is loaded."""
    with tempfile.TemporaryDirectory() as folder:
        listener = transcriber(f"{kind}:{TINY[kind](Path(folder) / 'tiny-model')}")
    assert len(listener.fingerprint) == 16  # type: ignore[attr-defined]
    return listener


BACKENDS = [
    backend("fake", lambda: transcriber("fake:hello")),
    backend("embedded", lambda: transcriber("embedded", posteriors=load().phone_posteriors)),
    backend(
        "whisper",
        lambda: transcriber(f"whisper:{model('whisper-base')}"),
        needs=["faster_whisper"],
        folder="whisper-base",
    ),
    backend(
        "moonshine", lambda: transcriber(f"moonshine:{model('moonshine')}"), needs=["onnxruntime"], folder="moonshine"
    ),
    backend(
        "whisper-onnx",
        lambda: transcriber(f"whisper-onnx:{model('whisper-small')}"),
        needs=["onnxruntime", "faster_whisper"],
        folder="whisper-small",
    ),
    backend(
        "whisper-transformers",
        lambda: transcriber(f"whisper-transformers:{model('whisper-transformers')}"),
        needs=["transformers"],
        folder="whisper-transformers",
    ),
    backend("whisper-transformers, tiny and random", lambda: tiny("whisper-transformers"), needs=["transformers"]),
    backend("funasr, tiny and random", lambda: tiny("funasr"), needs=["funasr"]),
    backend("funasr", lambda: transcriber(f"funasr:{model('paraformer')}"), needs=["funasr"], folder="paraformer"),
]


@pytest.fixture(scope="module", params=BACKENDS)
def listener(request: pytest.FixtureRequest) -> Transcriber:
    make: Callable[[], Transcriber] = request.param
    return make()


def noise(seconds: float, rate: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(int(seconds * rate))).astype(np.float32)


def test_is_a_transcriber_with_a_name_without_paths(listener: Transcriber) -> None:
    assert isinstance(listener, Transcriber)
    assert listener.name
    assert "/" not in listener.name


@pytest.mark.parametrize("rate", [16000, 24000])
def test_gives_the_same_text_twice_and_keeps_the_input(listener: Transcriber, rate: int) -> None:
    waveform = noise(1.2, rate)
    before = waveform.copy()
    text = listener.transcribe(waveform, rate, "en")
    assert isinstance(text, str)
    assert text == text.strip()
    assert text == listener.transcribe(waveform, rate, "en")
    assert np.array_equal(waveform, before)


def test_a_very_short_clip_is_heard(listener: Transcriber) -> None:
    assert isinstance(listener.transcribe(noise(0.15, 16000), 16000, "en"), str)


def test_refuses_what_cannot_be_heard(listener: Transcriber) -> None:
    with pytest.raises(WaveformError):
        listener.transcribe(np.zeros(0, np.float32), 16000, "en")
    with pytest.raises(WaveformError):
        listener.transcribe(np.full(16000, np.nan, np.float32), 16000, "en")
    with pytest.raises(TextError):
        listener.transcribe(noise(0.5, 16000), 16000, "xx")


def test_unknown_and_missing(tmp_path: object) -> None:
    with pytest.raises(ConfigError, match="whisper"):
        transcriber("nothing")
    with pytest.raises(CheckpointError, match=r"tokenizer\.bin"):
        transcriber(f"moonshine:{tmp_path}")
    with pytest.raises(CheckpointError, match=r"encoder_model\.onnx"):
        transcriber(f"whisper-onnx:{tmp_path}")
    with pytest.raises(SpeechkitError):
        transcriber(f"whisper:{tmp_path}")
