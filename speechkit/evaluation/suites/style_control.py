"""The control gate's suite: the same units in every style and along every control, measured on what comes out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speechkit.evaluation.audio import item_waveform
from speechkit.evaluation.enrolment import Enrolment
from speechkit.evaluation.listening import Listeners, clip_name
from speechkit.evaluation.manifest import Item
from speechkit.evaluation.records import Record
from speechkit.evaluation.suite import Clip, Summary
from speechkit.evaluation.suites.style_checks import failed
from speechkit.evaluation.suites.style_requests import GRID, INTENSITY, StyleControlConfig
from speechkit.evaluation.suites.style_results import plots_of, results_of
from speechkit.metrics.delivery import delivery
from speechkit.metrics.edit_distance import edit_distance
from speechkit.metrics.emotion_control import restrict_scores
from speechkit.metrics.error_rate import compare
from speechkit.metrics.result import Skip
from speechkit.metrics.text_protocols import Language, text_protocol
from speechkit.metrics.unit_distance import deduplicate
from speechkit.pipeline import Speechkit
from speechkit.pitch import RATE, f0_of
from speechkit.protocols import EmotionScorer
from speechkit.types import Speech, Units
from speechkit.waveform import resample, save
from u2s import Controls

PROTOCOL = "emova_tts"
"""How word errors are counted."""


def at_pace(ids: NDArray[np.int64], speed: float) -> NDArray[np.int64]:
    """Units [N] that 25 looks a second find where they pass `speed` times as fast: int64 [round(N / speed)]."""
    looks = (np.arange(round(len(ids) / speed)) + 0.5) * speed
    return ids[np.minimum(looks.astype(np.int64), len(ids) - 1)]


class StyleControlSuite:
    """Rows of `style_requests.expand`."""

    name = "style_control"

    def __init__(
        self,
        kit: Speechkit,
        *,
        scorer: EmotionScorer,
        listeners: Listeners = Listeners(),
        config: StyleControlConfig = StyleControlConfig(),
        enrol_on: Sequence[Item] = (),
    ) -> None:
        """Prepare.

        Args:
            kit: with a style bank.
            scorer: recognises emotions.
            listeners: recognisers for word errors, an embedder for the likeness of voices; any may be missing.
            config: decisions.
            enrol_on: clips whose sentences a scorer may know the voices' neutral by, see `Enrolment`; none: as strangers.
        """
        self.kit, self.scorer, self.listeners, self.config = kit, scorer, listeners, config
        self._bank = kit.styles
        self._emotions = self._bank.axes.get("emotion", scorer.labels)
        self._encoded = lru_cache(maxsize=32)(self._encode)
        sentences = [str(item.path("audio")) for item in enrol_on]
        self._enrolment = Enrolment(kit, scorer, sentences, self._encoded, config.seed)

    def parameters(self) -> Mapping[str, Any]:
        """The config and who listens."""
        names = [listener.name for listener in self.listeners.transcribers]
        names += [listener.name for listener in self.listeners.speakers]
        return {**self.config.to_dict(), "scorer": self.scorer.name, "enrolled": self._enrolment.knows, "listeners": names}

    def fingerprints(self) -> Mapping[str, str]:
        """Of the models, the bank's vectors among them."""
        vectors = b"".join(item.style.numpy().tobytes() for item in self._bank)
        found = {"s2u": self.kit.encoder.fingerprint, "u2s": self.kit.decoder.fingerprint}
        return {
            **found,
            "styles": hashlib.sha256(vectors).hexdigest()[:12],
            "scorer": str(getattr(self.scorer, "fingerprint", "")),
        }

    def measure(self, item: Item, folder: Path) -> Record:
        """Render one request and measure it."""
        request = item.row["request"]
        sentence = str(item.path("audio"))
        units = self._encoded(sentence)
        setting = self._bank.setting(request["labels"], request["value"] if request["axis"] == INTENSITY else 1.0)
        controls = Controls(**request["controls"])
        speech = self.kit.decode(units, setting, seed=self.config.seed, controls=controls)
        (folder / "audio").mkdir(parents=True, exist_ok=True)
        save(folder / "audio" / clip_name(item.id, "spoken"), speech)
        values = {"utterance": item.row["utterance"], **request, "labels": dict(request["labels"])}
        values |= self._delivered(speech) | self._units_back(speech, units, setting.prosody.speed * controls.speed)
        scorer = self._enrolment.scorer_for(request["labels"], sentence)
        heard = restrict_scores(scorer.score(speech.samples, speech.sample_rate), self._emotions)
        values["scores"] = None if heard is None else {key: round(value, 5) for key, value in heard.items()}
        return Record(id=item.id, values=values | self._heard(item, speech))

    def _encode(self, path: str) -> Units:
        rate = self.kit.encoder.config.sample_rate
        return self.kit.encode(item_waveform(Item(id=path, row={"audio": path}, folder=Path()), rate), rate)

    def _delivered(self, speech: Speech) -> dict[str, Any]:
        track = f0_of(resample(speech.samples, speech.sample_rate, RATE), RATE)
        found = vars(delivery(speech.samples, speech.sample_rate, track))
        voiced = [round(float(value), 1) for value in track if value > 0]
        return {key: None if value is None else round(value, 4) for key, value in found.items()} | {"voiced_f0": voiced}

    def _units_back(self, speech: Speech, units: Units, speed: float) -> dict[str, Any]:
        """Edit distance between the units that were spoken, at their pace, and those that the encoder hears; no repeats."""
        rate = self.kit.encoder.config.sample_rate
        heard = self.kit.encode(resample(speech.samples, speech.sample_rate, rate), rate)
        asked = at_pace(units.ids, speed)
        wanted, got = deduplicate(asked.tolist()), deduplicate(heard.ids.tolist())
        length = min(len(asked), len(heard))
        same = float((asked[:length] == heard.ids[:length]).mean()) if length else 0.0
        return {"unit_edits": edit_distance(wanted, got), "units": len(wanted), "same_units": round(same, 5)}

    def _heard(self, item: Item, speech: Speech) -> dict[str, Any]:
        found: dict[str, Any] = {}
        language: Language = "zh" if item.language == "zh" else "en"
        for name, listener in self.listeners.keys.items():
            text = listener.transcribe(speech.samples, speech.sample_rate, language)
            counts = compare(
                item.text, text, text_protocol(PROTOCOL), language, simplify=self.listeners.simplify
            ).counts
            errors = None if isinstance(counts, Skip) else [counts.errors, counts.reference_length]
            found[f"words_{name}"] = errors
        for embedder in self.listeners.speakers:
            found["voice"] = [round(float(value), 5) for value in embedder.embed(speech.samples, speech.sample_rate)]
        return found

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        """Results, checks and plots; `gate_failures` counts the orderings that broke."""
        usable = [record.values for record in records if record.skipped is None]
        results = results_of(usable, self._emotions, self.config)
        return Summary(
            results=[*results, failed(usable, self.config)],
            plots=plots_of(usable, self._emotions),
            item_metrics={"pitch_hz": "pitch_hz", "same_units": "same_units"},
        )

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        """The rendition."""
        request = item.row["request"]
        what = "" if request["axis"] == GRID else f", {request['axis']} {request['value']:g}"
        title = f"{' '.join(request['labels'].values())}{what}"
        return [Clip(title=title, path=folder / "audio" / clip_name(item.id, "spoken"))]
