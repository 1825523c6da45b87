"""Batches for S2U training out of caches made by `recipes.s2u_data`: bucketed by length, two views a clip, resumable."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler

from recipes.perturb import PerturbConfig, Perturber, change_tempo
from recipes.s2u_clips import FRAMES_PER_UNIT, NUM_LATENTS, Clips, has_dev
from s2u.spelling import SILENCE
from speechkit.features import LogMelConfig

VIEWS: dict[int, tuple[float, ...]] = {1: (1.0,), 2: (0.3, 1.0)}
"""How strongly the views of a clip are perturbed, by their number; a single one draws its strength."""


@dataclass
class Batch:
    """Views of B clips, stacked: of two, rows [0, B) are lightly, rows [B, 2B) strongly perturbed; both at the same tempo."""

    mel: Tensor
    lengths: Tensor
    phones: Tensor
    phone_lengths: Tensor
    levels: Tensor
    """int64 [B, N, L]: levels that the codebook gives every unit, -1 where unknown."""
    labels: Tensor
    """int64 [B, N]: aligned phones (the blank's id in silence), -1 where unknown."""


class BucketSampler(Sampler[list[int]]):
    """Batches of similar length up to `frames` mel frames, in an order given by (seed, epoch); can skip what was done.

    Of several processes each takes every world-size-th batch.
    """

    def __init__(self, lengths: list[int], frames: int, seed: int, window: int = 0) -> None:
        """
        Args:
            lengths: mel frames of every clip; frames: of a batch at most; seed: of the order.
            window: frames that longer clips are cut to (0: not); they come the more often in an epoch the longer they are.
        """
        self.counts = [max(1, round(length / window)) if window else 1 for length in lengths]
        self.lengths = [min(length, window) if window else length for length in lengths]
        self.frames, self.seed = frames, seed
        self.epoch, self.skip = 0, 0

    def __iter__(self) -> Iterator[list[int]]:
        batches = self._batches()
        yield from batches[self.skip :]
        self.skip = 0
        self.epoch += 1

    def __len__(self) -> int:
        return len(self._batches())

    def _batches(self) -> list[list[int]]:
        random = np.random.default_rng((self.seed, self.epoch))
        rank, world = place_in_world()
        turns = np.repeat(np.arange(len(self.lengths)), self.counts)
        order = turns[np.argsort(np.asarray(self.lengths)[turns] * random.uniform(0.9, 1.1, len(turns)))]
        batches: list[list[int]] = [[]]
        for index in order.tolist():
            if batches[-1] and self.lengths[index] * (len(batches[-1]) + 1) > self.frames:
                batches.append([])
            batches[-1].append(index)
        shuffled = [batches[i] for i in random.permutation(len(batches))]
        share = max(1, len(shuffled) // world)
        return [shuffled[(rank + world * turn) % len(shuffled)] for turn in range(share)]


def place_in_world() -> tuple[int, int]:
    """(rank, number) of this training process."""
    together = torch.distributed.is_available() and torch.distributed.is_initialized()
    return (torch.distributed.get_rank(), torch.distributed.get_world_size()) if together else (0, 1)


class Collate:
    """Clips to a `Batch` of one or two views, of whole clips or of windows cut out of them."""

    def __init__(self, perturb: PerturbConfig, seed: int, views: int = 2, window: int = 0) -> None:
        """
        Args:
            perturb: ranges of the perturbations; seed: of their draws; views: one or two of each clip.
            window: mel frames cut out of longer clips, at a place of their own each time; 0 keeps clips whole.
        """
        self.perturber = Perturber(perturb, LogMelConfig())
        self.generator = torch.Generator().manual_seed(seed)
        self.views, self.window = views, window

    def __call__(self, clips: list[dict[str, Any]]) -> Batch:
        """Cut, perturb and pad."""
        clips = [self._cut(clip) for clip in clips]
        frames = [self.perturber.frames(len(clip["mel"]), FRAMES_PER_UNIT, self.generator) for clip in clips]
        mels = [change_tempo(clip["mel"], count) for clip, count in zip(clips, frames, strict=True)]
        views = [self._view(mels, i, strength) for strength in VIEWS[self.views] for i in range(len(mels))]
        levels = [self._levels(clip["levels"], count) for clip, count in zip(clips, frames, strict=True)]
        labels = [self._labels(clip["aligned"], count) for clip, count in zip(clips, frames, strict=True)]
        pad = torch.nn.utils.rnn.pad_sequence
        return Batch(
            mel=pad(views, batch_first=True), lengths=torch.tensor(frames * self.views),
            phones=pad([torch.tensor(clip["labels"]) for clip in clips], batch_first=True).repeat(self.views, 1),
            phone_lengths=torch.tensor([len(clip["labels"]) for clip in clips] * self.views),
            levels=pad(levels, batch_first=True, padding_value=-1).repeat(self.views, 1, 1),
            labels=pad(labels, batch_first=True, padding_value=-1).repeat(self.views, 1),
        )  # fmt: skip

    def _cut(self, clip: dict[str, Any]) -> dict[str, Any]:
        """A window of a clip, at a unit's beginning, with the phones that its aligned labels say."""
        spare = (len(clip["mel"]) - self.window) // FRAMES_PER_UNIT
        if not self.window or spare <= 0:
            return clip
        first = int(torch.randint(spare + 1, (), generator=self.generator))
        units = slice(first, first + self.window // FRAMES_PER_UNIT)
        known = {name: clip[name] if clip[name] is None else clip[name][units] for name in ("teacher", "aligned", "levels")}
        mel = clip["mel"][units.start * FRAMES_PER_UNIT : units.stop * FRAMES_PER_UNIT]
        return clip | known | {"mel": mel, "labels": said(known["aligned"])}

    def _view(self, mels: list[Tensor], index: int, strength: float) -> Tensor:
        strength = strength if self.views > 1 else float(torch.rand((), generator=self.generator))
        other = mels[(index + 1) % len(mels)]
        babble = other.repeat(-(-len(mels[index]) // len(other)), 1)[: len(mels[index])]
        return self.perturber(mels[index], babble, strength, self.generator)

    def _labels(self, aligned: Tensor | None, frames: int) -> Tensor:
        """Aligned phones at the new tempo, nearest neighbour: int64 [N]."""
        units = frames // FRAMES_PER_UNIT
        return torch.full((units,), -1) if aligned is None else nearest(aligned, units)

    def _levels(self, levels: Tensor | None, frames: int) -> Tensor:
        """Levels at the new tempo, nearest neighbour: int64 [N, L]."""
        units = frames // FRAMES_PER_UNIT
        return torch.full((units, NUM_LATENTS), -1) if levels is None else nearest(levels, units)


def said(aligned: Tensor | None) -> list[int]:
    """Phone ids of a window: its aligned runs without silence; none where nothing is aligned.

    >>> said(torch.tensor([240, 5, 5, 240, 5, 7, -1]))
    [5, 5, 7]
    """
    runs = [] if aligned is None else torch.unique_consecutive(aligned).tolist()
    return [phone for phone in runs if 0 <= phone < SILENCE]


def nearest(values: Tensor, size: int) -> Tensor:
    """[N, ...] stretched to [size, ...] by repeating or skipping."""
    return values[((torch.arange(size) + 0.5) * len(values) / size).long()]


class S2UDataModule(lightning.LightningDataModule):
    """Training and validation batches of S2U caches."""

    def __init__(
        self, caches: list[str], batch_seconds: float = 40.0, seed: int = 0, workers: int = 0, valid_clips: int = 60,
        views: int = 2, window_seconds: float = 0.0,
    ) -> None:  # fmt: skip
        """
        Args:
            caches: folders made by `recipes.s2u_data`.
            batch_seconds: audio in a batch, of one view.
            seed: order of the batches and draws of the perturbations.
            workers: loader processes.
            valid_clips: clips of each cache's `dev` split to validate on.
            views: perturbed versions of each clip in a batch, 1 or 2.
            window_seconds: longer clips are cut to this, as encoding cuts them, which needs labels.i16; 0 keeps them whole.
        """
        super().__init__()
        self.save_hyperparameters()
        self.folders = [Path(cache) for cache in caches]
        self.sampler: BucketSampler | None = None

    def setup(self, stage: str | None = None) -> None:
        """Open the caches."""
        if self.sampler is None:
            self.train = Clips(self.folders, "train")
            lengths = [row["frames"] for row in self.train.rows]
            frames = int(self.hparams["batch_seconds"] * 100)
            self.sampler = BucketSampler(lengths, frames, self.hparams["seed"], self.window)

    @property
    def window(self) -> int:
        """Mel frames of a window, whole units."""
        return int(self.hparams["window_seconds"] * 25) * FRAMES_PER_UNIT

    def state_dict(self) -> dict[str, Any]:
        """Where in the order of batches training stands."""
        if self.sampler is None or self.trainer is None:
            return {}
        progress = self.trainer.fit_loop.epoch_loop.batch_progress
        return {"epoch": self.sampler.epoch, "batch": progress.current.completed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on after the last batch of the interrupted run (exact while the caches are the same)."""
        self.setup()
        if self.sampler is not None and state_dict:
            self.sampler.epoch, self.sampler.skip = state_dict["epoch"], state_dict["batch"]

    def train_dataloader(self) -> DataLoader[dict[str, Any]]:
        """Two-view batches."""
        epoch = self.sampler.epoch if self.sampler else 0
        seed = self.hparams["seed"] + 1000 * place_in_world()[0] + epoch
        collate = Collate(PerturbConfig(), seed, self.hparams["views"], self.window)
        return DataLoader(
            self.train, batch_sampler=self.sampler, collate_fn=collate, num_workers=self.hparams["workers"],
            persistent_workers=False,
        )  # fmt: skip

    def val_dataloader(self) -> DataLoader[dict[str, Any]]:
        """Clean clips, one by one."""
        folders = [folder for folder in self.folders if has_dev(folder)]
        clips = Clips(folders or self.folders, "dev" if folders else "train", self.hparams["valid_clips"])
        return DataLoader(clips, batch_size=None)
