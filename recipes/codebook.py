"""The codebook, laid out first: one FSQ code for a phone among its neighbours, held through the phone.

    python -m recipes.codebook cache/mini_librispeech cache/common_voice_zh cache/hibari_en

From the aligned phones of every unit (`recipes.align`), contexts (left, phone, right) are laid out on the FSQ grid as a
treemap: a box of codes is cut in two again and again, and the contexts in it are shared out by how the teacher hears them,
so that every code is used about equally often, no code means two phones if it can be helped, and neighbours on the grid
sound alike (the tied contexts of speech recognition: Young et al. 1994, "Tree-based state tying"). The levels of every
unit go to `levels.i8`: `recipes.s2u` teaches the encoder to hear them. They hold nothing of the speaker, and a shift, a noise
or another pitch does not change them.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from recipes.s2u_clips import FRAMES_PER_UNIT, Clips, splits
from s2u import S2UConfig
from s2u.spelling import SILENCE, contexts

Context = tuple[int, int, int]
Floats = NDArray[np.float64]

SILENT_SHARE = 0.03
"""Of the codebook, at most this goes to silence; it fills more of the time, but has little to tell."""


@dataclass(frozen=True)
class Cut:
    """A box of the grid cut in two: left go the `phones`, or where None the contexts whose projection is below."""

    axis: int
    level: int
    phones: frozenset[int] | None
    direction: Floats
    below: float
    left: "Cut | None"
    right: "Cut | None"


@dataclass(frozen=True)
class Sounds:
    """How contexts sound to the teacher, told from pairs so that unseen contexts sound like something too.

    Attributes:
        counts: units of every context seen.
        before: mean feature float [D] by (left, phone); after: by (phone, right); alone: by phone.
    """

    counts: dict[Context, int]
    before: dict[tuple[int, int], Floats]
    after: dict[tuple[int, int], Floats]
    alone: dict[int, Floats]

    def feature(self, context: Context) -> Floats:
        """float [D]: the sum of what both neighbours do to the phone."""
        left, phone, right = context
        mean = self.alone.get(phone, np.zeros_like(self.alone[SILENCE]))
        return self.before.get((left, phone), mean) + self.after.get((phone, right), mean)


def gather(caches: list[Path]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Contexts [U, 3] and the teacher's features [U, D], less each clip's mean, of the labelled units of the train splits."""
    clips = Clips(caches, "train", features=True)
    clips.rows = [row for row in clips.rows if row["teacher"]]
    found, features = [], []
    for index in tqdm(range(len(clips)), desc="gathering", mininterval=5):
        clip = clips[index]
        if clip["aligned"] is not None and int(clip["aligned"].min()) >= 0:
            found.append(contexts(clip["aligned"].numpy().astype(np.int16)))
            features.append((clip["teacher"] - clip["teacher"].mean(0)).half().numpy())
    return np.concatenate(found), np.concatenate(features).astype(np.float32)


def principal(features: NDArray[np.float32], dimensions: int = 32) -> NDArray[np.float32]:
    """[U, D] -> [U, dimensions] along the directions of largest variance."""
    covariance = np.cov(features[:: max(1, len(features) // 50000)].T)
    return features @ np.linalg.eigh(covariance)[1][:, ::-1][:, :dimensions].astype(np.float32)


def sounds(found: NDArray[np.int64], features: NDArray[np.float32], trust: float = 20.0) -> Sounds:
    """Counts and mean features; pairs seen less than about `trust` times lean on their phone's mean."""
    alone = {phone: features[found[:, 1] == phone].mean(0).astype(np.float64) for phone in np.unique(found[:, 1]).tolist()}
    before = _pair_means(found[:, :2], features, {pair: alone[pair[1]] for pair in _distinct(found[:, :2])}, trust)
    after = _pair_means(found[:, 1:], features, {pair: alone[pair[0]] for pair in _distinct(found[:, 1:])}, trust)
    seen, counts = np.unique(found, axis=0, return_counts=True)
    return Sounds({(a, b, c): n for (a, b, c), n in zip(seen.tolist(), counts.tolist(), strict=True)}, before, after, alone)


def _distinct(pairs: NDArray[np.int64]) -> list[tuple[int, int]]:
    return [(first, second) for first, second in np.unique(pairs, axis=0).tolist()]


def _pair_means(
    pairs: NDArray[np.int64], features: NDArray[np.float32], prior: dict[tuple[int, int], Floats], trust: float
) -> dict[tuple[int, int], Floats]:
    _, inverse, counts = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), features.shape[1]))
    np.add.at(sums, inverse.reshape(-1), features)
    rows = zip(_distinct(pairs), sums, counts, strict=True)
    return {pair: (total + trust * prior[pair]) / (count + trust) for pair, total, count in rows}


@dataclass(frozen=True)
class Crowd:
    """Contexts that share a box: their phones int64 [C], features float [C, D] and shares of the units float [C]."""

    phones: NDArray[np.int64]
    features: Floats
    mass: Floats

    def part(self, chosen: NDArray[np.bool_]) -> "Crowd":
        """Some of them."""
        return Crowd(self.phones[chosen], self.features[chosen], self.mass[chosen])


def crowd(sounds: Sounds) -> Crowd:
    """Every context seen; silence's mass is cut to its share."""
    listed = list(sounds.counts)
    phones = np.array([context[1] for context in listed])
    mass = np.array([sounds.counts[context] for context in listed], float)
    silent = phones == SILENCE
    mass[silent] *= min(1.0, SILENT_SHARE / (1 - SILENT_SHARE) * mass[~silent].sum() / max(mass[silent].sum(), 1.0))
    return Crowd(phones, np.stack([sounds.feature(context) for context in listed]), mass)


def grow(box: tuple[int, ...], people: Crowd) -> Cut | None:
    """Cut a box of the grid, and the contexts in it, until boxes are single codes (or hold one context)."""
    if max(box) == 1 or len(people.mass) < 2:
        return None
    axis = int(np.argmax(box))
    direction = _main_direction(people)
    along = people.features @ direction
    several = len(np.unique(people.phones)) > 1
    level, left = (_between_phones if several and np.prod(box) > 1 else _between_contexts)(box, axis, people, along)
    if not left.any() or left.all():
        return None
    boxes = [tuple(size if i == axis else n for i, n in enumerate(box)) for size in (level, box[axis] - level)]
    return Cut(
        axis=axis, level=level, phones=frozenset(people.phones[left].tolist()) if several else None, direction=direction,
        below=float(along[left].max() + along[~left].min()) / 2,
        left=grow(boxes[0], people.part(left)), right=grow(boxes[1], people.part(~left)),
    )  # fmt: skip


def _main_direction(people: Crowd) -> Floats:
    """First principal direction of the contexts' features, weighted by mass."""
    share = people.mass / people.mass.sum()
    centred = people.features - share @ people.features
    return np.asarray(np.linalg.eigh((centred * share[:, None]).T @ centred)[1][:, -1])


def _between_contexts(box: tuple[int, ...], axis: int, people: Crowd, along: Floats) -> tuple[int, NDArray[np.bool_]]:
    """Halve the box, and the mass along the direction."""
    order = np.argsort(along, kind="stable")
    level = box[axis] // 2
    share = np.cumsum(people.mass[order]) / people.mass.sum() - people.mass[order] / people.mass.sum() / 2
    left = np.zeros(len(order), bool)
    left[order[share < level / box[axis]]] = True
    return level, left


def _between_phones(box: tuple[int, ...], axis: int, people: Crowd, along: Floats) -> tuple[int, NDArray[np.bool_]]:
    """Cut where the box's two parts fit the phones' masses best, with a code at least for every phone."""
    phones, index = np.unique(people.phones, return_inverse=True)
    mass = np.bincount(index, people.mass)
    order = np.argsort(np.bincount(index, people.mass * along) / mass, kind="stable")
    share, slab = np.cumsum(mass[order]) / mass.sum(), int(np.prod(box)) // box[axis]
    best: tuple[float, int, int] = (np.inf, box[axis] // 2, len(phones) // 2)
    for level in range(1, box[axis]):
        for count in range(1, len(phones)):
            crowded = max(0, count - level * slab) + max(0, len(phones) - count - (box[axis] - level) * slab)
            target = level / box[axis]
            strain = float(abs(np.log(share[count - 1] / target)) + abs(np.log((1 - share[count - 1]) / (1 - target))))
            best = min(best, (1e3 * crowded + strain + 0.2 * abs(target - 0.5), level, count))
    return best[1], np.isin(people.phones, phones[order[: best[2]]])


def place(cut: Cut | None, sounds: Sounds, context: Context, dimensions: int) -> list[int]:
    """The levels of a context: down the tree, left keeps the low levels, right begins at the cut."""
    levels = [0] * dimensions
    feature = sounds.feature(context)
    while cut is not None:
        low = context[1] in cut.phones if cut.phones is not None else bool(feature @ cut.direction < cut.below)
        levels[cut.axis] += 0 if low else cut.level
        cut = cut.left if low else cut.right
    return levels


def write_levels(root: Cut | None, sounds: Sounds, cache: Path, dimensions: int) -> None:
    """levels.i8 [units, L]: the levels of every labelled unit of all splits; -1 elsewhere."""
    units = (cache / "labels.i16").stat().st_size // 2
    levels = np.full((units, dimensions), -1, np.int8)
    known: dict[Context, list[int]] = {}
    for clips in splits(cache):
        for index, row in enumerate(tqdm(clips.rows, desc=cache.name, mininterval=5)):
            aligned = clips[index]["aligned"]
            if aligned is None or int(aligned.min()) < 0:
                continue
            found = [(left, phone, right) for left, phone, right in contexts(aligned.numpy().astype(np.int16)).tolist()]
            for context in set(found) - known.keys():
                known[context] = place(root, sounds, context, dimensions)
            start = row["frame"] // FRAMES_PER_UNIT
            levels[start : start + len(found)] = [known[context] for context in found]
    levels.tofile(cache / "levels.i8")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("caches", nargs="+", type=Path, help="with labels.i16; those with teacher features shape the codebook")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found, features = gather([cache for cache in options.caches if (cache / "teacher.f16").exists()])
    heard, box = sounds(found, principal(features)), S2UConfig().levels
    root = grow(box, crowd(heard))
    for cache in options.caches:
        write_levels(root, heard, cache, len(box))


if __name__ == "__main__":
    main()
