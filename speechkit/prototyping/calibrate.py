"""What a style's vector does not do of what is wanted, or does too much of, becomes its explicit prosody.

A vector alone moves pitch, range, level and brightness by whatever the decoder has learned. The bank asks for the figures
of `prototypes.targets`: they are compared with what comes out, and the differences are made up.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from prototypes.bank import EMOTION, NEUTRAL, Prototype, StyleBank
from prototypes.prosody import LIMITS, StyleProsody
from prototypes.targets import EMOTION_PROSODY, PITCH_PROSODY
from speechkit.direction import controls_of
from speechkit.errors import StyleError
from speechkit.metrics.delivery import Delivery, delivery
from speechkit.pitch import RATE, f0_of
from speechkit.types import Units
from speechkit.waveform import resample
from u2s import U2S, Controls


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Medians over the utterances of one style: log2 Hz, semitones, dB, dB an octave."""

    octave: float
    range_semitones: float
    level_db: float
    tilt_db: float


def spoken(decoder: U2S, units: Sequence[Units], vector: torch.Tensor, controls: Controls) -> Measured:
    """Speak utterances and measure them; utterances without pitch do not count.

    Raises:
        StyleError: none of them has a pitch.
    """
    found = [
        measure(decoder.decode_whole(item.ids, vector, controls=controls).numpy(), decoder.sample_rate)
        for item in units
    ]
    pitched = [item for item in found if item.pitch_hz is not None and item.range_semitones is not None]
    if not pitched:
        raise StyleError("none of the utterances to calibrate with comes out voiced; give longer ones.")
    middle = lambda values: float(np.median(list(values)))  # noqa: E731 - one line, four uses
    return Measured(
        octave=middle(math.log2(item.pitch_hz) for item in pitched if item.pitch_hz),
        range_semitones=middle(item.range_semitones for item in pitched if item.range_semitones is not None),
        level_db=middle(item.level_db for item in pitched),
        tilt_db=middle(item.tilt_db for item in pitched),
    )


def measure(samples: NDArray[np.float32], sample_rate: int) -> Delivery:
    """`delivery` of a clip, with our own F0."""
    return delivery(samples, sample_rate, f0_of(resample(samples, sample_rate, RATE), RATE))


def calibrate(
    bank: StyleBank, decoder: U2S, units: Sequence[Units], progress: Callable[[], None] = lambda: None, rounds: int = 2
) -> StyleBank:
    """Give every style the explicit prosody with which the decoder meets `prototypes.targets` on these utterances.

    Args:
        bank: over axes with gender, emotion and pitch values that the targets know; other values ask for nothing.
        units: a few utterances, two seconds or longer.
        rounds: of measuring and correcting; the first measures the vectors alone.
    Returns:
        The bank, `pitch_hz` and `prosody` set, what was measured in each record.
    Raises:
        StyleError: the bank has no neutral emotion to compare with.
    """
    anchors: dict[tuple[str, ...], Measured] = {}
    done = []
    for item in bank:
        anchor = bank.find({**{a: bank.default(a) for a in bank.axes if a in (EMOTION, "pitch")}, **_others(item)})
        key = tuple(anchor.labels.values())
        if key not in anchors:
            anchors[key] = spoken(decoder, units, anchor.style, Controls())
        done.append(_calibrated(item, anchors[key], decoder, units, rounds))
        progress()
    return bank.having(done)


def settle(
    bank: StyleBank, decoder: U2S, units: Sequence[Units], progress: Callable[[], None] = lambda: None, rounds: int = 2
) -> StyleBank:
    """Correct level and gain of every style, for a tuned bank or another decoder; nothing else changes.

    The level that is wanted is neutral's at normal pitch and what pitch and emotion add: as tuned, else as targeted.

    Args:
        units, rounds: as for `calibrate`.
    Raises:
        StyleError: the bank has no neutral emotion to compare with.
    """
    anchors: dict[tuple[str, ...], Measured] = {}
    done = []
    for item in bank:
        anchor = bank.find({**{a: bank.default(a) for a in bank.axes if a in (EMOTION, "pitch")}, **_others(item)})
        key = tuple(anchor.labels.values())
        if key not in anchors:
            anchors[key] = spoken(decoder, units, anchor.style, Controls())
        done.append(_settled(item, anchors[key], decoder, units, rounds))
        progress()
    return bank.having(done)


def _settled(item: Prototype, anchor: Measured, decoder: U2S, units: Sequence[Units], rounds: int) -> Prototype:
    emotion, pitch = _wanted(item)
    tuned: Any = item.record.get("tuning", {})
    semitones = float(tuned.get("pitch_semitones", emotion.pitch_semitones)) + pitch.pitch_semitones
    octave = anchor.octave + semitones / 12
    setting = replace(item, pitch_hz=item.pitch_hz or 2**octave)
    for _ in range(rounds):
        heard = spoken(decoder, units, item.style, controls_of(setting))
        gain = setting.prosody.energy_db + anchor.level_db + emotion.energy_db - heard.level_db
        setting = replace(
            setting,
            prosody=replace(setting.prosody, energy_db=_held(gain, *LIMITS["energy_db"])),
            pitch_hz=_held((setting.pitch_hz or 0.0) * 2 ** (octave - heard.octave), 40, 600),
        )
    return replace(setting, record={**item.record, "calibration": _figures(octave, heard)})


def _wanted(item: Prototype) -> tuple[StyleProsody, StyleProsody]:
    """What `prototypes.targets` asks of an emotion and a pitch; nothing where they know no such value."""
    plain = StyleProsody()
    emotion = EMOTION_PROSODY.get(item.labels.get(EMOTION, NEUTRAL), plain)
    return emotion, PITCH_PROSODY.get(item.labels.get("pitch", ""), plain)


def _figures(octave: float, heard: Measured) -> dict[str, float]:
    return {
        "target_hz": round(2**octave, 2),
        "heard_hz": round(2**heard.octave, 2),
        "heard_range_semitones": round(heard.range_semitones, 2),
    }


def _others(item: Prototype) -> dict[str, str]:
    return {axis: value for axis, value in item.labels.items() if axis not in (EMOTION, "pitch")}


def _calibrated(item: Prototype, anchor: Measured, decoder: U2S, units: Sequence[Units], rounds: int) -> Prototype:
    emotion, pitch = _wanted(item)
    level = emotion.plus(pitch).pitch_semitones
    octave = anchor.octave + level / 12
    setting = replace(
        item,
        prosody=replace(emotion, pitch_semitones=0.0, pitch_range=1.0, energy_db=0.0, tilt_db=0.0, speed=1.0),
        pitch_hz=2**octave,
    )
    for _ in range(rounds):
        heard = spoken(decoder, units, item.style, controls_of(setting))
        setting = replace(
            setting,
            prosody=_corrected(setting.prosody, emotion, heard, anchor),
            pitch_hz=_held((setting.pitch_hz or 0.0) * 2 ** (octave - heard.octave), 40, 600),
        )
    final = replace(setting.prosody, speed=emotion.speed)
    return replace(setting, prosody=final, record={**item.record, "calibration": _figures(octave, heard)})


def _corrected(now: StyleProsody, wanted: StyleProsody, heard: Measured, anchor: Measured) -> StyleProsody:
    """Move every explicit figure by what the last utterances missed."""
    ratio = wanted.pitch_range * anchor.range_semitones / max(heard.range_semitones, 0.1)
    return replace(
        now,
        pitch_range=_held(now.pitch_range * ratio, 0.2, 3.0),
        energy_db=_held(now.energy_db + anchor.level_db + wanted.energy_db - heard.level_db, *LIMITS["energy_db"]),
        tilt_db=_held(now.tilt_db + anchor.tilt_db + wanted.tilt_db - heard.tilt_db, -5.0, 5.0),
    )


def _held(value: float, low: float, high: float) -> float:
    return round(min(max(value, low), high), 4)
