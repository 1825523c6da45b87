"""Make a talker of any causal language model: python -m recipes.talker_llm fit --config recipes/configs/talker_llm.yaml

    python -m recipes.talker_llm export runs/talker_llm/last.ckpt --shards shards/corpus -o my_talker

The toolkit's symbols are appended to the model's vocabulary in order; the model is trained whole, or through LoRA adapters
with the new rows of its embedding (peft).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.cli import LightningCLI
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from recipes.talker_batches import DataConfig, Shards, TalkerData
from recipes.talker_examples import NOTHING, STYLE, TEXT, UNIT, Batch, Example
from recipes.u2s_callbacks import Snapshot as Snapshot  # for configs
from speechkit.errors import DependencyError
from speechkit.talker.header import header_of
from speechkit.talker.language_model import LanguageModelBackbone
from speechkit.talker.sequence import after_header, before_header, header_symbols, whole
from speechkit.text import MARKS
from speechkit.thinker.text_transformers import load_text_model


class TokenWriter:
    """Rows to sequences of a language model's tokens; see `recipes.talker_examples.Writer`."""

    def __init__(self, backbone: LanguageModelBackbone) -> None:
        self.backbone, self.ids = backbone, backbone.ids

    def instructed(self, instruction: str, style: Mapping[str, str]) -> Example:
        """An instruction and its header, without speech."""
        head = before_header(self.backbone.instruction_ids(instruction), self.ids)
        header = [self.ids[symbol] for symbol in header_symbols(header_of(style))]
        return self._example([*head, *header], [NOTHING] * len(head) + [STYLE] * len(header))

    def spoken(
        self, row: Mapping[str, Any], units: NDArray[np.int16], places: NDArray[np.int16], style: Mapping[str, str],
        instruction: str,
    ) -> Example:  # fmt: skip
        """A clip; the end of its units is a target as well."""
        backbone, header = self.backbone, header_of(style)
        words, text = backbone.instruction_ids(instruction), backbone.text_ids(row["text"], row["language"])
        tokens = whole(words, header, text, units.tolist(), self.ids)
        head, middle = len(before_header(words, self.ids)), len(after_header(text, self.ids))
        style_kind = STYLE if instruction else NOTHING
        kinds = [NOTHING] * head + [style_kind] * len(header.items()) + [TEXT] * middle
        return self._example(tokens, [*kinds, *[UNIT] * (len(tokens) - len(kinds))])

    def _example(self, tokens: list[int], kinds: list[int]) -> Example:
        array, blank = np.array(tokens), np.full(len(tokens), -1)
        return Example(
            tokens=array, places=blank, held=0 * blank, targets=np.append(array[1:], 0), kinds=np.array([*kinds[1:], NOTHING]),
            moves=blank, text=array[:0],
        )  # fmt: skip


class LanguageModelTraining(lightning.LightningModule):
    """Next token of header, text and units, weighted."""

    def __init__(
        self,
        backbone: str,
        lora_rank: int = 0,
        unit_weight: float = 1.0,
        header_weight: float = 1.0,
        text_weight: float = 0.0,
        learning_rate: float = 2e-4,
        warm_up_steps: int = 100,
        gradient_checkpointing: bool = False,
    ) -> None:
        """
        Args:
            backbone: a local folder, a .gguf file, a hub id, or "smol"; see `speechkit.thinker`.
            lora_rank: of adapters in every linear layer; 0 trains the whole model.
            unit_weight, header_weight, text_weight: of the losses.
            learning_rate: of AdamW; rises over `warm_up_steps`.
            gradient_checkpointing: less memory, a third more time.
        """
        super().__init__()
        self.save_hyperparameters()
        loaded = load_text_model(backbone)
        self.backbone = LanguageModelBackbone(loaded.model.train(), loaded.tokenizer)
        if gradient_checkpointing:
            self.backbone.model.gradient_checkpointing_enable()
        if lora_rank:
            self.backbone.model = with_adapters(self.backbone, lora_rank)
        self.model = self.backbone.model

    def writer(self) -> TokenWriter:
        """Writes sequences for this model."""
        return TokenWriter(self.backbone)

    def on_fit_start(self) -> None:
        """Note whose units these are."""
        self.backbone.codec = self.trainer.datamodule.codec()  # type: ignore[attr-defined]

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the codec with the weights, for the export."""
        checkpoint["codec"] = self.backbone.codec

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take it up again."""
        self.backbone.codec = checkpoint["codec"]

    def training_step(self, batch: tuple[Batch, Batch], index: int) -> Tensor:
        """One step on clips and on instructions alone."""
        spoken, wished = (self.losses(part) for part in batch)
        self.log_dict({f"train/{name}": value.detach() for name, value in spoken.items()}, prog_bar=True)
        header = spoken["header"] + wished["header"]
        weights = self.hparams
        read = weights["text_weight"] * spoken["text"]
        return weights["unit_weight"] * spoken["units"] + weights["header_weight"] * header + read

    def validation_step(self, batch: tuple[Batch, Batch], index: int) -> None:
        """Loss of the units of a held-out clip, the end included."""
        self.log("valid/units", self.losses(batch[0])["units"], prog_bar=True, batch_size=1)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Mean cross-entropy in nats a token, by kind; 0 for kinds that the batch has not."""
        logits = self.model(input_ids=batch.sequences.tokens).logits
        found = {}
        for name, kind in (("units", UNIT), ("header", STYLE), ("text", TEXT)):
            where = batch.kinds == kind
            empty = logits.sum() * 0.0
            found[name] = F.cross_entropy(logits[where].float(), batch.targets[where]) if where.any() else empty
        return found

    def configure_optimizers(self) -> dict[str, Any]:
        """AdamW on what is trained."""
        trained = [value for value in self.parameters() if value.requires_grad]
        optimizer = torch.optim.AdamW(trained, lr=self.hparams["learning_rate"], betas=(0.9, 0.98), weight_decay=0.01)
        rise = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / self.hparams["warm_up_steps"]))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": rise, "interval": "step"}}


def with_adapters(backbone: LanguageModelBackbone, rank: int) -> Any:
    """The model with LoRA in every linear layer, and the rows of the added symbols trained in full.

    Raises:
        DependencyError: peft is not installed.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise DependencyError("LoRA needs peft: pip install peft, or set lora_rank to 0.") from error
    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM",
        trainable_token_indices=sorted(backbone.ids.values()),
    )  # fmt: skip
    return get_peft_model(backbone.model, config)


def silent_units(shards: Shards, share: float = 0.8) -> list[int]:
    """Units that stand for a pause at least so often."""
    said, silent = np.zeros(1 << 15, np.int64), np.zeros(1 << 15, np.int64)
    for row in shards.rows:
        units, places = shards.arrays(row)
        pauses = np.array([symbol in MARKS or symbol.startswith("<|") for symbol in row["symbols"]])[places]
        np.add.at(said, units, 1)
        np.add.at(silent, units[pauses], 1)
    return np.flatnonzero((said > 0) & (silent >= share * said)).tolist()


def export(checkpoint: Path, folder: Path, shards: list[str]) -> None:
    """Write the trained model as a talker folder, adapters merged."""
    trained = LanguageModelTraining.load_from_checkpoint(checkpoint, map_location="cpu", weights_only=True)
    trained.backbone.silent_units = frozenset(silent_units(Shards(shards, DataConfig()))) if shards else frozenset()
    trained.backbone.model.eval()
    trained.backbone.save(folder)


def main(arguments: list[str] | None = None) -> None:
    """LightningCLI with our two classes fixed, and `export`."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] != ["export"]:
        LightningCLI(LanguageModelTraining, TalkerData, args=arguments, seed_everything_default=0, save_config_callback=None)
        return
    parser = argparse.ArgumentParser(prog="python -m recipes.talker_llm export")
    parser.add_argument("checkpoint", type=Path, help=".ckpt of this recipe")
    parser.add_argument("--shards", nargs="*", default=[], help="that it was trained on: tells which units are silence")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write")
    options = parser.parse_args(arguments[1:])
    export(options.checkpoint, options.output, options.shards)


if __name__ == "__main__":
    main()
