"""Train the decoder, in stages: `python -m recipes.u2s fit --config recipes/configs/u2s_default_stage1.yaml`.

Stage 1 rebuilds recordings from the posterior's latent. Stage 2 adds units: prior, flow and prosody, with everything
trained jointly. Stage 3 adds small discriminators. Each stage starts from the last one's checkpoint (`init_from`).
"""

import copy
from typing import Any

import lightning
import torch
from lightning.pytorch.cli import LightningCLI
from torch import Tensor, nn

from recipes.u2s_conversion import conversion_losses, other_manners, read_manners
from recipes.u2s_crops import U2SData
from recipes.u2s_listener import Listener
from recipes.u2s_training import TrainingConfig, load_parts
from speechkit.errors import ConfigError
from u2s.config import U2SConfig
from u2s.discriminators import Discriminators
from u2s.generator import excite
from u2s.losses import (
    SpectralLoss,
    adversarial_loss,
    discriminator_loss,
    feature_loss,
    kl_to_prior,
    kl_to_standard,
    prosody_loss,
)
from u2s.model import U2S
from u2s.posterior import PosteriorEncoder

Batch = dict[str, Tensor]


class U2STraining(lightning.LightningModule):
    """Posterior, decoder and their averages; manual optimisation with its own step counter."""

    def __init__(
        self, model: U2SConfig, training: TrainingConfig, init_from: str | None = None, listener: str | None = None
    ) -> None:
        """Build.

        Args:
            model: the decoder's config.
            training: what the stage does.
            init_from: checkpoint of an earlier stage, or a model folder.
            listener: S2U model folder that hears whether the units arrive; needed by recognition_weight.
        Raises:
            ConfigError: a part to freeze does not exist, or a listener is needed and not given.
        """
        super().__init__()
        self.automatic_optimization = False
        self.training_config = training
        self.parts = nn.ModuleDict({"decoder": U2S(model), "posterior": PosteriorEncoder(model)})
        if training.stage > 1 and training.prior_share == 1.0:
            self.parts["posterior"].requires_grad_(False)
        for name in training.frozen:
            if not isinstance(part := getattr(self.decoder, name, None), nn.Module):
                raise ConfigError(f"frozen names no part of the decoder: {name!r}.")
            part.requires_grad_(False)
        if training.recognition_weight and listener is None:
            raise ConfigError("recognition_weight needs a listener: the folder of an S2U.")
        heard = bool(training.recognition_weight and listener)
        self._listener = [Listener(str(listener))] if heard else []  # in a list, so that it is no part of checkpoints
        self.manners = read_manners(training.styles)
        self.average = copy.deepcopy(self.parts).requires_grad_(False)
        self.discriminators = Discriminators(training.discriminators) if training.stage == 3 else None
        self.spectral = SpectralLoss(model.sample_rate)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        if init_from is not None:
            load_parts(self, init_from)

    @property
    def decoder(self) -> U2S:
        """The decoder in training."""
        return self.parts["decoder"]  # type: ignore[return-value]

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """AdamW for the generator side, and one for the discriminators in stage 3."""
        rate = self.training_config.learning_rate
        players = [self.parts] if self.discriminators is None else [self.parts, self.discriminators]
        return [
            torch.optim.AdamW(p.parameters(), rate, betas=(0.8, 0.99), weight_decay=0.01, fused=True) for p in players
        ]

    def training_step(self, batch: Batch, batch_index: int) -> None:
        """One step of the generator side, after one of the discriminators in stage 3."""
        optimizers = self.optimizers()
        optimizers = optimizers if isinstance(optimizers, list) else [optimizers]
        waveform, losses = self.losses(batch)
        if self.discriminators is not None:
            real, fake = self._excerpts(batch["waveform"], waveform)
            losses["discriminators"] = self._step_discriminators(optimizers[1], real, fake.detach())
            losses |= self._against(real, fake)
        self._step(optimizers[0], self.parts, self.total(losses))
        self._average()
        self.steps += 1
        self.log_dict({name: value.detach() for name, value in losses.items()}, prog_bar=False)

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        """Losses on clips that training never sees."""
        self.log_dict({f"validation/{name}": value for name, value in self.losses(batch)[1].items()})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the decoder's config with its weights, for the export."""
        checkpoint["u2s_config"] = self.decoder.config.to_dict()

    def losses(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Speak a batch; its waveform float32 [B, T] and the losses of the stage."""
        target, prosody = batch["waveform"], batch["prosody"]
        decoder, config = self.decoder, self.training_config
        style = decoder.style_encoder(batch["reference"])
        losses: dict[str, Tensor] = {}
        if config.stage == 1:
            posterior = self.parts["posterior"](target)
            latents = posterior.sample(torch.randn_like(posterior.mean))
            losses["kl"] = kl_to_standard(posterior)
        else:
            latents = self._learn_units(batch, style, losses)
        excitation = excite(prosody, torch.randn_like(target), decoder.config)
        waveform = decoder.generator(latents, prosody, style, excitation)
        with torch.autocast(target.device.type, enabled=False):
            share = self._spoken_share(len(target)) if config.stage > 1 else 0
            if share:
                losses["spectral_prior"] = self.spectral(waveform[:share], target[:share])
            if share < len(target):
                losses["spectral"] = self.spectral(waveform[share:], target[share:])
        if share and self._listener:
            losses["recognition"] = self._listener[0].to(target.device)(waveform[:share], batch["units"][:share])
        if config.stage > 1 and config.conversion_share:
            losses |= self._converted(batch["units"], style)
        return waveform, losses

    def _converted(self, units: Tensor, style: Tensor) -> dict[str, Tensor]:
        """Losses of a share of the units in other voices; in stage 2 and 3."""
        config = self.training_config
        wanted = max(1, round(len(units) * config.conversion_share))
        others = other_manners(style, self.manners, wanted)
        listener = self._listener[0].to(units.device)
        return conversion_losses(self.decoder, units[:wanted], others, config.prior_noise, listener)

    def _learn_units(self, batch: Batch, style: Tensor, losses: dict[str, Tensor]) -> Tensor:
        """Prosody and prior losses; returns the latents, the first share of the batch drawn from the prior."""
        decoder, config = self.decoder, self.training_config
        hidden = decoder.unit_encoder(batch["units"])
        if decoder.prosody is not None:
            losses["prosody"] = prosody_loss(decoder.prosody(hidden, style), batch["prosody"])
        condition = decoder.prior.condition(hidden, batch["prosody"], style)
        prior = decoder.prior(condition)
        share = self._spoken_share(len(style))
        drawn = prior.sample(config.prior_noise * torch.randn_like(prior.mean))[:share]
        spoken = decoder.flow.inverse(drawn, condition[:share]).float()
        if share == len(style):
            return spoken
        posterior = self.parts["posterior"](batch["waveform"])
        latents = posterior.sample(torch.randn_like(posterior.mean))
        losses["kl"] = kl_to_prior(posterior, decoder.flow(latents, condition), prior)
        return torch.cat([spoken, latents[share:]])

    def _spoken_share(self, batch_size: int) -> int:
        return round(batch_size * self.training_config.prior_share)

    def total(self, losses: dict[str, Tensor]) -> Tensor:
        """Weighted sum of what the generator side learns from."""
        config = self.training_config
        weights = {"kl": config.kl_weight, "prosody": config.prosody_weight, "discriminators": 0.0}
        weights |= {"adversarial": config.adversarial_weight, "features": config.feature_weight}
        weights |= {"recognition": config.recognition_weight, "heard_units": config.recognition_weight}
        weights["heard_style"] = config.likeness_weight
        return torch.stack([value * weights.get(name, 1.0) for name, value in losses.items()]).sum()

    def _excerpts(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        length = self.training_config.adversarial_units * self.decoder.config.samples_per_unit
        begin = int(torch.randint(max(real.shape[-1] - length, 0) + 1, ()))
        return real[:, begin : begin + length], fake[:, begin : begin + length]

    def _step_discriminators(self, optimizer: Any, real: Tensor, fake: Tensor) -> Tensor:
        loss = discriminator_loss(self.discriminators(real).scores, self.discriminators(fake).scores)  # type: ignore[misc]
        self._step(optimizer, self.discriminators, loss)  # type: ignore[arg-type]
        return loss.detach()

    def _against(self, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        self.discriminators.requires_grad_(False)  # type: ignore[union-attr]
        with torch.no_grad():
            judged = self.discriminators(real)  # type: ignore[misc]
        judgement = self.discriminators(fake)  # type: ignore[misc]
        self.discriminators.requires_grad_(True)  # type: ignore[union-attr]
        features = feature_loss(judged.features, judgement.features)
        return {"adversarial": adversarial_loss(judgement.scores), "features": features}

    def _step(self, optimizer: Any, player: nn.Module, loss: Tensor) -> None:
        for group in optimizer.param_groups:
            group["lr"] = self.learning_rate(int(self.steps))
        optimizer.zero_grad()
        self.manual_backward(loss)
        nn.utils.clip_grad_norm_(player.parameters(), self.training_config.gradient_clip)
        optimizer.step()

    def learning_rate(self, step: int) -> float:
        """Linear warm-up, then constant or exponential decay to a tenth over `decay_steps`."""
        config = self.training_config
        decay = 0.1 ** (step / config.decay_steps) if config.decay_steps else 1.0
        return config.learning_rate * min(1.0, (step + 1) / max(config.warmup_steps, 1)) * decay

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.training_config.ema_decay, (1 + int(self.steps)) / (10 + int(self.steps)))
        torch._foreach_lerp_(list(self.average.parameters()), list(self.parts.parameters()), 1 - decay)


def main(arguments: list[str] | None = None) -> None:
    """Lightning's command line: fit, validate, with `--config`."""
    LightningCLI(U2STraining, U2SData, args=arguments, save_config_callback=None, seed_everything_default=0)


if __name__ == "__main__":
    main()
