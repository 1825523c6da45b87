"""Who listens to speech in a suite: recognisers, quality judges, a speaker embedder. One call each, skips with reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from speechkit.errors import SpeechkitError
from speechkit.evaluation.audio import F0Method
from speechkit.evaluation.remembering import (
    Memory,
    RememberingEmbedder,
    RememberingJudge,
    RememberingTranscriber,
)
from speechkit.evaluation.renditions import Vector, distortion, likeness, pitch_comparison
from speechkit.metrics.error_rate import compare
from speechkit.metrics.result import Skip
from speechkit.metrics.text_protocols import ProtocolName, text_protocol
from speechkit.protocols import QualityJudge, SpeakerEmbedder, Transcriber
from speechkit.types import Speech

SILENCE_LEVEL = 1e-4
"""Peak below which speech counts as empty."""


@dataclass(frozen=True, kw_only=True)
class Listeners:
    """The listeners of a run."""

    transcribers: Sequence[Transcriber] = ()
    """Recognisers, for error rates."""
    quality: Sequence[QualityJudge] = ()
    """Predicted opinion scores."""
    speakers: Sequence[SpeakerEmbedder] = ()
    """Voice vectors, for similarity."""
    simplify: Callable[[str], str] | None = None
    """Applied to what is heard in Mandarin: traditional to simplified characters, which recognisers mix."""
    parity: bool = False
    """Error rates with the quirks of the published scripts; see `error_rate`."""

    @property
    def keys(self) -> dict[str, Transcriber]:
        """Recognisers by a short name: the kind alone where it is unique, else kind and model."""
        kinds = [transcriber.name.partition(":")[0] for transcriber in self.transcribers]
        return {
            kind if kinds.count(kind) == 1 else transcriber.name.replace(":", "-"): transcriber
            for kind, transcriber in zip(kinds, self.transcribers, strict=True)
        }

    def remembering(self, memory: Memory) -> Listeners:
        """The same listeners, each asking the memory first."""
        return Listeners(
            transcribers=[RememberingTranscriber(listener, memory) for listener in self.transcribers],
            quality=[RememberingJudge(listener, memory) for listener in self.quality],
            speakers=[RememberingEmbedder(listener, memory) for listener in self.speakers],
            simplify=self.simplify,
            parity=self.parity,
        )

    def parameters(self) -> dict[str, Any]:
        """Names of all, whether Mandarin is simplified, and parity."""
        return {
            "listeners": [listener.name for listener in self._everyone()],
            "simplified_mandarin": self.simplify is not None,
            "parity": self.parity,
        }

    def fingerprints(self) -> dict[str, str]:
        """Hashes of the weights of those that tell."""
        found = {listener.name: str(getattr(listener, "fingerprint", "")) for listener in self._everyone()}
        return {name: value for name, value in found.items() if value}

    def _everyone(self) -> list[Transcriber | QualityJudge | SpeakerEmbedder]:
        return [*self.transcribers, *self.quality, *self.speakers]

    def hear(self, speech: Speech, language: str) -> dict[str, Any]:
        """Transcripts ("heard_<recogniser>") and scores by scale; what fails is None with a reason beside it."""
        values: dict[str, Any] = {}
        peak = float(np.abs(speech.samples).max(initial=0.0))
        finite = bool(np.isfinite(speech.samples).all())
        empty = "empty_audio" if peak < SILENCE_LEVEL else None if finite else "not_finite"
        for key, transcriber in self.keys.items():
            values |= _attempt(
                f"heard_{key}",
                None if empty != "not_finite" and len(speech.samples) else empty,
                partial(transcriber.transcribe, speech.samples, speech.sample_rate, language),
            )
        for judge in self.quality:
            values |= _scores(judge, speech, empty)
        return values

    def compare(
        self,
        original: Speech,
        speech: Speech,
        *,
        target: Mapping[str, Vector] | None = None,
        pitch: F0Method | None = None,
    ) -> dict[str, Any]:
        """Likeness of the voices; with a `pitch` method also F0 and spectrum, of two renditions of one utterance."""
        values = likeness(self.speakers, original, speech, target or {})
        if pitch is not None:
            values |= pitch_comparison(original, speech, pitch) | distortion(original, speech)
        return values

    def errors(self, values: Mapping[str, Any], text: str, language: str, protocol: ProtocolName) -> dict[str, Any]:
        """Errors, words and rate of every transcript "heard_<recogniser>_<side>", and what the second side added."""
        found: dict[str, Any] = {}
        for key in self.keys:
            sides = [name.removeprefix(f"heard_{key}_") for name in values if name.startswith(f"heard_{key}_")]
            for side in (side for side in sides if not side.endswith("_skipped")):
                found |= self._counts(f"{key}_{side}", values[f"heard_{key}_{side}"], text, language, protocol)
            before, after = (found.get(f"rate_{key}_{side}") for side in ("original", "respoken"))
            if before is not None and after is not None:
                found[f"added_{key}"] = after - before
        return found

    def rate_of(
        self, key: str, values: Mapping[str, Any], text: str, language: str, protocol: ProtocolName
    ) -> dict[str, Any]:
        """Errors, words and rate of the one transcript "heard_<recogniser>"."""
        return self._counts(key, values.get(f"heard_{key}"), text, language, protocol)

    def _counts(self, name: str, heard: str | None, text: str, language: str, protocol: ProtocolName) -> dict[str, Any]:
        if not text or heard is None:
            reason = "no_text" if not text else "no_transcript"
            return {f"rate_{name}": None, f"rate_{name}_skipped": reason}
        spoken: Any = language
        item = compare(text, heard, text_protocol(protocol), spoken, self.parity, simplify=self.simplify)
        if isinstance(item.counts, Skip):
            return {f"rate_{name}": None, f"rate_{name}_skipped": item.counts.reason}
        counts = {f"errors_{name}": item.counts.errors, f"words_{name}": item.counts.reference_length}
        return {**counts, f"rate_{name}": item.rate}


def _attempt(name: str, skip: str | None, call: Callable[[], Any]) -> dict[str, Any]:
    if skip:
        return {name: None, f"{name}_skipped": skip}
    try:
        return {name: call()}
    except SpeechkitError as error:
        return {name: None, f"{name}_skipped": f"{type(error).__name__}: {error}"}


def _scores(judge: QualityJudge, speech: Speech, empty: str | None) -> dict[str, Any]:
    scales: Sequence[str] = getattr(judge, "scales", ())
    if empty:
        return dict.fromkeys(scales) | {f"{scale}_skipped": empty for scale in scales}
    try:
        scores = judge.rate(speech.samples, speech.sample_rate)
    except SpeechkitError as error:
        return dict.fromkeys(scales) | {f"{scale}_skipped": type(error).__name__ for scale in scales}
    finite = {scale: float(value) for scale, value in scores.items() if np.isfinite(value)}
    broken = [scale for scale in scores if scale not in finite]
    return finite | dict.fromkeys(broken) | {f"{scale}_skipped": "not_finite" for scale in broken}


def on_side(values: Mapping[str, Any], side: str) -> dict[str, Any]:
    """Values named after a side; the reasons stay recognisable.

    >>> on_side({"x": None, "x_skipped": "silent"}, "original")
    {'x_original': None, 'x_original_skipped': 'silent'}
    """
    end = "_skipped"
    return {
        f"{name.removesuffix(end)}_{side}{end if name.endswith(end) else ''}": value for name, value in values.items()
    }


def clip_name(item_id: str, side: str) -> str:
    """File name of a rendition of an item: readable, and unique.

    >>> clip_name("audio/a b", "original")
    'audio_a_b-7cec96a0-original.mp3'
    """
    plain = "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in item_id)[-80:]
    return f"{plain}-{hashlib.sha256(item_id.encode()).hexdigest()[:8]}-{side}.mp3"
