"""Random crops out of a decoder cache, each with a style reference; deterministic in (seed, index)."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from recipes.u2s_data import FRAMES_PER_UNIT, SAMPLES_PER_UNIT, read_index
from speechkit.errors import ManifestError


@dataclass(frozen=True, kw_only=True)
class CropConfig:
    """How crops are drawn."""

    crop_units: int = 32
    """Units in a crop; 32 are 1.28 s. Shorter clips are left out."""
    reference_units: int = 60
    """Units of the style reference; a shorter clip is repeated."""
    other_reference: float = 0.7
    """Probability that the reference is another clip of the same speaker and style."""
    speaker_power: float = 0.5
    """Speakers are drawn with probability proportional to their hours to this power: 1 = as is, 0 = all alike."""
    corpus_weights: dict[str, float] = field(default_factory=dict)
    """Factors on the probability of clips by their corpus, the name of its folder; 1 where nothing is said."""
    need_units: bool = False
    """Leave out clips whose units are not in the cache yet."""


class Crops(Dataset[dict[str, Tensor]]):
    """`size` crops of one half of a cache (training or validation)."""

    def __init__(self, cache: Path, config: CropConfig, *, size: int, validation: bool = False, seed: int = 0) -> None:
        self.config, self.size, self.seed = config, size, seed
        self.samples = np.memmap(cache / "samples.i16", np.int16, "r").reshape(-1, SAMPLES_PER_UNIT)
        self.prosody = np.memmap(cache / "prosody.f32", np.float32, "r").reshape(-1, FRAMES_PER_UNIT, 3)
        self.units = np.memmap(cache / "units.i16", np.int16, "r")
        rows = [row for row in read_index(cache) if bool(row["validation"]) == validation and self._usable(row)]
        if not rows:
            raise ManifestError(f"{cache} holds no {'validation' if validation else 'training'} clip that can be used.")
        self.rows = rows
        self.peers: dict[tuple[str, str], list[int]] = defaultdict(list)
        hours: dict[str, float] = defaultdict(float)
        for index, row in enumerate(rows):
            self.peers[row["speaker"], row["style"]].append(index)
            hours[row["speaker"]] += row["num_units"]
        factor = [config.corpus_weights.get(row["id"].split("/")[0], 1.0) for row in rows]
        weight = np.array([row["num_units"] * hours[row["speaker"]] ** (config.speaker_power - 1) for row in rows]) * factor
        self.cumulative = np.cumsum(weight / weight.sum())

    def _usable(self, row: dict[str, Any]) -> bool:
        long = row["num_units"] >= self.config.crop_units
        return long and (not self.config.need_units or bool(self.units[row["first_unit"]] >= 0))

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """waveform float32 [N * 960], prosody float32 [4N, 3], units int64 [N], reference float32 [R * 960]."""
        random = np.random.default_rng((self.seed, index))
        chosen = min(int(np.searchsorted(self.cumulative, random.random())), len(self.rows) - 1)
        row = self.rows[chosen]
        begin = row["first_unit"] + int(random.integers(row["num_units"] - self.config.crop_units + 1))
        span = slice(begin, begin + self.config.crop_units)
        return {
            "waveform": torch.from_numpy(_as_float(self.samples[span])),
            "prosody": torch.from_numpy(np.array(self.prosody[span]).reshape(-1, 3)),
            "units": torch.from_numpy(self.units[span].astype(np.int64)),
            "reference": torch.from_numpy(self._reference(chosen, random)),
        }

    def _reference(self, chosen: int, random: np.random.Generator) -> NDArray[np.float32]:
        row = self.rows[chosen]
        if random.random() < self.config.other_reference:
            row = self.rows[int(random.choice(self.peers[row["speaker"], row["style"]]))]
        wanted = self.config.reference_units
        begin = int(random.integers(max(row["num_units"] - wanted, 0) + 1))
        places = row["first_unit"] + (begin + np.arange(wanted)) % row["num_units"]
        return _as_float(self.samples[places])


def _as_float(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    return (samples.astype(np.float32) / np.float32(32767)).reshape(-1)


class U2SData(lightning.LightningDataModule):
    """Batches of crops for `recipes.u2s`."""

    def __init__(
        self, cache: str, crops: CropConfig, batch_size: int = 16, steps: int = 100_000, seed: int = 0, num_workers: int = 0
    ) -> None:
        """See `CropConfig`.

        Args:
            cache: folder made by `recipes.u2s_data`.
            crops: how crops are drawn.
            batch_size: crops a batch.
            steps: batches an epoch.
            seed: of the crops; change it when a run is continued.
            num_workers: processes that load.
        """
        super().__init__()
        self.cache, self.crops, self.batch_size = Path(cache), crops, batch_size
        self.steps, self.seed, self.num_workers = steps, seed, num_workers

    def train_dataloader(self) -> DataLoader[dict[str, Tensor]]:
        """Training crops."""
        crops = Crops(self.cache, self.crops, size=self.steps * self.batch_size, seed=self.seed)
        return DataLoader(crops, self.batch_size, num_workers=self.num_workers)

    def val_dataloader(self) -> DataLoader[dict[str, Tensor]]:
        """A fixed set of 4 batches of validation crops."""
        crops = Crops(self.cache, self.crops, size=4 * self.batch_size, validation=True)
        return DataLoader(crops, self.batch_size)
