"""Who speaks the answers: a protocol of one method, the toolkit's own voice behind it, and tones for want of a voice."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from speechkit.talker import StyleHeader
from speechkit.types import Speech

if TYPE_CHECKING:
    from speechkit.pipeline import Speechkit


@dataclass(frozen=True, kw_only=True)
class Line:
    """One sentence, and how to say it."""

    text: str
    """The sentence."""
    language: str
    """"en" or "zh"."""
    instruction: str
    """One sentence on the voice, in words."""
    style: Mapping[str, str]
    """Style header: gender, emotion, pitch, speed."""
    seed: int
    """The same line with the same seed gives the same samples."""


@runtime_checkable
class Speaker(Protocol):
    """Says lines."""

    name: str
    sample_rate: int

    def speak(self, line: Line) -> Iterator[Speech]:
        """The sound of a line, piece by piece; leaving early stops the work."""
        ...


class KitSpeaker:
    """The toolkit's own voice: the talker writes units, the decoder speaks them in the style of the header."""

    def __init__(self, kit: Speechkit) -> None:
        self.kit = kit
        self.name = "kit"
        self.sample_rate = kit.decoder.sample_rate

    def speak(self, line: Line) -> Iterator[Speech]:
        """See `Speaker`."""
        style = StyleHeader(**line.style)
        yield from self.kit.say_stream(
            line.text, instruction=line.instruction, style=style, language=line.language, seed=line.seed
        )


class SilentSpeaker:
    """Says nothing: conversations in writing."""

    name = "silent"
    sample_rate = 24000

    def speak(self, line: Line) -> Iterator[Speech]:
        """No piece; see `Speaker`."""
        return iter(())


class ToneSpeaker:
    """A tone a character: tests, and conversations before there is a voice. Height and pace follow the style header."""

    name = "tones"
    sample_rate = 24000

    _PITCHES: Mapping[str, float] = {"low": 0.8, "normal": 1.0, "high": 1.25}
    _PACES: Mapping[str, float] = {"slow": 1.3, "normal": 1.0, "fast": 0.75}

    def speak(self, line: Line) -> Iterator[Speech]:
        """Pieces of ten characters; see `Speaker`."""
        base = 110.0 if line.style.get("gender") == "male" else 220.0
        base *= self._PITCHES[line.style.get("pitch", "normal")]
        length = round(0.06 * self._PACES[line.style.get("speed", "normal")] * self.sample_rate)
        time = np.arange(length) / self.sample_rate
        noise = np.random.default_rng([line.seed, zlib.crc32(line.text.encode())])
        for start in range(0, len(line.text), 10):
            heights = [base * 2 ** (ord(character) % 12 / 12) for character in line.text[start : start + 10]]
            tones = np.concatenate([np.sin(2 * np.pi * height * time) for height in heights])
            samples = 0.1 * tones + 0.001 * noise.standard_normal(len(tones))
            yield Speech(samples=samples.astype(np.float32), sample_rate=self.sample_rate)
