"""Faster and slower: latents and prosody are stretched in time between the flow and the generator, so that no sound is skipped.

Dropping every eighth unit to speak 1.14 times as fast drops whole consonants; here every sound is shortened alike. The pitch
stays, since the excitation follows the stretched melody. What is spoken when is a rule of the position alone, the same however the
units arrive.
"""

from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from u2s.prior import STEPS_PER_UNIT
from u2s.prosody import FRAMES_PER_UNIT

FRAMES_PER_STEP = FRAMES_PER_UNIT // STEPS_PER_UNIT
VOICING = 1
"""Channel of a prosody track that is 0 or 1 and stays so."""


@dataclass(frozen=True)
class Pace:
    """A speed as a fraction with a denominator of at most 1000.

    >>> Pace.of(1.25).spoken_before(10)
    8
    """

    ratio: Fraction

    @classmethod
    def of(cls, speed: float) -> "Pace":
        """The nearest fraction to `speed`, steps of latent that pass for one that is spoken."""
        return cls(Fraction(speed).limit_denominator(1000))

    def spoken_before(self, step: int) -> int:
        """How many steps are spoken before latent step `step` has its turn: ceil(step / speed)."""
        return -(-step * self.ratio.denominator // self.ratio.numerator)

    def stretch(self, latents: Tensor, prosody: Tensor, first: int) -> tuple[Tensor, Tensor]:
        """What is spoken of a window.

        Args:
            latents: float [B, S, Z], 50 a second.
            prosody: float32 [B, 2S, 3].
            first: the window's first step in the utterance.
        Returns:
            latents [B, R, Z] and prosody [B, 2R, 3], R = spoken_before(first + S) - spoken_before(first).
        """
        if self.ratio == 1:
            return latents, prosody
        begin, end = self.spoken_before(first), self.spoken_before(first + latents.shape[1])
        track = self._read(prosody, first, begin, end, FRAMES_PER_STEP)
        track[..., VOICING] = (track[..., VOICING] > 0.5).float()
        return self._read(latents, first, begin, end, 1), track

    def _read(self, values: Tensor, first: int, begin: int, end: int, per_step: int) -> Tensor:
        """Values [B, L, C] at the middles of what is spoken from step `begin` to `end`, linear in between; the ends go on."""
        last, unit = values.shape[1] - 1, 2 * self.ratio.denominator
        twice = torch.arange(begin * per_step, end * per_step, device=values.device) * 2 + 1
        places = twice * self.ratio.numerator - self.ratio.denominator - first * per_step * unit  # in 1 / unit of a value
        places = places.clamp(0, last * unit)
        left = places // unit
        share = ((places - left * unit).double() / unit).to(values.dtype)[:, None].expand(-1, values.shape[2])
        return torch.lerp(values[:, left], values[:, (left + 1).clamp(max=last)], share)
