"""Frame-level phone labels by forced alignment: a small CTC model on the cached teacher features aligns every clip.

    python -m recipes.align cache/mini_librispeech cache/common_voice_zh -o aligner.safetensors

CTC alone only needs a unit to speak at its peaks; with a label on every unit, each must say its sound. Writes
`labels.i16` beside the teacher features: one phone id a unit, `SILENCE` between words' gaps, -1 where nothing is known.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn
from tqdm import tqdm

from recipes.s2u_clips import Clips
from recipes.s2u_data import TEACHER_WIDTH
from recipes.s2u_loading import BucketSampler
from s2u.losses import ctc_loss
from s2u.spelling import SILENCE
from speechkit.lengths import length_mask

BLANK = SILENCE
LONGEST_GAP = 5
"""Units of blank between two phones that are shared out to them; longer gaps are silence in the middle."""


class Aligner(nn.Module):
    """Teacher features to phone logits: a linear map with its neighbours in view."""

    def __init__(self, width: int = 384) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(TEACHER_WIDTH, width, 3, padding=1), nn.GELU(), nn.Dropout(0.2),
            nn.Conv1d(width, width, 3, padding=1), nn.GELU(), nn.Conv1d(width, BLANK + 1, 1),
        )  # fmt: skip

    def forward(self, features: Tensor) -> Tensor:
        """float [B, N, D] -> logits [B, N, 241]."""
        return self.layers(features.mT).mT


def train(clips: Clips, steps: int, batch_seconds: float = 120.0) -> Aligner:
    """CTC training on the clips that have teacher features."""
    torch.manual_seed(0)
    aligner = Aligner().train()
    optimizer = torch.optim.AdamW(aligner.parameters(), lr=1.5e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.5e-3, total_steps=steps, pct_start=0.1)
    sampler = BucketSampler([row["frames"] for row in clips.rows], int(batch_seconds * 100), seed=0)
    bar = tqdm(total=steps, desc="aligner", mininterval=5)
    while bar.n < steps:
        for batch in sampler:
            with torch.autocast("cpu", torch.bfloat16):
                loss = aligner_loss(aligner, [clips[index] for index in batch])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(aligner.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            bar.set_postfix(loss=f"{float(loss.detach()):.3f}")
            bar.update()
            if bar.n >= steps:
                break
    return aligner.eval()


def aligner_loss(aligner: Aligner, clips: list[dict[str, Any]]) -> Tensor:
    """CTC of one batch."""
    pad = nn.utils.rnn.pad_sequence
    lengths = torch.tensor([len(clip["teacher"]) for clip in clips])
    features = pad([clip["teacher"] for clip in clips], batch_first=True)
    labels = pad([torch.tensor(clip["labels"]) for clip in clips], batch_first=True)
    logits = aligner(features * length_mask(lengths)[..., None])
    return ctc_loss(logits, lengths, labels, torch.tensor([len(clip["labels"]) for clip in clips]))


def viterbi(scores: NDArray[np.float32], labels: list[int]) -> NDArray[np.int64]:
    """Best CTC path through the labels.

    Args:
        scores: float [N, V + 1] log-probabilities, blank last; labels: S phone ids, S <= N.
    Returns:
        int64 [N]: a phone id or BLANK for every unit.
    """
    states = np.full(2 * len(labels) + 1, BLANK)
    states[1::2] = labels
    skip = np.zeros(len(states), bool)
    skip[3::2] = states[3::2] != states[1:-2:2]
    best = np.full(len(states), -np.inf)
    best[:2] = scores[0, states[:2]]
    back = np.zeros((len(scores), len(states)), np.int8)
    for time in range(1, len(scores)):
        moves = np.stack([best, np.r_[-np.inf, best[:-1]], np.where(skip, np.r_[-np.inf, -np.inf, best[:-2]], -np.inf)])
        back[time] = moves.argmax(0)
        best = moves.max(0) + scores[time, states]
    state = len(states) - 1 if best[-1] >= best[-2] else len(states) - 2
    path = np.empty(len(scores), np.int64)
    for time in range(len(scores) - 1, -1, -1):
        path[time] = states[state]
        state -= int(back[time, state])
    return path


def fill(path: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give the blanks of a path to their neighbours; long gaps and the outside become SILENCE.

    >>> fill(np.array([240, 240, 240, 5, 240, 240, 7, 240, 240])).tolist()
    [240, 240, 5, 5, 5, 7, 7, 7, 240]
    """
    filled, spoken = path.copy(), np.flatnonzero(path != BLANK)
    if not len(spoken):
        return filled
    filled[max(0, spoken[0] - 1) : spoken[0]] = path[spoken[0]]
    filled[spoken[-1] + 1 : spoken[-1] + 2] = path[spoken[-1]]
    for left, right in zip(spoken[:-1], spoken[1:], strict=True):
        gap = right - left - 1
        reach = gap if gap <= LONGEST_GAP else 2
        filled[left + 1 : left + 1 + (reach + 1) // 2] = path[left]
        filled[right - reach // 2 : right] = path[right]
    return filled


@torch.inference_mode()
def label(aligner: Aligner, clips: Clips, cache: Path) -> None:
    """Write labels.i16 for one cache."""
    units = max(row["frame"] + row["frames"] for row in clips.rows) // 4
    labels = np.full(units, -1, np.int16)
    for index, row in enumerate(tqdm(clips.rows, desc=cache.name, mininterval=5)):
        clip = clips[index]
        scores = aligner(clip["teacher"][None])[0].log_softmax(-1).numpy()
        start = row["frame"] // 4
        labels[start : start + len(scores)] = fill(viterbi(scores, clip["labels"]))
    labels.tofile(cache / "labels.i16")


def taught(caches: list[Path]) -> Clips:
    """Training clips that have teacher features."""
    clips = Clips(caches, "train", features=True)
    clips.rows = [row for row in clips.rows if row["teacher"]]
    return clips


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("caches", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True, help="safetensors file of the aligner")
    parser.add_argument("--steps", type=int, default=1000)
    options = parser.parse_args()
    torch.set_num_threads(1)
    aligner = train(taught(options.caches), options.steps)
    save_file(aligner.state_dict(), options.output)
    for cache in options.caches:
        label(aligner, taught([cache]), cache)


if __name__ == "__main__":
    main()
