"""Which code stands for which phone among its neighbours, read back out of a trained S2U, so that more training keeps the codebook.

    python -m recipes.code_table speechkit/bundled/s2u cache/mini_librispeech cache/common_voice_zh -o codes.safetensors

`recipes.codebook` lays a codebook out once; decoders, talkers and units files then depend on it. This command asks the finished
S2U how it uses the codes: every clip is aligned with its text by what the S2U hears, each unit votes for its codes, and the
winner is the code of that phone between these neighbours. Writes `labels.i16` and `levels.i8` of every cache, as
`recipes.realign` and `recipes.codebook` do, for `recipes.s2u fit --model.start`; and the votes, from which
`recipes.talker_data --codes` spells texts in clean units.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from recipes.align import viterbi
from recipes.s2u_clips import FRAMES_PER_UNIT, Clips
from recipes.s2u_data import NUM_MELS
from recipes.s2u_loading import BucketSampler
from s2u import S2U
from s2u.fsq import digits
from s2u.losses import unit_mask
from s2u.spelling import SILENCE, CodeTable, contexts

Votes = NDArray[np.float32]
BEST = 8
"""Codes of a unit that are kept, the most probable ones."""
CLEAR = 1.6
"""Mean log probability a unit (negated) up to which an alignment is believed."""


@dataclass(frozen=True)
class Heard:
    """One clip as the S2U hears it: codes int64 [N, BEST], their probabilities float32 [N, BEST], phones float32 [N, 241]
    (log probabilities), and where its units stand in the cache."""

    codes: NDArray[np.int64]
    odds: Votes
    phones: Votes
    labels: list[int]
    first: int


@torch.inference_mode()
def listen(s2u: S2U, clips: Clips, name: str = "", batch_seconds: float = 40.0, searched: bool = False) -> Iterator[Heard]:
    """Every clip, in batches of similar length, whole and in bfloat16.

    Args:
        searched: put the codes that the S2U's search settles on before the most probable ones.
    """
    sampler = BucketSampler([row["frames"] for row in clips.rows], int(batch_seconds * 100), seed=0)
    for batch in tqdm(sampler, desc=name, mininterval=5):
        rows, mels = [clips.rows[i] for i in batch], [clips[i]["mel"] for i in batch]
        lengths = torch.tensor([len(mel) for mel in mels])
        with torch.autocast("cpu", torch.bfloat16):
            hidden = s2u.encoder.hidden(torch.nn.utils.rnn.pad_sequence(mels, batch_first=True), lengths)
            valid = unit_mask(lengths, FRAMES_PER_UNIT, hidden.shape[1])
            scores = s2u.encoder.project.scores(hidden, valid).float()
            odds, codes = scores.softmax(-1).topk(BEST)
            phones = s2u.phone_decoder(s2u.quantizer.codes_of(codes[..., 0]), valid).float().log_softmax(-1)
        for i, row in enumerate(rows):
            units = row["frames"] // FRAMES_PER_UNIT
            best = (codes[i, :units].numpy(), odds[i, :units].numpy())
            if searched and s2u.search is not None:
                best = put_first(s2u.search(scores[i, :units]).numpy(), *best)
            parts = (*best, phones[i, :units].numpy())
            yield Heard(*parts, row["labels"], row["frame"] // FRAMES_PER_UNIT)


def put_first(chosen: NDArray[np.int64], codes: NDArray[np.int64], odds: Votes) -> tuple[NDArray[np.int64], Votes]:
    """Codes int64 [N, BEST] with the chosen ones int64 [N] in front; one that was not among them takes the last one's place.

    >>> put_first(np.array([3, 9]), np.array([[1, 3], [1, 3]]), np.array([[0.6, 0.3], [0.7, 0.2]]))[0].tolist()
    [[3, 1], [9, 1]]
    """
    place = np.where((codes == chosen[:, None]).any(1), (codes == chosen[:, None]).argmax(1), codes.shape[1] - 1)
    rest = np.arange(codes.shape[1]) != place[:, None]
    rows = np.arange(len(codes))
    others = (array[rest].reshape(len(codes), -1) for array in (codes, odds))
    return tuple(np.c_[first, other] for first, other in zip((chosen, odds[rows, place]), others, strict=True))  # type: ignore[return-value]


def align(scores: Votes, labels: list[int]) -> NDArray[np.int64] | None:
    """A phone (or SILENCE) for every unit, int64 [N]; None where speech and text do not fit."""
    path = viterbi(scores, labels)
    return path if scores[np.arange(len(path)), path].mean() > -CLEAR else None


def phones_of_codes(heard: list[Heard], num_codes: int) -> Votes:
    """How probable a phone is when a code is heard, float32 [K, 241], from the alignments by the phone decoder."""
    votes = np.full((num_codes, SILENCE + 1), 1e-4, np.float32)
    for clip in heard:
        path = align(clip.phones, clip.labels)
        if path is not None:
            np.add.at(votes, (clip.codes, path[:, None]), clip.odds)
    return votes / votes.sum(1, keepdims=True)


def emissions(clip: Heard, phones: Votes) -> Votes:
    """Log probability of every phone for every unit, float32 [N, 241]: what its likely codes say."""
    return np.log(np.einsum("nb,nbp->np", clip.odds, phones[clip.codes]) + 1e-4)


def count_votes(spoken: list[tuple[NDArray[np.int64], Heard]]) -> CodeTable:
    """Sum the votes of clips, each with the contexts int64 [N, 3] of its units."""
    places = np.concatenate([np.repeat(found, BEST, 0) for found, _ in spoken])
    codes = np.concatenate([clip.codes.reshape(-1) for _, clip in spoken])
    rows, inverse = np.unique(np.c_[places, codes], axis=0, return_inverse=True)
    weights = np.bincount(inverse.reshape(-1), np.concatenate([clip.odds.reshape(-1) for _, clip in spoken]))
    kept = weights > 0.05
    return CodeTable(rows[kept, :3], rows[kept, 3], weights[kept].astype(np.float32))


HEARD = Path("heard")
"""In place of a code table: units as the S2U hears them."""


def table_of(s2u: S2U, codes: Path | None) -> CodeTable | None:
    """The code table of a file, of the S2U itself where no file is given, or none for `HEARD` or an S2U without one.

    Raises:
        CheckpointError: the file is no code table.
    """
    if codes is None:
        return s2u.search.table if s2u.search else None
    return None if codes == HEARD else CodeTable.load(codes)


def relabel(s2u: S2U, caches: list[Path]) -> CodeTable:
    """Align and vote on the train splits; write their labels and levels (-1 in the others, which are for measuring)."""
    heard = {cache: list(listen(s2u, Clips([cache], "train"), cache.name)) for cache in caches}
    phones = phones_of_codes([clip for clips in heard.values() for clip in clips], s2u.config.num_units)
    paths = {cache: [align(emissions(clip, phones), clip.labels) for clip in clips] for cache, clips in heard.items()}
    spoken = [
        (contexts(path.astype(np.int16)), clip)
        for cache in caches for path, clip in zip(paths[cache], heard[cache], strict=True) if path is not None
    ]  # fmt: skip
    table = count_votes(spoken)
    for cache in caches:
        _write(cache, heard[cache], paths[cache], table, s2u.config.levels)
    return table


def _write(
    cache: Path, heard: list[Heard], paths: list[NDArray[np.int64] | None], table: CodeTable, sizes: tuple[int, ...]
) -> None:
    units = (cache / "mel.f16").stat().st_size // 2 // NUM_MELS // FRAMES_PER_UNIT
    labels, levels = np.full(units, -1, np.int16), np.full((units, len(sizes)), -1, np.int8)
    for clip, path in zip(heard, paths, strict=True):
        if path is not None:
            span = slice(clip.first, clip.first + len(path))
            labels[span] = path
            levels[span] = digits(torch.from_numpy(table.spell(contexts(path.astype(np.int16)))), sizes).numpy()
    labels.tofile(cache / "labels.i16")
    levels.tofile(cache / "levels.i8")
    doubtful = sum(path is None for path in paths)
    print(f"{cache.name}: {doubtful} of {len(paths)} clips do not match their text and stay unlabelled")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("s2u", type=Path, help="model folder")
    parser.add_argument("caches", nargs="+", type=Path, help="folders of recipes.s2u_data")
    parser.add_argument("-o", "--output", type=Path, required=True, help="safetensors file of the votes")
    options = parser.parse_args()
    torch.set_num_threads(1)
    relabel(S2U.load(options.s2u), options.caches).save(options.output)


if __name__ == "__main__":
    main()
