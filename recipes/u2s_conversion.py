"""What the decoder learns without a recording: one clip's units in the voice and style of another.

A decoder that only ever hears units of a speaker in that speaker's own voice is never asked for what it is used for: English
units in a Mandarin voice, calm units in an angry style, higher and livelier than the voice ever was. Here nobody knows how it
should sound, but two listeners know what must be in it: a frozen S2U hears the units, and the frozen style encoder hears the
style.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from prototypes.store import load_bank
from speechkit.direction import PLAIN, controls_of
from speechkit.errors import CheckpointError
from u2s.generator import breathe, excite
from u2s.model import U2S
from u2s.prosody import Controls
from u2s.tilt import tilt

MOST_SEMITONES = 3.0
"""How far a clip in the voice of another is moved up or down, at most."""


@dataclass(frozen=True)
class Manner:
    """Who speaks, and how: a style vector float [D] and what a bank asks of the decoder beside it."""

    style: Tensor
    controls: Controls = PLAIN


def read_manners(sources: tuple[str, ...]) -> tuple[Manner, ...]:
    """Every style of banks and voices; tempo and loudness are left out, since they move no sound.

    Args:
        sources: folders of style banks, whose controls come along, and safetensors of style vectors, one or many a tensor,
            such as `u2s/voices.safetensors`.
    Raises:
        CheckpointError: one is missing or damaged, or the vectors are of other sizes.
    """
    found = [manner for source in sources for manner in (_of_bank if Path(source).is_dir() else _of_file)(Path(source))]
    if len({manner.style.shape for manner in found}) > 1:
        raise CheckpointError(f"the style vectors of {', '.join(sources)} are of different sizes.")
    return tuple(found)


def _of_bank(folder: Path) -> list[Manner]:
    return [Manner(item.style.float(), replace(controls_of(item), speed=1.0, energy_db=0.0)) for item in load_bank(folder)]


def _of_file(file: Path) -> list[Manner]:
    try:
        return [Manner(row.float()) for tensor in load_file(file).values() for row in torch.atleast_2d(tensor)]
    except (OSError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"no style vectors in {file}: {error}") from error


def other_manners(style: Tensor, known: Sequence[Manner], wanted: int) -> list[Manner]:
    """Manners for the first `wanted` clips of a batch: of a neighbour in the batch, up or down by up to three semitones;
    every second one of those that are known.

    Args:
        style: float [B, D] of the batch, B > 1.
    Returns:
        `wanted` of them, without gradients.
    """
    others = []
    for place, neighbour in enumerate(style.detach().roll(1, 0)[:wanted]):
        if known and place % 2 == 0:
            others.append(known[int(torch.randint(len(known), ()))])
        else:
            semitones = float(torch.empty(()).uniform_(-MOST_SEMITONES, MOST_SEMITONES))
            others.append(Manner(neighbour, Controls(pitch_semitones=semitones)))
    return others


def convert(decoder: U2S, units: Tensor, manners: Sequence[Manner], spread: float) -> Tensor:
    """Speak as `U2S.decode` does, with the predicted prosody, but with gradients.

    The prosody itself gets none: it is to stay what speakers do, not what listeners find easiest.

    Args:
        units: int64 [B, N].
        manners: B of them.
        spread: of the latent around the prior's mean.
    Returns:
        float32 [B, N * samples_per_unit].
    """
    style = torch.stack([manner.style.to(units.device) for manner in manners])
    hidden = decoder.unit_encoder(units)
    with torch.no_grad():
        rows = [decoder.prosody(hidden[i : i + 1], style[i : i + 1]).track(m.controls) for i, m in enumerate(manners)]  # type: ignore[misc]
    prosody = torch.cat(rows)
    condition = decoder.prior.condition(hidden, prosody, style)
    prior = decoder.prior(condition)
    latents = decoder.flow.inverse(prior.sample(spread * torch.randn_like(prior.mean)), condition).float()
    noise = torch.randn(len(units), units.shape[1] * decoder.config.samples_per_unit, device=units.device)
    waveform = decoder.generator(latents, prosody, style, excite(prosody, _breathed(noise, prosody, manners), decoder.config))
    return _coloured(waveform.float(), manners, decoder.config.sample_rate)


def _breathed(noise: Tensor, prosody: Tensor, manners: Sequence[Manner]) -> Tensor:
    rows = [breathe(noise[i : i + 1], prosody[i : i + 1, :, 1], m.controls.breath_db) for i, m in enumerate(manners)]
    return torch.cat(rows)


def _coloured(waveform: Tensor, manners: Sequence[Manner], sample_rate: int) -> Tensor:
    rows = [tilt(waveform[i : i + 1], m.controls.tilt_db, sample_rate, m.controls.effort_db) for i, m in enumerate(manners)]
    return torch.cat(rows)


def conversion_losses(
    decoder: U2S, units: Tensor, manners: Sequence[Manner], spread: float, listen: Callable[[Tensor, Tensor], Tensor]
) -> dict[str, Tensor]:
    """How far the units and the style are from being heard: `heard_units` in nats a unit, `heard_style` as 1 - cosine.

    Args:
        listen: waveform float32 [B, T] and units int64 [B, N] to their cross-entropy, as `recipes.u2s_listener.Listener`.
    """
    waveform = convert(decoder, units, manners, spread)
    heard = decoder.style_encoder(waveform).float()
    wanted = torch.stack([manner.style for manner in manners]).to(heard)
    likeness = torch.nn.functional.cosine_similarity(heard, wanted)
    return {"heard_units": listen(waveform, units), "heard_style": (1.0 - likeness).mean()}
