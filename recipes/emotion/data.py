"""What the scorer learns from: acted speech, read speech, and acted emotion carried over to the voices that read.

RAVDESS has two sentences, 24 voices and one microphone: a scorer trained on it alone calls most other neutral speech
angry. So, in the space of functionals, what an actor does in an emotion, a clip minus the same actor's neutral mean, is
added to clips of other people reading other sentences into other microphones; their own clips count as neutral.
Labels come from RAVDESS and from the assumption that read speech is neutral, never from speech that we restyled.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from recipes.corpora.texts import read_manifest
from recipes.emotion.views import SAMPLE_RATE, emotion_of, trim
from speechkit.emotion.features import EmotionFeatures, median_f0
from speechkit.emotion.functionals import functionals
from speechkit.errors import ManifestError
from speechkit.waveform import load, resample

Array = NDArray[np.float32]

READING_OCTAVES = 0.08
"""Spread of a reader's median F0 from clip to clip; about a semitone."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Acted:
    """Functionals of acted views: values float32 [V, D], emotion int64 [V] (0 is neutral), speakers and view numbers [V]."""

    values: Array
    emotion: NDArray[np.int64]
    speaker: NDArray[np.str_]
    view: NDArray[np.int64]
    median_f0: Array | None = None
    """Octaves, float32 [V], of the plain view of each recording: augmented ones are moved up or down on purpose."""

    def only(self, speakers: Sequence[str]) -> "Acted":
        """The views of some speakers; of all where none is named.

        Raises:
            ManifestError: a speaker who has no views here.
        """
        if missing := sorted(set(speakers) - set(self.speaker.tolist())):
            raise ManifestError(f"these views hold no training clips of {', '.join(missing)}.")
        mine = np.isin(self.speaker, list(speakers)) if speakers else np.ones(len(self.speaker), bool)
        return replace(self, **{name: value[mine] for name, value in vars(self).items() if value is not None})

    def deltas(self) -> Array:
        """Each view minus the mean of its speaker's neutral views; float32 [V, D]."""
        found = np.zeros_like(self.values)
        for speaker in np.unique(self.speaker):
            mine = self.speaker == speaker
            found[mine] = self.values[mine] - self.values[mine & (self.emotion == 0)].mean(0)
        return found


def against_neutral(acted: Acted) -> Acted:
    """What the network for enrolled speakers learns from: values float32 [V, D + 1], with the median F0 in octaves, less
    the mean of the same speaker's other neutral views; plain views less plain ones, augmented ones less all.

    Raises:
        ManifestError: a speaker with fewer than two neutral views, or median F0s are missing.
    """
    if acted.median_f0 is None:
        raise ManifestError("these views have no median F0; prepare them with recipes.emotion.views.")
    whole = np.concatenate([acted.values, acted.median_f0[:, None]], axis=1)
    neutral, found = acted.emotion == 0, np.zeros_like(whole)
    for number, (speaker, view) in enumerate(zip(acted.speaker, acted.view, strict=True)):
        others = neutral & (acted.speaker == speaker) & ((acted.view == 0) | (view != 0))
        others[number] = False
        if not others.any():
            raise ManifestError(f"speaker {speaker} needs two neutral recordings to be compared with.")
        found[number] = whole[number] - whole[others].mean(0)
    return replace(acted, values=found)


def readers_against_neutral(corpora: Sequence[Array], seed: int = 0) -> Array:
    """Functionals of corpora of read speech, each less its mean; median F0s vary by a semitone or so. float32 [V, D + 1]."""
    random = np.random.default_rng(seed)
    parts = [
        np.concatenate([part - part.mean(0), random.normal(0, READING_OCTAVES, (len(part), 1))], axis=1) for part in corpora
    ]
    return np.concatenate(parts).astype(np.float32)


def describe(waveforms: Iterator[Array], total: int) -> Array:
    """Functionals of clips at 16 kHz, float32 [V, D]."""
    features = EmotionFeatures()
    return np.stack(
        [functionals(features(torch.from_numpy(clip))).numpy() for clip in tqdm(waveforms, total=total, mininterval=10)]
    )


def acted(views: Path, labels: Sequence[str], split: str) -> Acted:
    """One split of a folder of views; functionals are computed once and kept beside them."""
    index = [json.loads(line) for line in (views / "index.jsonl").read_text(encoding="utf-8").splitlines()]
    kept = views / "functionals.npy"
    if not kept.exists() or len(np.load(kept)) != len(index):
        samples: NDArray[np.int16] = np.memmap(views / "samples.i16", np.int16, "r")
        clips = (np.float32(1 / 32767) * samples[row["first"] : row["first"] + row["length"]] for row in index)
        np.save(kept, describe(clips, len(index)))
    octaves = _octaves(views, index)
    values, chosen = np.load(kept), [number for number, row in enumerate(index) if row["split"] == split]
    rows = [index[number] for number in chosen]
    return Acted(
        values=values[chosen],
        emotion=np.array([labels.index(emotion_of(row)) for row in rows]),
        speaker=np.array([row["speaker"] for row in rows]),
        view=np.array([row["view"] for row in rows]),
        median_f0=octaves[chosen],
    )


def _octaves(views: Path, index: Sequence[dict[str, Any]]) -> Array:
    """Octaves of each view's recording, float32 [V], computed once."""
    kept = views / "octaves.npy"
    if not kept.exists() or len(np.load(kept)) != len(index):
        samples: NDArray[np.int16] = np.memmap(views / "samples.i16", np.int16, "r")
        plain = {
            row["audio"]: float(
                median_f0(torch.from_numpy(samples[row["first"] : row["first"] + row["length"]].astype(np.float32) / 32767))
            )
            for row in index
            if row["view"] == 0
        }
        np.save(kept, np.array([plain[row["audio"]] for row in index], np.float32))
    return np.asarray(np.load(kept), np.float32)


def read_aloud(manifest: Path, cache: Path, limit: int, seed: int = 0) -> Array:
    """Functionals of up to `limit` training clips of a corpus of read speech, 1.5 to 12 s, kept in `cache`."""
    kept = cache / f"{manifest.parent.name}.npy"
    if not kept.exists():
        rows = [row for row in read_manifest(manifest) if row.get("split") != "dev" and 1.5 <= _seconds(row) <= 12]
        np.random.default_rng(seed).shuffle(rows)  # type: ignore[arg-type]
        chosen = rows[:limit]
        cache.mkdir(parents=True, exist_ok=True)
        np.save(kept, describe((_clip(manifest.parent / str(row["audio"])) for row in chosen), len(chosen)))
    return np.asarray(np.load(kept), np.float32)


def _seconds(row: dict[str, object]) -> float:
    return float(str(row.get("duration_seconds", 3.0)))


def _clip(path: Path) -> Array:
    waveform, sample_rate = load(path)
    return trim(resample(waveform, sample_rate, SAMPLE_RATE))[: 6 * SAMPLE_RATE]


@dataclass(frozen=True, kw_only=True)
class Mix:
    """How batches are mixed."""

    carried: float = 0.45
    """Share of examples whose emotion is carried over to a reading voice."""
    read: float = 0.6
    """Share of neutral examples that are read speech as it is."""
    plain: float = 0.2
    """Share of acted examples that are plain views; the rest are augmented ones."""
    noise: float = 0.3
    """Spread of noise on the standardised functionals."""
    strength: tuple[float, float] = (0.4, 1.0)
    """Range of the factor on a carried emotion."""


class Batches(Dataset[dict[str, Tensor]]):
    """Batch number i is a draw from (seed, i): emotions alike in number, sources by `Mix`."""

    def __init__(
        self, acted: Acted, read: Array, mix: Mix, *, size: int, scale: Array, batch_size: int = 128, seed: int = 0
    ) -> None:
        self.acted, self.read, self.mix, self.size, self.scale = acted, read, mix, size, scale
        self.batch_size, self.seed, self.deltas = batch_size, seed, acted.deltas()
        self.members = [np.flatnonzero(acted.emotion == emotion) for emotion in range(int(acted.emotion.max()) + 1)]
        self.plain = [members[acted.view[members] == 0] for members in self.members]

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """values float32 [B, D], emotion int64 [B]."""
        random, count = np.random.default_rng((self.seed, index)), self.batch_size
        emotion = random.integers(len(self.members), size=count)
        plain, place = random.random(count) < self.mix.plain, random.random(count)
        pools = [(self.plain if is_plain else self.members)[e] for is_plain, e in zip(plain, emotion, strict=True)]
        pick = np.array([pool[int(share * len(pool))] for share, pool in zip(place, pools, strict=True)])
        values = self.acted.values[pick]
        if len(self.read):
            readers = self.read[random.integers(len(self.read), size=count)]
            low, high = self.mix.strength
            strength = random.uniform(low, high, size=(count, 1)).astype(np.float32)
            carried = random.random(count) < self.mix.carried
            reading = ~carried & (emotion == 0) & (random.random(count) < self.mix.read)
            values = np.where(carried[:, None], readers + strength * self.deltas[pick], values)
            values = np.where(reading[:, None], readers, values)
        noise = random.standard_normal(values.shape, dtype=np.float32)
        values = (values + self.mix.noise * self.scale * noise).astype(np.float32)
        return {"values": torch.from_numpy(values), "emotion": torch.from_numpy(emotion)}


class EmotionData(lightning.LightningDataModule):
    """Batches for `recipes.emotion.train`; the held-out actors' plain clips validate."""

    def __init__(self, train: Batches, dev: Acted) -> None:
        super().__init__()
        self.train, self.dev = train, dev

    def train_dataloader(self) -> DataLoader[Any]:
        """Ready batches."""
        return DataLoader(self.train, batch_size=None)

    def val_dataloader(self) -> DataLoader[Any]:
        """One batch of everything."""
        values, emotion = torch.from_numpy(self.dev.values), torch.from_numpy(self.dev.emotion)
        return DataLoader([{"values": values, "emotion": emotion}], batch_size=None)  # type: ignore[arg-type]
