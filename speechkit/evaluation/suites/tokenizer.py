"""The `tokenizer` suite: what units keep (phones), what they drop (voices, noise), and how they use the codebook."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from s2u import S2U
from speechkit.config import Config
from speechkit.errors import WaveformError
from speechkit.evaluation.alignment import forced_path, frame_labels
from speechkit.evaluation.audio import F0Method, item_waveform, track_f0
from speechkit.evaluation.augment import AugmentationConfig, augment, augmentations
from speechkit.evaluation.manifest import Item, choose
from speechkit.evaluation.plots import bars, histogram
from speechkit.evaluation.records import Record
from speechkit.evaluation.suite import Clip, Plot, Summary
from speechkit.evaluation.suites.speech_results import speed
from speechkit.evaluation.suites.tokenizer_results import tokenizer_results
from speechkit.metrics.edit_distance import edit_distance
from speechkit.metrics.pitch_control import median_pitch
from speechkit.metrics.unit_distance import deduplicate
from speechkit.text import EMOVA240, phone_ids, phones
from speechkit.types import Units
from speechkit.waveform import resample
from u2s import U2S

LABELS = ("speaker", "gender", "emotion")
"""Row fields that leakage probes are trained for."""


@dataclass(frozen=True, kw_only=True)
class TokenizerConfig(Config):
    """Decisions of the `tokenizer` suite."""

    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    """Of the unit edit distance."""
    augmented_items: int = 40
    """How many items are also encoded augmented; evenly over speakers."""
    align_reach: int = 3
    """Units around a CTC spike that count as its phone."""
    f0_method: F0Method = "yin"
    """Who tracks F0, for the probe of pitch classes; see `track_f0`."""


class TokenizerSuite:
    """Measures an S2U; with a decoder also its style vector."""

    name = "tokenizer"

    def __init__(
        self, encoder: S2U, items: Sequence[Item], *, decoder: U2S | None = None, config: TokenizerConfig | None = None
    ) -> None:
        """Prepare.

        Args:
            encoder: the tokenizer.
            items: all items of the run, from which the augmented ones are chosen.
            decoder: gives style vectors for their probe; None leaves that out.
            config: decisions.
        """
        self.encoder = encoder
        self.decoder = decoder
        self.config = config or TokenizerConfig()
        self._augmented = {item.id for item in choose(items, limit=self.config.augmented_items)} if items else set()

    def parameters(self) -> Mapping[str, Any]:
        """The config, the inventory, and how phones were aligned."""
        aligned = "ctc_forced_alignment_of_g2p_phones_by_the_tokenizers_own_phone_decoder"
        return {**self.config.to_dict(), "phones": "emova240", "alignment": aligned, "style": self.decoder is not None}

    def fingerprints(self) -> Mapping[str, str]:
        """Of the encoder, and of the decoder where there is one."""
        decoder = {} if self.decoder is None else {"u2s": self.decoder.fingerprint}
        return {"s2u": self.encoder.fingerprint, **decoder}

    def measure(self, item: Item, folder: Path) -> Record:
        """Encode one item, clean and augmented."""
        rate = self.encoder.config.sample_rate
        samples = item_waveform(item, rate)
        started = time.perf_counter()
        units = self.encoder.encode(samples, rate)
        seconds = {"encode": time.perf_counter() - started, "audio": len(samples) / rate}
        values: dict[str, Any] = {"units": units.ids, **{name: item.row.get(name) for name in LABELS}}
        values |= self._phones(item, units)
        values["latent"] = _rounded(self.encoder.latents(samples, rate).mean(dim=0))
        values |= self._voice(samples, rate)
        if item.id in self._augmented:
            values |= self._augmentations(item, samples, units)
        return Record(id=item.id, values=values, seconds=seconds)

    def _phones(self, item: Item, units: Units) -> dict[str, Any]:
        if not item.text:
            return {"per_skipped": "no_text"}
        reference = phones(item.text, item.language)
        heard = [EMOVA240[index] for index in self.encoder.phones(units)]
        values: dict[str, Any] = {"reference_phones": reference, "heard_phones": heard, "aligned_phones": None}
        if reference:
            values["per"] = edit_distance(reference, heard) / len(reference)
            labels = phone_ids(reference)
            path = forced_path(phone_log_probabilities(self.encoder, units), labels, self.encoder.phone_decoder.blank)
            reach = self.config.align_reach
            values["aligned_phones"] = None if path is None else frame_labels(path, reference, reach=reach)
        return values

    def _voice(self, samples: np.ndarray, rate: int) -> dict[str, Any]:
        f0 = median_pitch(track_f0(samples, rate, method=self.config.f0_method))
        values: dict[str, Any] = {"style": None, "median_f0": f0}
        if self.decoder is not None:
            target = self.decoder.sample_rate
            try:
                values["style"] = _rounded(self.decoder.style_of(resample(samples, rate, target), target))
            except WaveformError as error:
                values["style_skipped"] = str(error)
        return values

    def _augmentations(self, item: Item, samples: np.ndarray, units: Units) -> dict[str, Any]:
        rate = self.encoder.config.sample_rate
        values: dict[str, Any] = {"augmented": {}, "augmented_phones": {}}
        clean = deduplicate(units.ids.tolist())
        for name in augmentations(self.config.augmentation):
            changed = augment(samples, rate, name, item.id, self.config.augmentation)
            augmented = self.encoder.encode(changed, rate)
            ids = augmented.ids.tolist()
            values["augmented"][name] = ids
            values["augmented_phones"][name] = [EMOVA240[index] for index in self.encoder.phones(augmented)]
            values[f"ued_{name}"] = edit_distance(clean, deduplicate(ids)) / max(1, len(ids))
        return values

    def summarise(self, items: Sequence[Item], records: Sequence[Record]) -> Summary:
        """All figures of section 1."""
        config = self.encoder.config
        results = tokenizer_results(
            records, num_units=config.num_units, levels=config.levels, unit_rate=config.unit_rate, inventory=EMOVA240
        )
        named = {result.metric: result for result in results}
        distances = {name: named[name].value for name in named if name.startswith("ued_frames")}
        leaks = {name: named[name].value for name in named if name.endswith("_nsl")}
        plots = [
            Plot(title="Unit edit distance per frame", svg=bars(distances, {n: named[n].ci95 for n in distances})),
            Plot(title="Leakage (0 = nothing, 1 = everything)", svg=bars(leaks, {n: named[n].ci95 for n in leaks})),
            Plot(title="Phone error rate of the items", svg=histogram(_scalars(records, "per"), label="PER")),
        ]
        names = {
            "PER": "per",
            **{f"ued_frames_{name}": f"ued_{name}" for name in augmentations(self.config.augmentation)},
        }
        return Summary(
            results=results,
            timings=speed(records, "encode", "audio", torch.get_num_threads()),
            plots=plots,
            item_metrics=names,
        )

    def clips(self, item: Item, folder: Path) -> Sequence[Clip]:
        """The original."""
        return [Clip(title="original", path=item.path())]


@torch.inference_mode()
def phone_log_probabilities(encoder: S2U, units: Units) -> np.ndarray:
    """What the phone decoder reads out of units: float32 [N, num_phones + 1], natural log, blank last."""
    codes = encoder.quantizer.codes_of(torch.from_numpy(units.ids))
    return encoder.phone_decoder(codes[None])[0].log_softmax(dim=-1).numpy()


def _rounded(vector: torch.Tensor) -> list[float]:
    return [float(f"{value:.5g}") for value in vector.tolist()]


def _scalars(records: Sequence[Record], name: str) -> list[float]:
    return [value for record in records if isinstance(value := record.values.get(name), float)]
