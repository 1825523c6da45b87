"""What a stage of the decoder's training does, and the weights it starts from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from speechkit.checkpoint import read_model_folder
from speechkit.errors import CheckpointError, ConfigError
from u2s.discriminators import DiscriminatorConfig


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """What a stage does."""

    stage: int = 1
    """1 = autoencoding, 2 = with units, 3 = with discriminators."""
    learning_rate: float = 1e-3
    """Peak of AdamW's step size."""
    warmup_steps: int = 100
    """Steps over which the learning rate rises."""
    decay_steps: int = 0
    """Steps after which the learning rate has fallen to a tenth, exponentially; 0 = constant."""
    kl_weight: float = 0.05
    """Weight of the KL, a mean over channels."""
    prosody_weight: float = 0.5
    """Weight of the prosody losses."""
    prior_share: float = 0.5
    """Stage 2 and 3: share of a batch that the generator speaks from the prior instead of the posterior; 1 needs no posterior,
    so that an exported decoder, which has none, can be trained further."""
    prior_noise: float = 0.333
    """Spread of the prior's samples in that share."""
    adversarial_weight: float = 0.15
    """Stage 3: weight of the adversarial loss."""
    feature_weight: float = 0.3
    """Stage 3: weight of feature matching."""
    adversarial_units: int = 16
    """Stage 3: units of each crop that the discriminators see."""
    ema_decay: float = 0.999
    """Decay of the averaged weights, which are what is exported."""
    gradient_clip: float = 2.0
    """Largest gradient norm."""
    recognition_weight: float = 0.0
    """Stage 2 and 3: weight of the listener's cross-entropy, `recipes.u2s_listener`; needs `listener`."""
    conversion_share: float = 0.0
    """Stage 2 and 3: share of a batch that is spoken once more, in other voices and styles; see `recipes.u2s_conversion`."""
    likeness_weight: float = 0.5
    """Weight of the style that is heard in those, against `recognition_weight` for their units."""
    styles: tuple[str, ...] = ()
    """Style banks (folders), whose controls come along, and safetensors of voices: every second of those takes one."""
    frozen: tuple[str, ...] = ()
    """Parts of the decoder that stay as they are; with "style_encoder" voices and style banks stay valid."""
    discriminators: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)
    """Sizes of the discriminators."""

    def __post_init__(self) -> None:
        if self.stage not in (1, 2, 3):
            raise ConfigError(f"stage must be 1, 2 or 3, got {self.stage}.")
        if self.conversion_share and not self.recognition_weight:
            raise ConfigError("conversion_share needs a listener: set recognition_weight.")


def load_parts(module: nn.Module, source: str | Path) -> None:
    """Copy decoder, posterior and their averages (and discriminators, where both have them) out of a checkpoint or model folder.

    Raises:
        CheckpointError: the file is not there, or its weights do not fit the config.
    """
    state, own = stored_parts(Path(source)), module.state_dict()
    spare = ("discriminators.", *(("parts.posterior.", "average.posterior.") if Path(source).is_dir() else ()))
    kept = {name for name in own if name == "steps" or name.startswith(spare) and name not in state}
    fresh = {name: own[name] if name in kept else state[name] for name in own if name in kept or name in state}
    try:
        module.load_state_dict(fresh, strict=True)
    except RuntimeError as error:
        raise CheckpointError(f"{source} does not fit the config: {error}") from error


def stored_parts(source: Path) -> dict[str, Tensor]:
    """Weights under the names that they have in training: of a checkpoint, or of a decoder's model folder."""
    if source.is_dir():
        tensors = read_model_folder(source, kind="u2s").tensors
        return {f"{part}.decoder.{name}": tensor for part in ("parts", "average") for name, tensor in tensors.items()}
    try:
        return dict(torch.load(source, map_location="cpu", weights_only=True)["state_dict"])
    except (OSError, KeyError) as error:
        raise CheckpointError(f"{source} is not a checkpoint of this recipe: {error}.") from error
