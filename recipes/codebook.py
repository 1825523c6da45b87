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
from s2u.encoder import Bottleneck
from s2u.losses import FrameHead, correlation_loss, ctc_loss, frame_loss, teacher_loss
from s2u.phone_decoder import PhoneDecoder
from speechkit.lengths import length_mask


class Codebook(nn.Module):
    """Teacher features -> latents -> codes -> phones, aligned phones, features."""

    def __init__(self, config: S2UConfig) -> None:
        super().__init__()
        self.project = Bottleneck(TEACHER_WIDTH, config.bottleneck_width, len(config.levels))
        self.quantizer = Quantizer(config.levels, config.normalise_latents)
        self.phone_decoder = PhoneDecoder(config)
        self.frame_head = FrameHead(config, config.num_phones + 1)
        self.feature_head = FrameHead(config, TEACHER_WIDTH)

    def losses(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """CTC, aligned phones, features, and how far the dimensions copy each other."""
        valid = length_mask(batch["lengths"])
        features = unsettle(batch["teacher"]) if self.training else batch["teacher"]
        quantized = self.quantizer(self.project(features, valid), valid)
        logits = self.phone_decoder(quantized.codes, valid)
        return {
            "ctc": ctc_loss(logits, batch["lengths"], batch["phones"], batch["counts"]),
            "decoder": frame_loss(logits, batch["labels"]),
            "frame": frame_loss(self.frame_head(quantized.codes), batch["labels"]),
            "feature": teacher_loss(self.feature_head(quantized.codes), batch["teacher"], valid),
            "correlation": correlation_loss(quantized.codes, valid),
        }


def unsettle(features: Tensor) -> Tensor:
    """Features [B, N, D] as other voices and rooms might shift them: a scale and an offset a clip, and noise."""
    batch, _, width = features.shape
    scale, offset = 1 + 0.15 * torch.randn(batch, 1, width), 0.4 * torch.randn(batch, 1, width)
    return features * scale + offset + 0.35 * torch.randn_like(features)


WEIGHTS = {"ctc": 1.0, "decoder": 0.5, "frame": 1.0, "feature": 1.0, "correlation": 0.05}


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


def train(clips: Clips, aligner: Path, start: Path | None, config: S2UConfig, steps: int, batch_seconds: float) -> Codebook:
    """AdamW with one cycle; the first two convolutions begin as the aligner's, which already hear phones."""
    torch.manual_seed(0)
    model = Codebook(config).train()
    heard = {name.removeprefix("layers."): tensor for name, tensor in load_file(aligner).items()}
    for ours, theirs in ((0, 0), (1, 3)):
        model.project.convolutions[ours].load_state_dict({kind: heard[f"{theirs}.{kind}"] for kind in ("weight", "bias")})
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
def write_targets(model: Codebook, cache: Path) -> None:
    """latents.f16 [units, L]: normalised latents of every clip with features, of all splits; NaN elsewhere."""
    clips = taught([cache])
    units = max(row["frame"] + row["frames"] for row in clips.rows) // 4
    latents = np.full((units, len(model.quantizer.levels)), np.nan, np.float16)
    for index, row in enumerate(tqdm(clips.rows, desc=cache.name, mininterval=5)):
        teacher = clips[index]["teacher"][None]
        raw = model.project(teacher, torch.ones(teacher.shape[:2], dtype=torch.bool))
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
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--batch-seconds", type=float, default=90.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = train(taught(options.caches), options.aligner, options.start, S2UConfig(), options.steps, options.batch_seconds)
    save_file({name: tensor.contiguous() for name, tensor in model.state_dict().items()}, options.output)
    for cache in options.caches:
        write_targets(model, cache)


if __name__ == "__main__":
    main()
