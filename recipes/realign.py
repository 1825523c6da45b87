"""Align every cache with a trained S2U, corpora without teacher features too: its guide head hears each unit's phone.

    python -m recipes.realign runs/s2u_default/checkpoints/last.ckpt cache/hibari_en cache/mini_librispeech

Writes `labels.i16` (one phone id a unit, `SILENCE` in pauses, -1 where nothing is known) and, with --hidden, the encoder's
output as `hidden.f16` [units, 512], on which the bottleneck of a new codebook is warmed up cheaply.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from recipes.align import viterbi
from recipes.s2u import S2UTraining
from recipes.s2u_clips import FRAMES_PER_UNIT, splits
from recipes.s2u_data import NUM_MELS
from recipes.s2u_loading import BucketSampler

CLEAR = 1.5
"""Mean log-probability a unit (negated) up to which an alignment is believed."""


def load(checkpoint: Path) -> S2UTraining:
    """A training checkpoint of `recipes.s2u`, for listening only."""
    stored = torch.load(checkpoint, map_location="cpu", weights_only=True)
    training = S2UTraining(model=stored["hyper_parameters"].get("model"))
    training.load_state_dict(stored["state_dict"])
    return training.eval()


@torch.inference_mode()
def listen(training: S2UTraining, mels: list[Tensor]) -> list[tuple[Tensor, NDArray[np.float32]]]:
    """For each mel [F_i, 80]: hidden features [N_i, D] and log-probabilities of phones [N_i, 241]."""
    lengths = torch.tensor([len(mel) for mel in mels])
    with torch.autocast("cpu", torch.bfloat16):
        hidden = training.model.encoder.hidden(torch.nn.utils.rnn.pad_sequence(mels, batch_first=True), lengths)
        scores = training.guide_head(hidden).float().log_softmax(-1).numpy()
    counts = (lengths // FRAMES_PER_UNIT).tolist()
    return [(hidden[i, :count].float(), scores[i, :count]) for i, count in enumerate(counts)]


def align(scores: NDArray[np.float32], phones: list[int]) -> tuple[NDArray[np.int64], float]:
    """Best path with optional silence around every phone, and its mean log-probability a unit."""
    path = viterbi(scores, phones)
    return path, float(scores[np.arange(len(path)), path].mean())


def realign(training: S2UTraining, cache: Path, keep_hidden: bool, batch_seconds: float = 40.0) -> None:
    """Write the arrays of one cache, both splits."""
    units, width = _units(cache), training.guide_head.in_features
    labels = np.full(units, -1, np.int16)
    hidden = np.memmap(cache / "hidden.f16", np.float16, "w+", shape=(units, width)) if keep_hidden else None
    doubtful = 0
    for clips in splits(cache):
        sampler = BucketSampler([row["frames"] for row in clips.rows], int(batch_seconds * 100), seed=0)
        for batch in tqdm(sampler, desc=cache.name, mininterval=5):
            for index, (features, scores) in zip(batch, listen(training, [clips[i]["mel"] for i in batch]), strict=True):
                row = clips.rows[index]
                span = slice(row["frame"] // FRAMES_PER_UNIT, row["frame"] // FRAMES_PER_UNIT + len(scores))
                path, score = align(scores, row["labels"])
                if score > -CLEAR:
                    labels[span] = path
                doubtful += score <= -CLEAR
                if hidden is not None:
                    hidden[span] = features.numpy().astype(np.float16)
    labels.tofile(cache / "labels.i16")
    print(f"{cache.name}: {doubtful} clips do not match their text and stay unlabelled")


def _units(cache: Path) -> int:
    return (cache / "mel.f16").stat().st_size // 2 // NUM_MELS // FRAMES_PER_UNIT


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="of recipes.s2u")
    parser.add_argument("caches", nargs="+", type=Path)
    parser.add_argument("--hidden", action="store_true", help="also write hidden.f16")
    options = parser.parse_args()
    torch.set_num_threads(1)
    training = load(options.checkpoint)
    for cache in options.caches:
        realign(training, cache, options.hidden)


if __name__ == "__main__":
    main()
