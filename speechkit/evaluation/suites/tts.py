"""The `tts` suite: texts spoken by a talker, or recordings of it, heard by recognisers and judges."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from speechkit.config import Config
from speechkit.errors import ManifestError
from speechkit.evaluation.audio import item_waveform
from speechkit.evaluation.heard_phones import heard_phone_results, heard_phones
from speechkit.evaluation.listening import Listeners, clip_name
from speechkit.evaluation.manifest import Item
from speechkit.evaluation.plots import bars
from speechkit.evaluation.records import Record
from speechkit.evaluation.suite import Clip, Plot, Summary
from speechkit.evaluation.suites.speech_results import (
    clusters_of,
    mean_of,
    score_results,
    speed,
    split_skipped,
    transcript_result,
)  # fmt: skip
from speechkit.evaluation.suites.tokenizer_results import with_skips
from speechkit.metrics.result import MetricResult
from speechkit.metrics.seed_tts import parse_seed_tts_list
from speechkit.metrics.text_protocols import ProtocolName
from speechkit.types import Speech
from speechkit.waveform import save

PROMPT_RATE = 16000


class Talker(Protocol):
    """Anything that speaks text: what the `tts` suite needs where no recordings are given."""

    name: str

    def speak(self, item: Item) -> Speech:
        """Speech for an item's text, language and row (voice, style, prompt); deterministic per item."""
        ...


@dataclass(frozen=True, kw_only=True)
class TTSConfig(Config):
    """Decisions of the `tts` suite."""

    protocol: str = "seedtts"
    """Text protocol of the error rates."""
    audio_kept: bool = True
    """Keep what the talker said."""


class TTSSuite:
    """Measures a talker, or recordings named in the manifest's `audio`; `prompt` names the voice to be like."""

    name = "tts"

    def __init__(self, listeners: Listeners, *, talker: Talker | None = None, config: TTSConfig | None = None) -> None:
        """Prepare.

        Args:
            listeners: recognisers, quality judges, speaker embedder.
            talker: speaks the texts; None: rows name recordings.
            config: decisions.
        """
        self.listeners, self.talker = listeners, talker
        self.config = config or TTSConfig()

    def parameters(self) -> Mapping[str, Any]:
        """The config, who speaks and who listens."""
        speaker = None if self.talker is None else self.talker.name
        return {**self.config.to_dict(), "talker": speaker, **self.listeners.parameters()}

    def fingerprints(self) -> Mapping[str, str]:
        """Of the listeners and of a talker that has one."""
        own = str(getattr(self.talker, "fingerprint", ""))
        return {**({self.talker.name: own} if self.talker and own else {}), **self.listeners.fingerprints()}

    def measure(self, item: Item, folder: Path) -> Record:
        """Speak or load, then listen."""
        started = time.perf_counter()
        speech = self._speech(item)
        seconds = {"audio": speech.duration_seconds}
        if self.talker is not None:
            seconds["speak"] = time.perf_counter() - started
            if self.config.audio_kept:
                (folder / "audio").mkdir(parents=True, exist_ok=True)
                save(folder / "audio" / clip_name(item.id, "spoken"), speech)
        values: dict[str, Any] = {"text": item.text, "language": item.language, "speaker": item.speaker}
        values |= self.listeners.hear(speech, item.language)
        for key in self.listeners.keys:
            values |= self.listeners.rate_of(key, values, item.text, item.language, self._protocol)
            values |= heard_phones(key, item.text, values.get(f"heard_{key}"), item.language)
        if item.row.get("prompt"):
            prompt = Speech(samples=item_waveform(item, PROMPT_RATE, "prompt"), sample_rate=PROMPT_RATE)
            values |= self.listeners.compare(prompt, speech)
        return Record(id=item.id, values=values, seconds=seconds)

    @property
    def _protocol(self) -> ProtocolName:
        return self.config.protocol  # type: ignore[return-value]

    def _speech(self, item: Item) -> Speech:
        if self.talker is not None:
            if not item.text:
                raise ManifestError(f"item {item.id} has no text to speak.")
            return self.talker.speak(item)
        if not item.row.get("audio"):
            raise ManifestError(f"item {item.id} names no recording ('audio') and no talker was given.")
        rate = PROMPT_RATE
        return Speech(samples=item_waveform(item, rate), sample_rate=rate)

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        """Error rates, opinion scores, similarity to the prompt."""
        usable, lost = split_skipped(records)
        results: list[MetricResult] = []
        for key in self.listeners.keys:
            for language, name in (("en", "WER"), ("zh", "CER")):
                spoken = [record for record in usable if record.values.get("language") == language]
                if spoken or language == "en":
                    results.append(
                        transcript_result(spoken, self.listeners, f"{name}_{key}", key, "", language, self._protocol)
                    )
                results += heard_phone_results(spoken, key, language, clusters_of(spoken)) if spoken else []
        results += score_results(usable)
        similar = sorted(
            {n for r in usable for n in r.values if n.startswith("similarity_") and not n.endswith("_skipped")}
        )
        results += [mean_of(usable, name, unit="cosine") for name in similar]
        results = [with_skips(result, lost) for result in results]
        threads = torch.get_num_threads()
        timings = [] if self.talker is None else speed(records, "speak", "audio", threads)
        rates = {result.metric: result.value for result in results if result.metric[:3] in ("WER", "CER")}
        names = {f"{name}_{key}": f"rate_{key}" for key in self.listeners.keys for name in ("WER", "CER")}
        names |= {result.metric: result.metric for result in results if result.unit in ("MOS", "cosine")}
        plots = [Plot(title="Error rates", svg=bars(rates))]
        return Summary(results=results, timings=timings, plots=plots, item_metrics=names)

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        """What was said."""
        recorded = item.folder / str(item.row.get("audio"))
        path = folder / "audio" / clip_name(item.id, "spoken") if self.talker is not None else recorded
        return [Clip(title="spoken", path=path)]


def seed_tts_items(path: str | Path, recordings: str | Path | None = None, *, language: str = "en") -> list[Item]:
    """Items of a seed-tts-eval list; `<recordings>/<utt>.wav` are the generated files.

    Raises:
        ManifestError: a malformed line, or a list that cannot be read.
    """
    source = Path(path)
    try:
        lines = source.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ManifestError(f"{source} cannot be read: {error}.") from error
    found = []
    for entry in parse_seed_tts_list(lines):
        row: dict[str, Any] = {
            "id": entry.utterance,
            "text": entry.text,
            "language": language,
            "prompt": entry.prompt_wav,
        }
        if recordings is not None:
            row["audio"] = str((Path(recordings) / f"{entry.utterance}.wav").resolve())
        found.append(Item(id=entry.utterance, row=row, folder=source.parent))
    return found
