"""The `resynthesis` suite: speech to units and back, heard by recognisers beside the original."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from speechkit.config import Config
from speechkit.errors import StyleError, WaveformError
from speechkit.evaluation.audio import F0Method, item_waveform
from speechkit.evaluation.listening import Listeners, clip_name, on_side
from speechkit.evaluation.manifest import Item
from speechkit.evaluation.plots import bars, histogram
from speechkit.evaluation.records import Record
from speechkit.evaluation.renditions import voice_vectors
from speechkit.evaluation.suite import Clip, Plot, Summary
from speechkit.evaluation.suites.speech_results import SIDES, resynthesis_results, speed
from speechkit.metrics.edit_distance import edit_distance
from speechkit.metrics.text_protocols import ProtocolName
from speechkit.metrics.unit_distance import deduplicate
from speechkit.pipeline import Speechkit
from speechkit.types import Speech, Units
from speechkit.waveform import resample, save

ORIGINAL, RESPOKEN = SIDES


@dataclass(frozen=True, kw_only=True)
class ResynthesisConfig(Config):
    """Decisions of the `resynthesis` suite."""

    voice: str = "female"
    """Name of the voice that speaks the units; "self" takes each item's own style vector."""
    seed: int = 0
    """Of the decoder's noise."""
    protocol: str = "emova_tts"
    """Text protocol of the error rates."""
    pitch: F0Method | None = "yin"
    """Who tracks F0 (see `track_f0`) where F0 and spectrum of both sides are compared; None: they are not."""
    audio_kept: int = 5
    """Items whose original and re-spoken audio is kept for the page."""


class ResynthesisSuite:
    """Encodes and decodes every item and lets listeners compare."""

    name = "resynthesis"

    def __init__(
        self,
        kit: Speechkit,
        items: Sequence[Item],
        listeners: Listeners,
        *,
        target: Sequence[Speech] = (),
        config: ResynthesisConfig | None = None,
    ) -> None:
        """Prepare.

        Args:
            kit: the models.
            items: all items of the run; the first ones' audio is kept.
            listeners: recognisers, quality judges, speaker embedder.
            target: recordings of the voice that speaks, for the likeness to it.
            config: decisions.
        Raises:
            StyleError: the kit has no such voice. WaveformError: a target recording is empty or not finite.
        """
        self.kit = kit
        self.listeners = listeners
        self.config = config or ResynthesisConfig()
        if self.config.voice not in ("self", *kit.voices):
            raise StyleError(
                f"there is no voice {self.config.voice!r}; there are self, {', '.join(sorted(kit.voices))}."
            )
        self._target = voice_vectors(listeners.speakers, target)
        self._target_hash = hashlib.sha256(b"".join(clip.samples.tobytes() for clip in target)).hexdigest()[:16]
        self._kept = {item.id for item in sorted(items, key=lambda item: item.id)[: self.config.audio_kept]}

    def parameters(self) -> Mapping[str, Any]:
        """The config and who listens."""
        return {**self.config.to_dict(), **self.listeners.parameters()}

    def fingerprints(self) -> Mapping[str, str]:
        """Of both models and of the listeners that have one."""
        models = {"s2u": self.kit.encoder.fingerprint, "u2s": self.kit.decoder.fingerprint}
        target = {"target_voice": self._target_hash} if self._target else {}
        return {**models, **target, **self.listeners.fingerprints()}

    def measure(self, item: Item, folder: Path) -> Record:
        """Encode, decode, encode again, listen to both sides."""
        rate = self.kit.encoder.config.sample_rate
        samples = item_waveform(item, rate)
        started = time.perf_counter()
        units = self.kit.encode(samples, rate)
        encoded = time.perf_counter()
        speech, first = self._speak(item, units, samples, rate)
        seconds = {"encode": encoded - started, "decode": time.perf_counter() - encoded, "audio": len(samples) / rate}
        seconds["first_audio"] = first
        original = Speech(samples=samples, sample_rate=rate)
        if item.id in self._kept:
            self._keep(item, folder, original, speech)
        values: dict[str, Any] = {"text": item.text, "language": item.language, "speaker": item.speaker}
        values |= self._round_trip(units, speech)
        for side, heard in ((ORIGINAL, original), (RESPOKEN, speech)):
            values |= on_side(self.listeners.hear(heard, item.language), side)
        values |= self.listeners.compare(original, speech, target=self._target, pitch=self.config.pitch)
        values |= self.listeners.errors(values, item.text, item.language, self._protocol)
        return Record(id=item.id, values=values, seconds={**seconds, "decoder_audio": speech.duration_seconds})

    @property
    def _protocol(self) -> ProtocolName:
        return self.config.protocol  # type: ignore[return-value]

    def _speak(self, item: Item, units: Units, samples: Any, rate: int) -> tuple[Speech, float]:
        """The units in the run's voice, and the seconds until the first samples were there."""
        style: Any = self.config.voice
        if style == "self":
            target = self.kit.decoder.sample_rate
            style = self.kit.style_of(resample(samples, rate, target), target)
        started, first, pieces = time.perf_counter(), 0.0, []
        for piece in self.kit.decode_stream(units, style, seed=self.config.seed):
            first = first or time.perf_counter() - started
            pieces.append(piece.samples)
        samples = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
        return Speech(samples=samples, sample_rate=self.kit.decoder.sample_rate), first

    def _round_trip(self, units: Units, speech: Speech) -> dict[str, Any]:
        """Units of the re-spoken audio against the units it was made from, cut to whole units on both sides."""
        rate = self.kit.encoder.config.sample_rate
        try:
            again = self.kit.encode(resample(speech.samples, speech.sample_rate, rate), rate).ids.tolist()
        except WaveformError as error:
            return {"unit_errors": None, "unit_errors_skipped": f"decoder_output: {error}"}
        ids = units.ids.tolist()
        same = sum(a == b for a, b in zip(ids, again, strict=False))
        short, short_again = deduplicate(ids), deduplicate(again)
        return {
            "unit_errors": edit_distance(ids, again),
            "unit_count": len(ids),
            "frame_matches": same,
            "unit_error_rate": edit_distance(ids, again) / max(1, len(ids)),
            "deduplicated_errors": edit_distance(short, short_again),
            "deduplicated_count": len(short),
        }

    def _keep(self, item: Item, folder: Path, original: Speech, speech: Speech) -> None:
        (folder / "audio").mkdir(parents=True, exist_ok=True)
        save(folder / "audio" / clip_name(item.id, ORIGINAL), original)
        save(folder / "audio" / clip_name(item.id, RESPOKEN), speech)

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        """Error rates of both sides, what decoding added, quality, pitch, round trip."""
        results = resynthesis_results(records, self.listeners, self._protocol)
        named = {result.metric: result for result in results}
        rates = {name: named[name].value for name in named if name.startswith(("WER", "CER"))}
        known = sorted({name for record in records for name in record.values if not name.endswith("_skipped")})
        added = [name for name in known if name.startswith("added_")]
        plots = [Plot(title="Error rates", svg=bars(rates, {name: named[name].ci95 for name in rates}))]
        for name in added:
            values = [v for record in records if isinstance(v := record.values.get(name), float)]
            plots.append(Plot(title=f"Error rate added, item by item: {name}", svg=histogram(values, label=name)))
        listened = [name for name in known if name.startswith(("rate_", "dnsmos", "utmos", "similarity_"))]
        return Summary(
            results=results,
            timings=[
                *speed(records, "encode", "audio", torch.get_num_threads()),
                *speed(records, "decode", "decoder_audio", torch.get_num_threads(), first="first_audio"),
            ],
            plots=plots,
            item_metrics={name: name for name in ("unit_error_rate", "logF0_corr", "MCD", *added, *listened)},
        )

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        """Original and re-spoken, where kept."""
        return [Clip(title=side, path=folder / "audio" / clip_name(item.id, side)) for side in SIDES]
