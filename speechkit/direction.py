"""What a style asks of the decoder: from a setting of the bank, a style header and the caller's wishes to one set of controls."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from prototypes.bank import Setting
from prototypes.prosody import FACTORS
from speechkit.types import Style
from u2s import Controls
from u2s.prosody import LIMITS as CONTROL_LIMITS

AnyStyle = str | Style | Setting | Tensor | NDArray[np.float32]
"""Who speaks and how: a voice's name, a style of the bank, a setting made from it, or a style vector float32 [D]."""

PLAIN = Controls()
SHIFTS = ("pitch_semitones", "pitch_slope", "energy_db", "tilt_db", "breath_db", "effort_db")

SEMITONES = {"low": -3.0, "normal": 0.0, "high": 3.0}
DECIBELS = {"soft": -6.0, "normal": 0.0, "loud": 4.0}
"""What the decoder makes of a style header's pitch and energy."""
TEMPO = 0.9
"""Pace of `say` over the talker's own, which it has from brisk readers (180 English words a minute): recognisers mishear fewer."""


def controls_of(setting: Setting, controls: Controls = PLAIN) -> Controls:
    """What a setting asks of the decoder, and what the caller asks on top: shifts add up, factors multiply.

    Both are held within the limits of `Controls`; a level that the caller gives in Hz replaces the setting's.
    """
    prosody = setting.prosody

    def held(name: str, value: float) -> float:
        low, high = CONTROL_LIMITS[name]
        return min(max(value, low), high)

    level = controls.pitch_hz or setting.pitch_hz
    return replace(
        controls,
        pitch_hz=None if level is None else held("pitch_hz", level),
        **{name: held(name, getattr(controls, name) + getattr(prosody, name)) for name in SHIFTS},
        **{name: held(name, getattr(controls, name) * getattr(prosody, name)) for name in FACTORS},
    )
