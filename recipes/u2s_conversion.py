"""What the decoder learns without a recording: one clip's units in the voice and style of another.

A decoder that only ever hears units of a speaker in that speaker's own voice is never asked for what it is used for: English
units in a Mandarin voice, calm units in an angry style. Here nobody knows how it should sound, but two listeners know what
must be in it: a frozen S2U hears the units, and the frozen style encoder hears the style.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from speechkit.errors import CheckpointError
from u2s.generator import excite
from u2s.model import U2S
from u2s.prosody import Controls


def read_styles(files: tuple[str, ...]) -> Tensor:
    """Every style vector of banks and voices: float32 [S, style_dim], [0, 0] of no files.

    Args:
        files: safetensors of style vectors, one or many a tensor, such as `prototypes/model.safetensors`, `u2s/voices.safetensors`.
    Raises:
        CheckpointError: a file is missing or damaged, or its vectors are of other sizes.
    """
    try:
        rows = [row for file in files for tensor in load_file(Path(file)).values() for row in torch.atleast_2d(tensor)]
        return torch.stack(rows).float() if rows else torch.zeros(0, 0)
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"no style vectors in {', '.join(files)}: {error}") from error


def other_styles(style: Tensor, known: Tensor, wanted: int) -> Tensor:
    """Styles for the first `wanted` clips of a batch: of a neighbour in the batch, every second one of the known styles.

    Args:
        style: float [B, D] of the batch, B > 1.
        known: float [S, D] of banks and voices, or [0, 0].
    Returns:
        float [wanted, D], without a gradient.
    """
    chosen = style.detach().roll(1, 0)[:wanted].clone()
    if len(known):
        places = torch.randint(len(known), (len(chosen[::2]),))
        chosen[::2] = known[places].to(chosen)
    return chosen


def convert(decoder: U2S, units: Tensor, style: Tensor, spread: float) -> Tensor:
    """Speak as `U2S.decode` does, with the predicted prosody, but with gradients.

    The prosody itself gets none: it is to stay what speakers do, not what listeners find easiest.

    Args:
        units: int64 [B, N].
        style: float [B, D].
        spread: of the latent around the prior's mean.
    Returns:
        float32 [B, N * samples_per_unit].
    """
    hidden = decoder.unit_encoder(units)
    with torch.no_grad():
        prosody = decoder.prosody(hidden, style).track(Controls())  # type: ignore[misc]
    condition = decoder.prior.condition(hidden, prosody, style)
    prior = decoder.prior(condition)
    latents = decoder.flow.inverse(prior.sample(spread * torch.randn_like(prior.mean)), condition).float()
    noise = torch.randn(len(units), units.shape[1] * decoder.config.samples_per_unit, device=units.device)
    waveform: Tensor = decoder.generator(latents, prosody, style, excite(prosody, noise, decoder.config))
    return waveform.float()


def conversion_losses(
    decoder: U2S, units: Tensor, style: Tensor, spread: float, listen: Callable[[Tensor, Tensor], Tensor]
) -> dict[str, Tensor]:
    """How far the units and the style are from being heard: `heard_units` in nats a unit, `heard_style` as 1 - cosine.

    Args:
        listen: waveform float32 [B, T] and units int64 [B, N] to their cross-entropy, as `recipes.u2s_listener.Listener`.
    """
    waveform = convert(decoder, units, style, spread)
    heard = decoder.style_encoder(waveform)
    likeness = torch.nn.functional.cosine_similarity(heard.float(), style.float())
    return {"heard_units": listen(waveform, units), "heard_style": (1.0 - likeness).mean()}
