"""Train the talker's own model: python -m recipes.talker fit --config recipes/configs/talker_default.yaml

    python -m recipes.talker export runs/talker_default/last.ckpt -o my_talker --card card.md
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.cli import LightningCLI
from torch import Tensor
from torch.nn import functional as F

from recipes.byte_pairs import instruction_merges
from recipes.talker_batches import TalkerData
from recipes.talker_examples import STYLE, TEXT, UNIT, Batch, Writer
from recipes.u2s_callbacks import Snapshot as Snapshot  # for configs
from speechkit.checkpoint import load_tensors
from speechkit.errors import CheckpointError
from speechkit.talker.config import TalkerConfig
from speechkit.talker.model import Talker


class TalkerTraining(lightning.LightningModule):
    """Next symbol of header, text and units, and the pointer's moves."""

    def __init__(
        self,
        model: dict[str, Any] | None = None,
        init_from: str | None = None,
        new_codec: bool = False,
        unit_weight: float = 1.0,
        move_weight: float = 1.0,
        header_weight: float = 0.3,
        text_weight: float = 0.02,
        unit_dropout: float = 0.2,
        label_smoothing: float = 0.0,
        learning_rate: float = 2e-3,
        warm_up_steps: int = 100,
        total_steps: int = 2500,
    ) -> None:
        """
        Args:
            model: fields of `TalkerConfig` that differ from the default.
            init_from: model folder to go on from, with its config.
            new_codec: the units are another S2U's than those of `init_from`, and are learnt anew.
            unit_weight, move_weight, header_weight, text_weight: of the losses.
            unit_dropout: units of the past that the model is not shown, so that it listens to the text.
            label_smoothing: of the unit loss.
            learning_rate: of AdamW; rises over `warm_up_steps`, then falls as a cosine to a twentieth at `total_steps`.
        """
        super().__init__()
        self.save_hyperparameters()
        self.model = start_from(init_from, model or {}, new_codec=new_codec) if init_from else fresh(model or {})
        self.average = torch.optim.swa_utils.AveragedModel(
            self.model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99)
        )

    @property
    def averaged(self) -> Talker:
        """The averaged weights: what is validated and exported."""
        return self.average.module  # type: ignore[return-value]

    def writer(self) -> Writer:
        """Writes sequences for this model."""
        return Writer(self.model.vocabulary)

    def on_fit_start(self) -> None:
        """Note whose units these are.

        Raises:
            CheckpointError: the model speaks those of another S2U.
        """
        codec, own = self.trainer.datamodule.codec(), self.model.config.codec  # type: ignore[attr-defined]
        if own and codec != own:
            raise CheckpointError(f"the model speaks units of codec {own}, the shards are of {codec}; set new_codec: true.")
        self.model.config = self.averaged.config = replace(self.model.config, codec=codec)

    def training_step(self, batch: tuple[Batch, Batch], index: int) -> Tensor:
        """One step on clips and on instructions alone."""
        clips, wishes = batch
        parts = self.losses(self._forgetful(clips))
        spoken_header, header = parts["header"], self.losses(wishes)["header"]
        parts["header"] = header + 0.2 * spoken_header
        weights = {"units": "unit_weight", "moves": "move_weight", "header": "header_weight", "text": "text_weight"}
        self.log_dict({f"train/{name}": value.detach() for name, value in parts.items()}, prog_bar=True)
        return torch.stack([self.hparams[weights[name]] * value for name, value in parts.items()]).sum()

    def losses(self, batch: Batch, model: Talker | None = None) -> dict[str, Tensor]:
        """Mean cross-entropy in nats a symbol; 0 for kinds that the batch has not."""
        model = model or self.model
        hidden = model(batch.sequences)
        parts = {}
        for name, kind, head in (
            ("units", UNIT, model.unit_logits), ("header", STYLE, model.style_logits), ("text", TEXT, model.text_logits)
        ):  # fmt: skip
            where = batch.kinds == kind
            smoothing = self.hparams["label_smoothing"] if name == "units" and self.training else 0.0
            parts[name] = _mean_loss(head(hidden[where]), batch.targets[where], smoothing)
        moved = batch.moves >= 0
        parts["moves"] = _mean_loss(model.moves(hidden[moved]), batch.moves[moved])
        return parts

    def on_train_batch_end(self, *_: Any) -> None:
        """Move the average."""
        self.average.update_parameters(self.model)

    def validation_step(self, batch: tuple[Batch, Batch], index: int) -> None:
        """Losses of the averaged weights on a held-out clip, and whether a held-out instruction is understood."""
        clip, wish = batch
        model = self.averaged
        losses = self.losses(clip, model)
        self.log_dict({f"valid/{name}": losses[name] for name in ("units", "moves")}, prog_bar=True, batch_size=1)
        where = wish.kinds == STYLE
        told = model.style_logits(model(wish.sequences)[where]).argmax(-1) == wish.targets[where]
        self.log("valid/header_accuracy", told.float().mean(), prog_bar=True, batch_size=1)

    def _forgetful(self, batch: Batch) -> Batch:
        """The batch with some of the past units replaced by the symbol for their beginning."""
        tokens = batch.sequences.tokens
        units = (batch.sequences.places >= 0) & (torch.rand(tokens.shape, device=tokens.device) < self.hparams["unit_dropout"])
        begin = self.model.vocabulary.ids["<units>"]
        return replace(batch, sequences=replace(batch.sequences, tokens=torch.where(units, begin, tokens)))

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the model's config with its weights, for the export."""
        checkpoint["talker_config"] = self.model.config.to_dict()

    def configure_optimizers(self) -> dict[str, Any]:
        """AdamW; no decay on norms and biases."""
        decayed = [value for value in self.model.parameters() if value.dim() > 1]
        others = [value for value in self.model.parameters() if value.dim() <= 1]
        groups = [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.AdamW(groups, lr=self.hparams["learning_rate"], betas=(0.9, 0.98))
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _rate(self, step: int) -> float:
        rise = min(1.0, (step + 1) / self.hparams["warm_up_steps"])
        progress = min(1.0, step / self.hparams["total_steps"])
        return rise * (0.05 + 0.475 * (1 + torch.cos(torch.tensor(torch.pi * progress)).item()))


class Lines(lightning.Callback):
    """A line of losses every so many steps: for logs and pipes, where a bar does not help."""

    def __init__(self, steps: int = 50) -> None:
        self.steps = steps

    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        """Print when it is time."""
        if trainer.global_step % self.steps == 0:
            self._print(trainer, "train/")

    def on_validation_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        """Print the figures of the held-out clips."""
        self._print(trainer, "valid/")

    def _print(self, trainer: lightning.Trainer, kind: str) -> None:
        if trainer.is_global_zero:
            values = {name: value for name, value in trainer.callback_metrics.items() if name.startswith(kind)}
            listed = " ".join(f"{name} {float(value):.3f}" for name, value in values.items())
            print(f"{time.strftime('%H:%M:%S')} step {trainer.global_step} {listed}", flush=True)


def _mean_loss(logits: Tensor, targets: Tensor, smoothing: float = 0.0) -> Tensor:
    if not len(targets):
        return logits.sum() * 0.0
    return F.cross_entropy(logits.float(), targets, label_smoothing=smoothing)


def fresh(model: dict[str, Any]) -> Talker:
    """A model with byte pairs learnt from generated instructions."""
    config = TalkerConfig.from_dict({"num_merges": 1200, **model})
    talker = Talker(config)
    talker.set_merges(instruction_merges(config.num_merges, talker.vocabulary.first_byte))
    return talker


def start_from(folder: str, model: dict[str, Any], *, new_codec: bool = False) -> Talker:
    """A trained model to go on from; `new_codec` begins its units anew.

    Raises:
        CheckpointError: the config asks for another model than the folder holds.
    """
    talker = Talker.load(folder).train()
    stored = talker.config.to_dict()
    if wrong := [name for name, value in model.items() if stored.get(name) != value]:
        raise CheckpointError(f"{folder} has another {', '.join(wrong)} than the config; leave them out.")
    if new_codec:
        talker.config = replace(talker.config, codec="")
        rows = slice(talker.first_unit, talker.first_unit + talker.config.num_units)
        torch.nn.init.normal_(talker.embedding.weight.data[rows], std=talker.config.width**-0.5)
    return talker


def read_talker(checkpoint: str | Path) -> Talker:
    """The averaged model of a checkpoint.

    Raises:
        CheckpointError: no such checkpoint, or not one of this recipe.
    """
    try:
        stored = torch.load(checkpoint, map_location="cpu", weights_only=True)
        config = TalkerConfig.from_dict(stored["talker_config"])
    except (OSError, KeyError) as error:
        raise CheckpointError(f"{checkpoint} is not a checkpoint of recipes.talker: {error}.") from error
    model, prefix = Talker(config), "average.module."
    load_tensors(model, {name[len(prefix) :]: v for name, v in stored["state_dict"].items() if name.startswith(prefix)})
    model.set_merges([(left, right) for left, right in model.merges.tolist()])
    return model.eval()


def export(checkpoint: Path, folder: Path, *, card: str = "", half: bool = True) -> None:
    """Write the averaged model as a model folder."""
    read_talker(checkpoint).save(folder, card=card, half=half)


def main(arguments: list[str] | None = None) -> None:
    """LightningCLI with our two classes fixed, and `export`."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] != ["export"]:
        LightningCLI(
            TalkerTraining, TalkerData, args=arguments, seed_everything_default=0, save_config_callback=None
        )
        return
    parser = argparse.ArgumentParser(prog="python -m recipes.talker export")
    parser.add_argument("checkpoint", type=Path, help=".ckpt of this recipe")
    parser.add_argument("-o", "--output", type=Path, required=True, help="model folder to write")
    parser.add_argument("--card", type=Path, help="Markdown file to keep as the model card")
    options = parser.parse_args(arguments[1:])
    card = options.card.read_text(encoding="utf-8") if options.card else ""
    export(options.checkpoint, options.output, card=card)


if __name__ == "__main__":
    main()
