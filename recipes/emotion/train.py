"""Train, measure and export the embedded emotion scorer.

python -m recipes.emotion.views --manifest ravdess/manifest.jsonl -o views/
python -m recipes.emotion fit --views views/ --read libri/manifest.jsonl engine/manifest.jsonl -o my_emotion/
python -m recipes.emotion fit --views views/ --speakers rav01 rav02 --seed 7 -o judge/   # another judge, from some actors only
python -m recipes.emotion fit --views views/ --enrolled --read libri/manifest.jsonl -o my_emotion/enrolled   # for known speakers
python -m recipes.emotion measure my_emotion/ --manifest ravdess/manifest.jsonl
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor

from recipes.corpora.texts import read_manifest
from recipes.emotion.data import (
    Acted,
    Array,
    Batches,
    EmotionData,
    Mix,
    acted,
    against_neutral,
    read_aloud,
    readers_against_neutral,
)
from recipes.emotion.views import EMOTIONS, emotion_of
from speechkit.emotion.embedded import EmbeddedScorer
from speechkit.emotion.model import EmotionConfig, EmotionNet
from speechkit.errors import SpeechkitError
from speechkit.metrics.emotion_control import EmotionControl, emotion_control
from speechkit.waveform import load


class EmotionTask(lightning.LightningModule):
    """Cross-entropy of every member of the ensemble by itself."""

    def __init__(
        self, model: EmotionNet, *, steps: int, learning_rate: float = 2e-3, weight_decay: float = 0.02
    ) -> None:
        super().__init__()
        self.model, self.steps = model, steps
        self.learning_rate, self.weight_decay = learning_rate, weight_decay

    def training_step(self, batch: dict[str, Tensor], index: int) -> Tensor:
        """One batch."""
        loss = torch.stack(
            [
                torch.nn.functional.cross_entropy(logits, batch["emotion"], label_smoothing=0.05)
                for logits in self.model(batch["values"])
            ]
        ).mean()
        self.log("loss", loss, prog_bar=True)
        return loss

    def validation_step(self, batch: dict[str, Tensor], index: int) -> None:
        """Mean recall on the held-out actors."""
        heard = self.model(batch["values"]).mean(0).argmax(1)
        recalls = [(heard == e)[batch["emotion"] == e].float().mean() for e in batch["emotion"].unique()]
        self.log("dev_UAR", torch.stack(recalls).mean(), prog_bar=True, batch_size=1)

    def configure_optimizers(self) -> Any:
        """AdamW, one cycle."""
        optimizer = torch.optim.AdamW(self.model.parameters(), self.learning_rate, weight_decay=self.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.learning_rate, self.steps)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def standardised(config: EmotionConfig, train: Acted, read: Array) -> EmotionNet:
    """A fresh network whose mean and scale are those of all speech it will learn from; both kinds count alike."""
    parts = [part for part in (train.values, read) if len(part)]
    model = EmotionNet(config)
    model.mean.copy_(torch.from_numpy(np.mean([part.mean(0) for part in parts], axis=0)))
    model.scale.copy_(torch.from_numpy(np.mean([part.std(0) for part in parts], axis=0) + 1e-3))
    return model


def fit(
    train: Acted,
    dev: Acted,
    read: Array,
    config: EmotionConfig,
    *,
    steps: int,
    seed: int = 0,
    mix: Mix = Mix(),
    **trainer: Any,
) -> EmotionNet:
    """Train; returns the model in evaluation mode."""
    lightning.seed_everything(seed, verbose=False)
    task = EmotionTask(standardised(config, train, read), steps=steps)
    batches = Batches(train, read, mix, size=steps, scale=task.model.scale.numpy(), seed=seed)
    options: dict[str, Any] = {
        "accelerator": "cpu",
        "logger": False,
        "enable_checkpointing": False,
        "enable_model_summary": False,
    }
    lightning.Trainer(max_epochs=1, **(options | trainer)).fit(task, EmotionData(batches, dev))
    return task.model.eval()


@torch.inference_mode()
def fit_temperature(model: EmotionNet, examples: Acted) -> float:
    """The temperature with the least cross-entropy on the examples, among 41 from 0.3 to 3."""
    logits, target = model(torch.from_numpy(examples.values)).mean(0), torch.from_numpy(examples.emotion)
    grid = np.exp(np.linspace(np.log(0.3), np.log(3.0), 41))
    losses = [float(torch.nn.functional.cross_entropy(logits / t, target)) for t in grid]
    return round(float(grid[int(np.argmin(losses))]), 3)


def measure(scorer: EmbeddedScorer, manifest: Path, split: str = "dev") -> dict[str, Any]:
    """Score a manifest's recordings as any user would, and compare with the labels, calm as neutral.

    Returns:
        n, accuracy, UAR with its 95 % interval over speakers, recall per class and the confusion matrix; and
        "UAR_without_calm", where the recordings of calm are left out. "enrolled", where the scorer can: the same once it knows
        the speaker's other neutral recordings.
    """
    rows = [row for row in read_manifest(manifest) if row.get("split") == split and emotion_of(row) in scorer.labels]
    if scorer.model.config.relative:
        return {"enrolled": _figures(rows, _enrolled_scores(scorer, manifest, rows), scorer.labels)}
    scores = [scorer.score(*load(manifest.parent / str(row["audio"]))) for row in rows]
    result = _figures(rows, scores, scorer.labels)
    if scorer.relative is not None:
        result["enrolled"] = _figures(rows, _enrolled_scores(scorer, manifest, rows), scorer.labels)
    return result


def _enrolled_scores(scorer: EmbeddedScorer, manifest: Path, rows: Sequence[Mapping[str, object]]) -> list[Mapping[str, float]]:
    """Every recording by a scorer that knows the speaker's other neutral ones."""
    clips = [load(manifest.parent / str(row["audio"])) for row in rows]
    found = []
    for number, row in enumerate(rows):
        others = [
            clip
            for place, (clip, other) in enumerate(zip(clips, rows, strict=True))
            if place != number and other["speaker"] == row["speaker"] and emotion_of(other) == EMOTIONS[0]
        ]
        found.append(scorer.enrol(others).score(*clips[number]))
    return found


def _figures(
    rows: Sequence[Mapping[str, object]], scores: Sequence[Mapping[str, float]], labels: tuple[str, ...]
) -> dict[str, Any]:
    found = _compared(rows, scores, labels)
    plain = [number for number, row in enumerate(rows) if row["emotion"] == emotion_of(row)]
    without = _compared([rows[number] for number in plain], [scores[number] for number in plain], labels)
    counts = found.confusion.counts[:, : len(labels)]
    recalls = (counts.diagonal() / counts.sum(1)).round(3).tolist()
    return {
        "n": len(rows),
        "accuracy": found.accuracy.value,
        "UAR": found.uar.value,
        "UAR_ci95": found.uar.ci95,
        "UAR_without_calm": without.uar.value,
        "recall": dict(zip(labels, recalls, strict=True)),
        "confusion": counts.tolist(),
    }


def _compared(
    rows: Sequence[Mapping[str, object]], scores: Sequence[Mapping[str, float]], labels: tuple[str, ...]
) -> EmotionControl:
    speakers = [str(row["speaker"]) for row in rows]
    return emotion_control(
        [emotion_of(row) for row in rows], scores, labels=labels, recogniser="embedded", clusters=speakers
    )


def command_line() -> argparse.ArgumentParser:
    """The commands."""
    top = argparse.ArgumentParser(prog="python -m recipes.emotion", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    first = commands.add_parser("fit", help="train and export")
    first.add_argument("--views", type=Path, required=True, help="folder made by recipes.emotion.views")
    first.add_argument(
        "--read", type=Path, nargs="*", default=[], help="manifests of read speech, which counts as neutral"
    )
    first.add_argument("--read-clips", type=int, default=200, help="clips of each at most")
    first.add_argument("-o", "--output", type=Path, required=True, help="model folder to write")
    first.add_argument("--card", type=Path, help="Markdown file to keep as the model's card")
    first.add_argument("--steps", type=int, default=1000)
    first.add_argument("--seed", type=int, default=0)
    first.add_argument("--speakers", nargs="*", default=[], help="learn from these actors only; default: all of train")
    first.add_argument("--enrolled", action="store_true", help="the network for speakers whose neutral is known")
    second = commands.add_parser("measure", help="UAR on labelled recordings")
    second.add_argument("model", type=Path, help="model folder")
    second.add_argument("--manifest", type=Path, required=True, help="JSONL with audio, emotion, speaker, split")
    second.add_argument("--split", default="dev")
    return top


def run_fit(options: argparse.Namespace) -> None:
    """Train on the views and the read speech, set the temperature, export."""
    train, dev = (acted(options.views, EMOTIONS, split) for split in ("train", "dev"))
    train = train.only(options.speakers)
    parts = [read_aloud(path, options.views / "read", options.read_clips) for path in options.read]
    if options.enrolled:
        train, dev = against_neutral(train), against_neutral(dev)
    none = np.zeros((0, train.values.shape[1]), np.float32)
    read = none if not parts else readers_against_neutral(parts) if options.enrolled else np.concatenate(parts)
    model = fit(train, dev, read, EmotionConfig(labels=EMOTIONS, relative=options.enrolled), steps=options.steps, seed=options.seed)
    scorer = EmbeddedScorer(model).with_temperature(fit_temperature(model, dev))
    scorer.save(options.output, card=options.card.read_text(encoding="utf-8") if options.card else "# Emotion scorer\n")
    print(f"wrote {options.output}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 1 and one line on a user's mistake."""
    options = command_line().parse_args(argv)
    try:
        if options.command == "fit":
            run_fit(options)
        else:
            found = measure(EmbeddedScorer.load(options.model), options.manifest, options.split)
            print(json.dumps(found, indent=2))
    except SpeechkitError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
