"""A recogniser that needs no model: for tests, and for trying a suite out."""

from __future__ import annotations

from speechkit.asr.listening import prepare
from speechkit.protocols import Waveform


class FakeTranscriber:
    """Says the same text for anything that is not silent."""

    def __init__(self, text: str = "") -> None:
        self.name = f"fake:{text}"
        self.text = text

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """The text; empty for silence."""
        samples = prepare(waveform, sample_rate, language)
        return self.text if abs(samples).max(initial=0.0) > 1e-4 else ""
