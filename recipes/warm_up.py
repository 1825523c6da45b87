"""A bottleneck and phone decoder for a new codebook, learnt on an earlier encoder's output in minutes, before `recipes.s2u`.

    python -m recipes.warm_up runs/s2u/checkpoints/last.ckpt cache/mini_librispeech cache/common_voice_zh -o start.ckpt

The encoder stays as it is, its output comes from `hidden.f16` of `recipes.realign --hidden`; the file written is what
`recipes.s2u --model.start` takes.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from recipes.s2u import code_loss
from recipes.s2u_clips import FRAMES_PER_UNIT, Clips
from recipes.s2u_loading import BucketSampler
from s2u import S2U, S2UConfig
from s2u.losses import ctc_loss, frame_loss
from speechkit.lengths import length_mask

WEIGHTS = {"code": 1.0, "frame": 0.5, "ctc": 0.5}


class HiddenClips:
    """Clips of caches with the encoder's output instead of mels."""

    def __init__(self, caches: list[Path], width: int) -> None:
        self.clips = Clips(caches, "train")
        self.hidden = [np.memmap(cache / "hidden.f16", np.float16, "r").reshape(-1, width) for cache in caches]

    def batch(self, chosen: list[int]) -> dict[str, Tensor]:
        """hidden float [B, N, D], lengths, phones, counts, labels [B, N] and levels [B, N, L] (-1 where unknown)."""
        clips, pad = [self._clip(index) for index in chosen], nn.utils.rnn.pad_sequence
        return {
            "hidden": pad([clip["hidden"] for clip in clips], batch_first=True),
            "lengths": torch.tensor([len(clip["hidden"]) for clip in clips]),
            "phones": pad([torch.tensor(clip["labels"]) for clip in clips], batch_first=True),
            "counts": torch.tensor([len(clip["labels"]) for clip in clips]),
            "labels": pad([clip["aligned"] for clip in clips], batch_first=True, padding_value=-1),
            "levels": pad([clip["levels"] for clip in clips], batch_first=True, padding_value=-1),
        }

    def _clip(self, index: int) -> dict[str, Any]:
        row, clip = self.clips.rows[index], self.clips[index]
        start, units = row["frame"] // FRAMES_PER_UNIT, row["frames"] // FRAMES_PER_UNIT
        return clip | {"hidden": torch.from_numpy(self.hidden[row["cache"]][start : start + units].astype(np.float32))}


def unsettle(hidden: Tensor) -> Tensor:
    """[B, N, D] as other voices and rooms might shift it: a scale and an offset a clip, and noise."""
    batch, _, width = hidden.shape
    moved = hidden * (1 + 0.08 * torch.randn(batch, 1, width))
    return moved + 0.15 * hidden.std() * (torch.randn(batch, 1, width) + torch.randn_like(hidden))


def losses(model: S2U, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """The codebook's codes, aligned phones, CTC."""
    valid = length_mask(batch["lengths"])
    scores = model.encoder.project.scores(unsettle(batch["hidden"]), valid)
    quantized = model.quantizer(model.encoder.project.latents(scores))
    logits = model.phone_decoder(quantized.codes, valid)
    return {
        "code": code_loss(model, scores, batch["levels"], valid),
        "frame": frame_loss(logits, batch["labels"]),
        "ctc": ctc_loss(logits, batch["lengths"], batch["phones"], batch["counts"]),
    }


def warm_up(model: S2U, clips: HiddenClips, steps: int, batch_seconds: float = 80.0) -> None:
    """Train `encoder.project` and `phone_decoder` in place: AdamW, one cycle; CTC joins after a third."""
    parameters = [*model.encoder.project.parameters(), *model.phone_decoder.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=2e-3, weight_decay=0.01, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps, pct_start=0.1)
    sampler = BucketSampler([row["frames"] for row in clips.clips.rows], int(batch_seconds * 100), seed=0)
    bar = tqdm(total=steps, desc="warm-up", mininterval=5)
    while bar.n < steps:
        for chosen in sampler:
            with torch.autocast("cpu", torch.bfloat16):
                parts = losses(model.train(), clips.batch(chosen))
            weights = WEIGHTS | ({"ctc": 0.0} if bar.n < steps // 3 else {})
            optimizer.zero_grad()
            torch.stack([weights[name] * part for name, part in parts.items()]).sum().backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            bar.set_postfix({name: f"{float(part.detach()):.3f}" for name, part in parts.items()})
            bar.update()
            if bar.n >= steps:
                break


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path, help="of recipes.s2u: the encoder")
    parser.add_argument("caches", nargs="+", type=Path, help="with hidden.f16 and levels.i8")
    parser.add_argument("-o", "--output", type=Path, required=True, help="checkpoint for recipes.s2u --model.start")
    parser.add_argument("--steps", type=int, default=1200)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    stored = torch.load(options.checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    model = S2U(S2UConfig())
    warm_up(model, HiddenClips(options.caches, model.config.stages[-1].width), options.steps)
    fresh = {f"model.{name}": tensor for name, tensor in model.state_dict().items() if not name.startswith("encoder.stages")}
    kept = {name: tensor for name, tensor in stored.items() if name.startswith(("model.encoder.stages", "guide_head"))}
    torch.save({"state_dict": fresh | kept}, options.output)


if __name__ == "__main__":
    main()
