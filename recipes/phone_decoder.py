"""Train the phone decoder of a finished S2U alone, on the codes that the S2U really gives: units and codebook stay as they are.

    python -m recipes.phone_decoder speechkit/bundled/s2u cache/mini_librispeech cache/common_voice_zh -o better_s2u --card card.md

Every clip is heard once; then each step reads the codes again, some of them replaced by others that the S2U thought of, as noise
would. CTC against the text's phones and, where `labels.i16` is known, the aligned phone of every unit.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from recipes.code_table import Heard, listen
from recipes.s2u_clips import Clips
from recipes.s2u_loading import BucketSampler
from s2u import S2U
from s2u.losses import ctc_loss, frame_loss
from speechkit.lengths import length_mask


@dataclass(frozen=True, kw_only=True)
class DecoderTraining:
    """How long, how fast, and what counts."""

    steps: int = 2500
    """Optimiser steps."""
    batch_seconds: float = 240.0
    """Speech in a batch."""
    learning_rate: float = 1e-3
    """Highest; rises over 100 steps, falls as a cosine."""
    doubt: float = 0.2
    """Share of units whose code is drawn from what the S2U thought of, by its probability."""
    frame_weight: float = 0.2
    """Of the aligned phones, beside CTC."""


def gather(s2u: S2U, caches: Sequence[Path], limit: int | None) -> tuple[list[Heard], list[Tensor | None]]:
    """Every training clip as the S2U hears it, and its aligned phones int64 [N] where they are known."""
    heard: list[Heard] = []
    aligned: list[Tensor | None] = []
    for cache in caches:
        clips = Clips([cache], "train", limit)
        found = list(listen(s2u, clips, cache.name, searched=True))
        known = {row["frame"] // 4: clips[index]["aligned"] for index, row in enumerate(clips.rows)}
        heard += found
        aligned += [known[clip.first] for clip in found]
    return heard, aligned


def drawn(clip: Heard, doubt: float, random: np.random.Generator) -> Tensor:
    """Codes int64 [N]: the best of each unit, a share of them drawn by the S2U's probabilities."""
    odds = np.cumsum(clip.odds / clip.odds.sum(1, keepdims=True), axis=1)
    other = (random.random((len(odds), 1)) > odds[:, :-1]).sum(1)
    choice = np.where(random.random(len(odds)) < doubt, other, 0)
    return torch.from_numpy(clip.codes[np.arange(len(odds)), choice])


def loss_of(s2u: S2U, clips: Sequence[Heard], aligned: Sequence[Tensor | None], config: DecoderTraining, seed: int) -> Tensor:
    """CTC and aligned phones of one batch."""
    random, pad = np.random.default_rng(seed), nn.utils.rnn.pad_sequence
    ids = [drawn(clip, config.doubt, random) for clip in clips]
    lengths = torch.tensor([len(each) for each in ids])
    codes = s2u.quantizer.codes_of(pad(ids, batch_first=True))
    logits = s2u.phone_decoder(codes, length_mask(lengths))
    phones = pad([torch.tensor(clip.labels) for clip in clips], batch_first=True)
    spoken = ctc_loss(logits, lengths, phones, torch.tensor([len(clip.labels) for clip in clips]))
    labels = [torch.full_like(one, -1) if known is None else known for one, known in zip(ids, aligned, strict=True)]
    return spoken + config.frame_weight * frame_loss(logits, pad(labels, batch_first=True, padding_value=-1))


def train(s2u: S2U, heard: Sequence[Heard], aligned: Sequence[Tensor | None], config: DecoderTraining) -> None:
    """Fit the phone decoder in place; what is kept is the average of the weights along the way."""
    decoder = s2u.phone_decoder.train()
    average = torch.optim.swa_utils.AveragedModel(decoder, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995))
    optimizer = torch.optim.AdamW(decoder.parameters(), config.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=config.steps, pct_start=min(0.3, 100 / config.steps)
    )
    sampler = BucketSampler([len(clip.codes) for clip in heard], int(config.batch_seconds * 25), seed=0)
    bar = tqdm(total=config.steps, desc="phone decoder", mininterval=5)
    while bar.n < config.steps:
        for batch in sampler:
            with torch.autocast("cpu", torch.bfloat16):
                loss = loss_of(s2u, [heard[i] for i in batch], [aligned[i] for i in batch], config, int(bar.n))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            average.update_parameters(decoder)
            bar.set_postfix(loss=f"{float(loss.detach()):.3f}")
            bar.update()
            if bar.n >= config.steps:
                break
    decoder.load_state_dict(average.module.state_dict())
    decoder.eval()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m recipes.phone_decoder", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("s2u", type=Path, help="model folder")
    parser.add_argument("caches", nargs="+", type=Path, help="folders of recipes.s2u_data")
    parser.add_argument("-o", "--output", type=Path, required=True, help="model folder to write")
    parser.add_argument("--card", type=Path, required=True, help="Markdown model card to put beside the weights")
    parser.add_argument("--steps", type=int, default=DecoderTraining.steps)
    parser.add_argument("--limit", type=int, help="clips of each cache at most")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    s2u = S2U.load(options.s2u)
    heard, aligned = gather(s2u, options.caches, options.limit)
    train(s2u, heard, aligned, DecoderTraining(steps=options.steps))
    s2u.config = replace(s2u.config, codebook=s2u.codec)
    s2u.save(options.output, card=options.card.read_text(encoding="utf-8"), half=True)


if __name__ == "__main__":
    main()
