"""Train an S2U: python -m recipes.s2u fit --config recipes/configs/s2u_default.yaml"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.cli import LightningCLI
from torch import Tensor

from recipes.s2u_loading import Batch, S2UDataModule
from recipes.warm_start import freeze, load_fitting, start_config, whisper_state
from s2u import S2U, S2UConfig
from s2u.fsq import number
from s2u.losses import ctc_loss, frame_loss, level_loss, unit_mask
from s2u.phone_decoder import greedy_phones
from speechkit.metrics.edit_distance import edit_distance


class S2UTraining(lightning.LightningModule):
    """The codebook's codes as targets of every unit, CTC and aligned phones behind them, and perturbed views."""

    def __init__(
        self,
        model: Mapping[str, Any] | None = None,
        warm_start: str | None = None,
        start: str | None = None,
        frozen_layers: int = 0,
        learning_rate: float = 5e-5,
        head_learning_rate: float = 5e-4,
        warm_up_steps: int = 60,
        total_steps: int = 2000,
        code_weight: float = 1.0,
        guide_weight: float = 0.5,
        frame_weight: float = 0.5,
        ctc_weight: float = 0.5,
    ) -> None:
        """
        Args:
            model: fields of `S2UConfig` that differ from the default.
            warm_start: folder of a transformers WhisperEncoder whose layers the encoder begins with; none: random.
            start: weights that are taken where they fit: a checkpoint (an earlier run, or what `recipes.warm_up` wrote) or a
                model folder, whose config counts where `model` says nothing.
            frozen_layers: transformer layers of the first stage that stay as they are, with the convolutions before them.
            learning_rate: of the encoder; head_learning_rate: of everything else.
            warm_up_steps: linear; total_steps: the cosine ends there at a twentieth.
            code_weight: of the codebook's codes; guide_weight, frame_weight: of aligned phones before the bottleneck
                and behind it; ctc_weight: of CTC behind it.
        """
        super().__init__()
        model = {**start_config(Path(start) if start else None), **(model or {})}
        self.save_hyperparameters()
        self.model = S2U(S2UConfig.from_dict(dict(model)))
        self.guide_head = torch.nn.Linear(self.model.config.stages[-1].width, self.model.config.num_phones + 1)
        if warm_start:
            self.model.encoder.load_state_dict(whisper_state(self.model.encoder, Path(warm_start)))
        if start:
            load_fitting(self, Path(start))
        freeze(self.model.encoder, frozen_layers)

    def training_step(self, batch: Batch, index: int) -> Tensor:
        """One step; logs every part of the loss."""
        parts = self.losses(batch)
        self.log_dict({f"train/{name}": part.detach() for name, part in parts.items()}, prog_bar=True)
        return torch.stack([self.hparams[f"{name}_weight"] * part for name, part in parts.items()]).sum()

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """The codebook's codes, aligned phones before and behind the bottleneck, CTC."""
        hidden = self.model.encoder.hidden(batch.mel, batch.lengths)
        valid = unit_mask(batch.lengths, self.model.config.frames_per_unit, hidden.shape[1])
        scores = self.model.encoder.project.scores(hidden, valid)
        quantized = self.model.quantizer(self.model.encoder.project.latents(scores))
        logits = self.model.phone_decoder(quantized.codes, valid)
        return {
            "code": code_loss(self.model, scores, batch.levels, valid),
            "guide": frame_loss(self.guide_head(hidden), batch.labels),
            "frame": frame_loss(logits, batch.labels),
            "ctc": ctc_loss(logits, valid.sum(1), batch.phones, batch.phone_lengths),
        }

    def validation_step(self, clip: dict[str, Any], index: int) -> None:
        """Phone error rate and codebook counts of one clean clip."""
        mel = clip["mel"][None]
        quantized = self.model(mel, torch.tensor([mel.shape[1]], device=mel.device))
        heard = greedy_phones(self.model.phone_decoder, quantized.codes)[0]
        language = "en" if clip["labels"][0] < 69 else "zh"
        self.tally[language][0] += edit_distance(clip["labels"], heard)
        self.tally[language][1] += len(clip["labels"])
        self.counts += torch.bincount(quantized.units.flatten().cpu(), minlength=len(self.counts))

    def on_validation_epoch_start(self) -> None:
        """Fresh counts."""
        self.tally = {"en": [0, 0], "zh": [0, 0]}
        self.counts = torch.zeros(self.model.config.num_units, dtype=torch.int64)

    def on_validation_epoch_end(self) -> None:
        """Log phone error rate a language and codebook perplexity."""
        for language, (errors, total) in self.tally.items():
            if total:
                self.log(f"valid/per_{language}", errors / total, prog_bar=True)
        share = self.counts[self.counts > 0] / self.counts.sum()
        self.log("valid/perplexity", (-(share * share.log()).sum()).exp(), prog_bar=True)
        self.log("valid/per", sum(errors for errors, _ in self.tally.values()) / sum(n for _, n in self.tally.values()))

    def configure_optimizers(self) -> dict[str, Any]:
        """AdamW with two groups, warm-up and cosine."""
        stages = list(self.model.encoder.stages.parameters())
        known = {id(parameter) for parameter in stages}
        heads = [parameter for parameter in self.parameters() if id(parameter) not in known]
        stages = [parameter for parameter in stages if parameter.requires_grad]
        groups = [{"params": stages, "lr": self.hparams["learning_rate"]},
                  {"params": heads, "lr": self.hparams["head_learning_rate"]}]  # fmt: skip
        optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._rate)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _rate(self, step: int) -> float:
        rise = min(1.0, (step + 1) / self.hparams["warm_up_steps"])
        progress = min(1.0, step / self.hparams["total_steps"])
        return rise * (0.05 + 0.95 * 0.5 * (1 + torch.cos(torch.tensor(torch.pi * progress)).item()))


def code_loss(model: S2U, scores: Tensor, levels: Tensor, valid: Tensor) -> Tensor:
    """Cross-entropy of a posterior projection's scores, distance from the wanted levels of a straight one."""
    if not model.encoder.project.posterior:
        return level_loss(scores, levels, model.config.levels, valid)
    return frame_loss(scores, number(levels, model.config.levels).masked_fill(~valid, -1))


def main() -> None:
    """LightningCLI with our two classes fixed."""
    LightningCLI(S2UTraining, S2UDataModule, seed_everything_default=0, save_config_kwargs={"overwrite": True})


if __name__ == "__main__":
    main()
