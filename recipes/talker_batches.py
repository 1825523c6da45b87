"""Batches for the talker: shards and generated instructions to padded sequences with their targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import numpy as np
from numpy.typing import NDArray
from torch.utils.data import DataLoader, IterableDataset

import speechkit
from recipes.talker_data import prepare, read_index
from recipes.talker_examples import Batch, Example, SequenceWriter, collate
from speechkit.config import Config
from speechkit.errors import CheckpointError, ManifestError
from speechkit.talker.header import header_of
from speechkit.talker.instructions import drop_attributes, phrase, random_header

BUNDLED_S2U = Path(speechkit.__file__).parent / "bundled" / "s2u"


@dataclass(frozen=True, kw_only=True)
class DataConfig(Config):
    """How sequences are drawn from shards."""

    batch_tokens: int = 6000
    """Positions in a batch, padding counted."""
    instruction_share: float = 0.3
    """Clips that get an instruction; the others begin with the header alone."""
    instructions: int = 16
    """Generated instructions, without speech, in every batch."""
    dropout: float = 0.2
    """Each attribute of a clip is left open with this probability."""
    least_score: float = -1.5
    """Clips whose alignment scores worse are left out."""
    weights: Mapping[str, float] | None = None
    """By the shard's name: how often its clips are drawn; 1 where nothing is said."""


class Shards:
    """Clips of several shards: rows, units and places."""

    def __init__(self, folders: Sequence[str], config: DataConfig, *, split: str = "train") -> None:
        self.rows: list[dict[str, Any]] = []
        self.weights: list[float] = []
        self.units, self.places = {}, {}
        for folder in map(Path, folders):
            self.units[str(folder)] = np.memmap(folder / "units.i16", np.int16, "r")
            self.places[str(folder)] = np.memmap(folder / "places.i16", np.int16, "r")
            weight = (config.weights or {}).get(folder.name, 1.0)
            for row in read_index(folder):
                if row["score"] >= config.least_score and (row["split"] == "train") == (split == "train") and row["length"] > 1:
                    self.rows.append(row | {"folder": str(folder)})
                    self.weights.append(weight)
        if not self.rows:
            raise ManifestError(f"{', '.join(folders)} hold no clip of the {split} split that is aligned well enough.")

    def arrays(self, row: Mapping[str, Any]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """(units, places) of a row."""
        span = slice(row["first"], row["first"] + row["length"])
        return self.units[row["folder"]][span], self.places[row["folder"]][span]


class TrainingBatches(IterableDataset[tuple[Batch, Batch]]):
    """Endless batches, deterministic in (seed, process, batch number): clips of like length, and some instructions."""

    def __init__(self, shards: Shards, writer: SequenceWriter, config: DataConfig, *, seed: int = 0, rank: int = 0) -> None:
        self.shards, self.writer, self.config, self.seed, self.rank = shards, writer, config, seed, rank

    def __iter__(self) -> Iterator[tuple[Batch, Batch]]:
        random = np.random.default_rng((self.seed, self.rank))
        while True:
            for picked in self._order(random):
                clips = [self._clip(self.shards.rows[index], random) for index in picked]
                yield collate(clips), collate([self._wish(random) for _ in range(self.config.instructions)])

    def _order(self, random: np.random.Generator) -> list[list[int]]:
        """One round through the clips, each as often as its weight says, in batches of like length."""
        counts = [int(weight) + (random.random() < weight % 1) for weight in self.shards.weights]
        drawn = np.repeat(np.arange(len(counts)), counts)
        sizes = np.array([self.shards.rows[i]["length"] + len(self.shards.rows[i]["symbols"]) + 12 for i in drawn])
        batches: list[list[int]] = [[]]
        for place in np.argsort(sizes + random.uniform(0, 30, len(sizes))):
            if (len(batches[-1]) + 1) * (sizes[place] + 12) > self.config.batch_tokens and batches[-1]:
                batches.append([])
            batches[-1].append(int(drawn[place]))
        return [batches[index] for index in random.permutation(len(batches))]

    def _clip(self, row: Mapping[str, Any], random: np.random.Generator) -> Example:
        header = drop_attributes(header_of(row["style"]), random, self.config.dropout)
        instruction = ""
        if random.random() < self.config.instruction_share:
            language = "en" if random.random() < 0.5 else "zh"
            instruction = row["instruction"] or phrase(header, language, random)
        return self.writer.spoken(row, *self.shards.arrays(row), dict(header.items()), instruction)

    def _wish(self, random: np.random.Generator) -> Example:
        header = random_header(random)
        instruction = phrase(header, "en" if random.random() < 0.55 else "zh", random)
        return self.writer.instructed(instruction, dict(header.items()))


class TalkerData(lightning.LightningDataModule):
    """Training batches, and the clips of other splits one by one."""

    def __init__(
        self,
        shards: list[str],
        manifest: str | None = None,
        s2u: str | None = None,
        config: DataConfig | None = None,
        seed: int = 0,
        validation_clips: int = 64,
    ) -> None:
        """
        Args:
            shards: folders of `recipes.talker_data`.
            manifest: of recordings; they are encoded and aligned into the first of the shards before training begins.
            s2u: model folder that encodes them; none: the one inside the package.
            config: how sequences are drawn.
            seed: of the draws; change it when a run is continued.
            validation_clips: of the split that is not "train", at most.
        """
        super().__init__()
        self.folders, self.manifest, self.s2u = shards, manifest, Path(s2u or BUNDLED_S2U)
        self.config, self.seed, self.validation_clips = config or DataConfig(), seed, validation_clips

    def prepare_data(self) -> None:
        """Encode the manifest, if there is one; what is done already is not done again."""
        if self.manifest:
            lost = prepare(Path(self.manifest), self.s2u, Path(self.folders[0]))
            print(f"{self.folders[0]}: {len(read_index(Path(self.folders[0])))} clips; {lost} do not fit their text", flush=True)

    def codec(self) -> str:
        """Fingerprint of the S2U of all shards.

        Raises:
            CheckpointError: they are of several.
        """
        found = {row["codec"] for folder in self.folders for row in read_index(Path(folder))}
        if len(found) > 1:
            raise CheckpointError(f"the shards hold units of several codecs ({', '.join(sorted(found))}); encode them alike.")
        return found.pop() if found else ""

    def _writer(self) -> SequenceWriter:
        return self.trainer.lightning_module.writer()  # type: ignore[union-attr, operator]

    def train_dataloader(self) -> DataLoader[tuple[Batch, Batch]]:
        """Batches of clips, each with one of instructions."""
        rank = self.trainer.global_rank if self.trainer else 0
        batches = TrainingBatches(Shards(self.folders, self.config), self._writer(), self.config, seed=self.seed, rank=rank)
        return DataLoader(batches, batch_size=None)

    def val_dataloader(self) -> DataLoader[tuple[Batch, Batch]] | list[Any]:
        """Held-out clips with held-out phrasings; none where the shards have no other split."""
        try:
            shards = Shards(self.folders, self.config, split="dev")
        except ManifestError:
            return []
        random, writer = np.random.default_rng(0), self._writer()
        batches = []
        for row in [shards.rows[i] for i in random.permutation(len(shards.rows))[: self.validation_clips]]:
            header = random_header(random)
            wish = phrase(header, "en" if random.random() < 0.5 else "zh", random, phrasing="held_out")
            wishes = [writer.instructed(wish, dict(header.items()))]
            batches.append((collate([writer.spoken(row, *shards.arrays(row), row["style"], "")]), collate(wishes)))
        return DataLoader(batches, batch_size=None)  # type: ignore[arg-type]
