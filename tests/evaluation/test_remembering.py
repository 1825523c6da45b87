"""Listeners that remember say what the listener says, ask it once, and never mix up two recordings or two listeners."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from speechkit.asr.fake import FakeTranscriber
from speechkit.errors import ConfigError, WaveformError
from speechkit.evaluation.adapters.fakes import FakeQualityJudge, FakeSpeakerEmbedder
from speechkit.evaluation.listening import Listeners
from speechkit.evaluation.remembering import Memory, RememberingEmbedder, RememberingJudge, RememberingTranscriber
from speechkit.protocols import QualityJudge, SpeakerEmbedder, Transcriber, Waveform
from tests.evaluation.conftest import tone


class Counting(FakeTranscriber):
    """Tells how often it was asked."""

    def __init__(self, name: str = "counting") -> None:
        super().__init__("hello")
        self.name, self.asked = name, 0

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        self.asked += 1
        return f"{super().transcribe(waveform, sample_rate, language)} {len(waveform)}"


def test_a_clip_is_heard_once(tmp_path: Path) -> None:
    inner = Counting()
    heard = [RememberingTranscriber(inner, Memory(tmp_path)).transcribe(tone(1), 16000, "en") for _ in range(3)]
    assert heard == ["hello 12800"] * 3
    assert inner.asked == 1


def test_whatever_the_answer_depends_on_is_asked_again(tmp_path: Path) -> None:
    inner, memory = Counting(), Memory(tmp_path)
    listener = RememberingTranscriber(inner, memory)
    quieter = tone(1) * np.float32(0.5)
    for arguments in ((tone(1), 16000, "en"), (tone(2), 16000, "en"), (quieter, 16000, "en"), (tone(1), 24000, "en")):
        listener.transcribe(*arguments)
    listener.transcribe(tone(1), 16000, "zh")
    assert inner.asked == 5
    inner.fingerprint = "other weights"
    listener.transcribe(tone(1), 16000, "en")
    assert inner.asked == 6
    other = Counting("other")
    RememberingTranscriber(other, memory).transcribe(tone(1), 16000, "en")
    assert other.asked == 1


def test_every_kind_gives_the_same_as_without(tmp_path: Path) -> None:
    clip, memory = tone(3), Memory(tmp_path)
    judge, embedder = FakeQualityJudge(), FakeSpeakerEmbedder()
    remembering = RememberingJudge(judge, memory), RememberingEmbedder(embedder, memory)
    assert isinstance(remembering[0], QualityJudge) and isinstance(remembering[1], SpeakerEmbedder)
    assert isinstance(RememberingTranscriber(Counting(), memory), Transcriber)
    for _ in range(2):
        assert remembering[0].rate(clip, 16000) == judge.rate(clip, 16000)
        vector = remembering[1].embed(clip, 16000)
        assert vector.dtype == np.float32 and np.array_equal(vector, embedder.embed(clip, 16000))
    assert remembering[0].scales == judge.scales


def test_failures_are_not_kept(tmp_path: Path) -> None:
    class Moody(FakeQualityJudge):
        mood = float("nan")

        def rate(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
            if self.mood == 0:
                raise WaveformError("not now")
            return {"dnsmos_ovr": self.mood}

    inner = Moody()
    judge = RememberingJudge(inner, Memory(tmp_path))
    assert np.isnan(judge.rate(tone(1), 16000)["dnsmos_ovr"])
    inner.mood = 0
    with pytest.raises(WaveformError):
        judge.rate(tone(1), 16000)
    inner.mood = 3.0
    assert judge.rate(tone(1), 16000) == {"dnsmos_ovr": 3.0}
    inner.mood = 4.0
    assert judge.rate(tone(1), 16000) == {"dnsmos_ovr": 3.0}


def test_a_damaged_answer_is_named(tmp_path: Path) -> None:
    listener = RememberingTranscriber(Counting(), Memory(tmp_path))
    listener.transcribe(tone(1), 16000, "en")
    (kept,) = tmp_path.rglob("*.json")
    assert json.loads(kept.read_text())["answer"] == "hello 12800"
    kept.write_text("{")
    with pytest.raises(ConfigError, match="remove it"):
        listener.transcribe(tone(1), 16000, "en")


def test_listeners_keep_their_names(tmp_path: Path) -> None:
    plain = Listeners(transcribers=[Counting()], quality=[FakeQualityJudge()], speakers=[FakeSpeakerEmbedder()])
    remembering = plain.remembering(Memory(tmp_path))
    assert remembering.parameters() == plain.parameters()
    assert remembering.fingerprints() == plain.fingerprints()
    assert list(remembering.keys) == list(plain.keys)
