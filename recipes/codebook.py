"""The codebook, learnt first: FSQ units out of frozen teacher features, cheap because no encoder runs.

    python -m recipes.codebook cache/mini_librispeech cache/common_voice_zh --aligner aligner.safetensors -o codebook.safetensors

A bottleneck on the cached teacher features learns codes from which phones (CTC and aligned), and the features themselves,
can be told. Each clip's target latents go to `latents.f16` beside its features; `recipes.s2u` then teaches the encoder to
give the same latents from perturbed sound, and starts from this phone decoder.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm

from recipes.align import taught
from recipes.s2u_data import TEACHER_WIDTH
from recipes.s2u_loading import BucketSampler, Clips
from s2u import Quantizer, S2UConfig
from s2u.losses import FrameHead, correlation_loss, ctc_loss, frame_loss, masked_mean, teacher_loss
from s2u.phone_decoder import PhoneDecoder
from speechkit.lengths import length_mask


class Bottleneck(nn.Module):
    """Teacher features -> latents -> codes -> phones, aligned phones, features."""

    def __init__(self, config: S2UConfig, width: int = 384) -> None:
        super().__init__()
        self.project = nn.Sequential(
            nn.Conv1d(TEACHER_WIDTH, width, 3, padding=1), nn.GELU(),
            nn.Conv1d(width, width, 3, padding=1), nn.GELU(), nn.Conv1d(width, len(config.levels), 1),
        )  # fmt: skip
        self.quantizer = Quantizer(config.levels, config.normalise_latents)
        self.phone_decoder = PhoneDecoder(config)
        self.frame_head = FrameHead(config, config.num_phones + 1)
        self.feature_head = FrameHead(config, TEACHER_WIDTH)

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """CTC, aligned phones, features, and how far the dimensions copy each other."""
        valid = length_mask(batch["lengths"])
        latents = self.project((batch["teacher"] * valid[..., None]).mT).mT
        quantized = self.quantizer(latents, valid)
        logits = self.phone_decoder(quantized.codes, valid)
        return {
            "ctc": ctc_loss(logits, batch["lengths"], batch["phones"], batch["counts"]),
            "decoder": frame_loss(logits, batch["labels"]),
            "frame": frame_loss(self.frame_head(quantized.codes), batch["labels"]),
            "feature": teacher_loss(self.feature_head(quantized.codes), batch["teacher"], valid),
            "correlation": correlation_loss(quantized.codes, valid),
            "margin": masked_mean(0.5 - quantized.margins, valid),
            "stay": masked_mean((quantized.codes[:, 1:] - quantized.codes[:, :-1]).abs().mean(-1), valid[:, 1:]),
        }


WEIGHTS = {"ctc": 1.0, "decoder": 0.5, "frame": 1.0, "feature": 2.0, "correlation": 0.05, "margin": 0.0, "stay": 0.1}


def collate(clips: list[dict[str, Any]]) -> dict[str, Tensor]:
    """Pad a list of clips."""
    pad = nn.utils.rnn.pad_sequence
    labels = [clip["aligned"] if clip["aligned"] is not None else torch.full((len(clip["teacher"]),), -1) for clip in clips]
    return {
        "teacher": pad([clip["teacher"] for clip in clips], batch_first=True),
        "lengths": torch.tensor([len(clip["teacher"]) for clip in clips]),
        "phones": pad([torch.tensor(clip["labels"]) for clip in clips], batch_first=True),
        "counts": torch.tensor([len(clip["labels"]) for clip in clips]),
        "labels": pad(labels, batch_first=True, padding_value=-1),
    }


def train(clips: Clips, aligner: Path, start: Path | None, config: S2UConfig, steps: int, batch_seconds: float) -> Bottleneck:
    """AdamW with one cycle; the first two convolutions begin as the aligner's, which already hear phones."""
    torch.manual_seed(0)
    model = Bottleneck(config).train()
    heard = {name.removeprefix("layers."): tensor for name, tensor in load_file(aligner).items()}
    for ours, theirs in ((0, 0), (2, 3)):
        model.project[ours].load_state_dict({kind: heard[f"{theirs}.{kind}"] for kind in ("weight", "bias")})
    if start is not None:
        model.load_state_dict(load_file(start))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps, pct_start=0.1)
    sampler = BucketSampler([row["frames"] for row in clips.rows], int(batch_seconds * 100), seed=0)
    bar = tqdm(total=steps, desc="codebook", mininterval=5)
    while bar.n < steps:
        for batch in sampler:
            with torch.autocast("cpu", torch.bfloat16):
                parts = model.losses(collate([clips[index] for index in batch]))
            loss = torch.stack([WEIGHTS[name] * part for name, part in parts.items()]).sum()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            bar.set_postfix({name: f"{float(part.detach()):.3f}" for name, part in parts.items()})
            bar.update()
            if bar.n >= steps:
                break
    return model.eval()


@torch.inference_mode()
def write_targets(model: Bottleneck, cache: Path) -> None:
    """latents.f16 [units, L]: normalised latents of every clip with features, of all splits; NaN elsewhere."""
    clips = taught([cache])
    units = max(row["frame"] + row["frames"] for row in clips.rows) // 4
    latents = np.full((units, len(model.quantizer.levels)), np.nan, np.float16)
    for index, row in enumerate(tqdm(clips.rows, desc=cache.name, mininterval=5)):
        raw = model.project(clips[index]["teacher"].T[None]).mT
        normal = model.quantizer.norm(raw[0]) if model.quantizer.norm is not None else raw[0]
        start = row["frame"] // 4
        latents[start : start + len(normal)] = normal.numpy()
    latents.tofile(cache / "latents.f16")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("caches", nargs="+", type=Path)
    parser.add_argument("--aligner", type=Path, required=True, help="file of recipes.align")
    parser.add_argument("--start", type=Path, help="a codebook to go on from")
    parser.add_argument("-o", "--output", type=Path, required=True, help="safetensors file of the bottleneck")
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch-seconds", type=float, default=160.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = train(taught(options.caches), options.aligner, options.start, S2UConfig(), options.steps, options.batch_seconds)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, options.output)
    for cache in options.caches:
        write_targets(model, cache)


if __name__ == "__main__":
    main()
