"""What a search may change of an emotion, how far, and on which side of neutral: the literature's word, before any scorer's."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from prototypes.bank import Prototype, Setting
from prototypes.prosody import FACTORS
from prototypes.sphere import along

STEPS: Mapping[str, float] = {
    "pitch_semitones": 1.0,
    "pitch_range": 0.15,
    "pitch_slope": 0.6,
    "speed": 0.05,
    "tilt_db": 0.8,
    "breath_db": 3.0,
    "energy_range": 0.12,
    "effort_db": 1.5,
    "reach": 0.25,
}
"""A knob's unit: shifts as they are, factors as natural logarithms. `reach` is the share of the way from neutral's vector."""
LOGARITHMIC = FACTORS & set(STEPS)

ALLOWED: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "happy": {
        "pitch_semitones": (1.5, 6),
        "pitch_slope": (0, 1.5),
        "speed": (1.03, 1.18),
        "breath_db": (-4, 4),
        "energy_range": (1, 1.6),
        "effort_db": (0, 9),
    },
    "sad": {
        "pitch_semitones": (-3, -0.6),
        "pitch_slope": (-1, 0.5),
        "speed": (0.78, 0.9),
        "breath_db": (0, 12),
        "energy_range": (0.6, 1),
        "effort_db": (-9, 0),
    },
    "angry": {
        "pitch_semitones": (0.5, 5),
        "pitch_slope": (-1.5, 0.5),
        "speed": (1.04, 1.2),
        "breath_db": (-6, 4),
        "energy_range": (1, 1.8),
        "effort_db": (0, 8),
    },
}
"""Bounds of what is asked for, relative to neutral.

Sides: Juslin and Laukka 2003, table 7 (level, pace, variability of pitch and of intensity, energy in high frequencies), and
Banse and Scherer 1996, table 6 (share of energy under 1 kHz: less in elation and hot anger, more in sadness). Sizes: no wider
than acted speech and synthesis studies go (Murray and Arnott 1993; Burkhardt and Sendlmeier 2000)."""
ALWAYS: Mapping[str, tuple[float, float]] = {"pitch_range": (0.3, 2.0), "tilt_db": (-5, 4), "reach": (0.0, 1.2)}
"""Bounds of knobs of which not the setting counts but what comes out. Vectors far beyond their clips' (a reach of 1.8) made
voices whose pitches lost their order, and melodies spread further than twice left the tracker's range below."""

DELIVERED: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "happy": {"range": (1.25, 1.9), "tilt": (-0.5, 3.0)},
    "sad": {"range": (0.35, 0.8), "tilt": (-5.0, -0.8)},
    "angry": {"range": (1.15, 1.8), "tilt": (0.7, 5.0)},
}
"""Bounds of what comes out, relative to neutral: range as a factor, tilt in dB an octave. Same sources."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cell:
    """The prototypes of one emotion and everything else but pitch, and the neutral ones beside them, in the same order."""

    emotion: str
    items: Sequence[Prototype]
    neutral: Sequence[Prototype]

    def start(self) -> torch.Tensor:
        """Where the bank is now, mean over pitches, held inside the bounds; float64 [knobs]."""
        rows = [self._now(item, plain) for item, plain in zip(self.items, self.neutral, strict=True)]
        low, high = self.bounds()
        return torch.tensor(rows, dtype=torch.float64).mean(0).clamp(low, high)

    def bounds(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Lowest and highest value of every knob, float64 [knobs] each."""
        limits = [{**ALWAYS, **ALLOWED[self.emotion]}[name] for name in STEPS]
        edges = [
            [math.log(edge) if name in LOGARITHMIC else edge for edge in pair]
            for name, pair in zip(STEPS, limits, strict=True)
        ]
        return torch.tensor(edges, dtype=torch.float64).unbind(1)  # type: ignore[return-value]

    def settings(self, knobs: torch.Tensor) -> list[Setting]:
        """Every pitch at these knobs; the gain stays the bank's."""
        return [self._at(knobs, item, plain) for item, plain in zip(self.items, self.neutral, strict=True)]

    def _now(self, item: Prototype, plain: Prototype) -> list[float]:
        level = 12 * math.log2((item.pitch_hz or 1.0) / (plain.pitch_hz or 1.0))
        found = {"pitch_semitones": level, "reach": 1.0}
        values = [found.get(name, getattr(item.prosody, name, 0.0)) for name in STEPS]
        return [math.log(v) if name in LOGARITHMIC else v for name, v in zip(STEPS, values, strict=True)]

    def _at(self, knobs: torch.Tensor, item: Prototype, plain: Prototype) -> Setting:
        values = dict(zip(STEPS, knobs.tolist(), strict=True))
        reach, level = values.pop("reach"), values.pop("pitch_semitones")
        told = {n: round(math.exp(v) if n in LOGARITHMIC else v, 4) for n, v in values.items()}
        return Setting(
            style=along(plain.style, item.style, reach),
            prosody=replace(item.prosody, **told),
            pitch_hz=None if plain.pitch_hz is None else plain.pitch_hz * 2 ** (level / 12),
        )
