"""The `control` suite: does a requested pitch or emotion come out? Measured on recordings, or on units spoken with controls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from speechkit.config import Config
from speechkit.errors import ManifestError
from speechkit.evaluation.audio import item_waveform, track_f0
from speechkit.evaluation.listening import clip_name
from speechkit.evaluation.manifest import Item
from speechkit.evaluation.plots import bars, matrix
from speechkit.evaluation.records import Record
from speechkit.evaluation.suite import Clip, Plot, Summary
from speechkit.evaluation.suites.tokenizer_results import with_skips
from speechkit.evaluation.suites.tts import Talker
from speechkit.metrics.emotion_control import CONTROL_LABELS, emotion_control
from speechkit.metrics.pitch_control import LEVELS, PitchRendition, pitch_control
from speechkit.metrics.result import MetricResult
from speechkit.pipeline import Speechkit
from speechkit.protocols import EmotionScorer
from speechkit.types import Speech
from speechkit.waveform import save
from u2s import Controls

RATE = 16000


@dataclass(frozen=True, kw_only=True)
class ControlConfig(Config):
    """Decisions of the `control` suite."""

    threshold_semitones: float = 1.0
    """Shift beyond which a rendition counts as high or low."""
    labels: tuple[str, ...] = CONTROL_LABELS
    """Emotions that are requested, in the order of the matrix."""


class PitchTalker:
    """Speaks an item's own units with the decoder's pitch control: the request "low", "normal" or "high" of its row."""

    def __init__(self, kit: Speechkit, *, voice: str = "female", semitones: float = 4.0) -> None:
        self.kit, self.voice, self.semitones = kit, voice, semitones
        self.name = f"units with pitch control, {voice}, {semitones:g} semitones"
        self.fingerprint = f"{kit.encoder.fingerprint}+{kit.decoder.fingerprint}"

    def speak(self, item: Item) -> Speech:
        """Encode the item's audio and decode it at the requested pitch."""
        rate = self.kit.encoder.config.sample_rate
        units = self.kit.encode(item_waveform(item, rate), rate)
        shift = {"low": -self.semitones, "normal": 0.0, "high": self.semitones}[str(item.row["pitch"])]
        return self.kit.decode(units, self.voice, controls=Controls(pitch_semitones=shift))


def expand_pitches(items: Sequence[Item]) -> list[Item]:
    """Three items of every one: the same utterance requested low, normal and high."""
    return [
        Item(id=f"{item.id}#{level}", row={**item.row, "pitch": level, "group": item.id}, folder=item.folder)
        for item in items
        for level in LEVELS
    ]


class ControlSuite:
    """Rows request a `pitch` (with a `group` that the three renditions share), an `emotion`, or both."""

    name = "control"

    def __init__(
        self, *, talker: Talker | None = None, scorer: EmotionScorer | None = None, config: ControlConfig | None = None
    ) -> None:
        """Prepare.

        Args:
            talker: makes the renditions; None: rows name recordings in `audio`.
            scorer: recognises emotions; not needed where rows hold `scores`.
            config: decisions.
        """
        self.talker, self.scorer = talker, scorer
        self.config = config or ControlConfig()

    def parameters(self) -> Mapping[str, Any]:
        """The config, who speaks, who recognises."""
        talker = None if self.talker is None else self.talker.name
        return {**self.config.to_dict(), "talker": talker, "scorer": None if self.scorer is None else self.scorer.name}

    def fingerprints(self) -> Mapping[str, str]:
        """Of talker and scorer, where they have one."""
        found = {p.name: str(getattr(p, "fingerprint", "")) for p in (self.talker, self.scorer) if p is not None}
        return {name: value for name, value in found.items() if value}

    def measure(self, item: Item, folder: Path) -> Record:
        """F0 and emotion scores of one rendition."""
        pitch, emotion = item.row.get("pitch"), item.row.get("emotion")
        if pitch is None and emotion is None:
            raise ManifestError(f"item {item.id} requests neither 'pitch' nor 'emotion'.")
        if pitch is not None and pitch not in LEVELS:
            raise ManifestError(f"item {item.id} requests pitch {pitch!r}; there are {', '.join(LEVELS)}.")
        values: dict[str, Any] = {"pitch": pitch, "emotion": emotion, "group": item.row.get("group"), "scores": None}
        needs_audio = pitch is not None or not isinstance(item.row.get("scores"), Mapping)
        speech = self._speech(item, folder) if needs_audio else None
        if pitch is not None and speech is not None:
            track = track_f0(speech.samples, speech.sample_rate)
            voiced = track[track > 0]
            values["voiced_f0"] = [round(float(value), 2) for value in voiced]
            values["median_f0"] = float(np.median(voiced)) if voiced.size else None
        if emotion is not None:
            values["scores"] = self._scores(item, speech)
        return Record(id=item.id, values=values)

    def _speech(self, item: Item, folder: Path) -> Speech:
        if self.talker is None:
            return Speech(samples=item_waveform(item, RATE), sample_rate=RATE)
        speech = self.talker.speak(item)
        (folder / "audio").mkdir(parents=True, exist_ok=True)
        save(folder / "audio" / clip_name(item.id, "spoken"), speech)
        return speech

    def _scores(self, item: Item, speech: Speech | None) -> dict[str, float] | None:
        recorded = item.row.get("scores")
        if isinstance(recorded, Mapping):
            return {str(key): float(value) for key, value in recorded.items()}
        if self.scorer is None or speech is None:
            return None
        scores = self.scorer.score(speech.samples, speech.sample_rate)
        finite = {key: float(value) for key, value in scores.items() if np.isfinite(value)}
        return finite if len(finite) == len(scores) else None

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        """Pitch accuracy over groups, emotion confusion over renditions."""
        usable = [record for record in records if record.skipped is None]
        lost = [record.skipped for record in records if record.skipped is not None]
        renditions = [
            PitchRendition(group=str(r.values["group"] or r.id), requested=r.values["pitch"], f0=r.values["voiced_f0"])
            for r in usable
            if r.values["pitch"] is not None
        ]
        pitch = pitch_control(renditions, threshold=self.config.threshold_semitones)
        results: list[MetricResult] = list(pitch.values())
        asked = [r for r in usable if r.values["emotion"] in self.config.labels]
        unlisted = sum(r.values["emotion"] is not None for r in usable) - len(asked)
        recogniser = "recorded" if self.scorer is None else self.scorer.name
        wanted, scores = [r.values["emotion"] for r in asked], [r.values["scores"] for r in asked]
        control = emotion_control(wanted, scores, labels=self.config.labels, recogniser=recogniser)
        results += [with_skips(result, ["unlisted_emotion"] * unlisted) for result in (control.accuracy, control.uar)]
        shifts = {name: result.value for name, result in pitch.items() if name.startswith("mean_shift")}
        plots = [Plot(title="Mean shift in semitones", svg=bars(shifts))]
        if asked:
            table, columns = control.confusion.counts.tolist(), control.confusion.columns()
            plots.append(
                Plot(title="Requested (rows) and recognised emotion", svg=matrix(table, self.config.labels, columns))
            )
        return Summary(
            results=[with_skips(r, lost) for r in results], plots=plots, item_metrics={"median_f0": "median_f0"}
        )

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        """The rendition."""
        recorded = item.folder / str(item.row.get("audio"))
        path = folder / "audio" / clip_name(item.id, "spoken") if self.talker is not None else recorded
        return [Clip(title=" ".join(str(item.row[k]) for k in ("pitch", "emotion") if item.row.get(k)), path=path)]
