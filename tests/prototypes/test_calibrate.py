"""Calibration: whatever a decoder makes of a vector, the bank's level, range, loudness and brightness come out as asked."""

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor

from prototypes.bank import Prototype, StyleBank
from prototypes.targets import AXES, EMOTION_PROSODY, PITCH_PROSODY
from speechkit.errors import StyleError
from speechkit.pipeline import controls_of
from speechkit.prototyping import calibrate
from speechkit.prototyping.calibrate import measure
from speechkit.types import Units
from u2s import Controls
from u2s.tilt import tilt


class Singer:
    """Sings a vector's own tone: off by some semitones, with a range, loudness and brightness of its own."""

    sample_rate = 24000

    def decode(self, ids: object, style: Tensor, *, controls: Controls = Controls()) -> Tensor:
        own = style.double().numpy()
        time = np.arange(36000) / self.sample_rate
        level = (controls.pitch_hz or 160.0) * 2 ** (own[1] * 3 / 12)
        melody = (1.0 + 0.3 * own[2]) * controls.pitch_range * np.sin(2 * np.pi * time * 4 / 3)
        phase = 2 * np.pi * np.cumsum(level * 2 ** (melody / 12)) / self.sample_rate
        loud = 0.05 * 10 ** ((controls.energy_db + 3 * own[3]) / 20)
        tone = sum(np.cos(n * phase) / n for n in range(1, 40)) + 0.01 * np.random.default_rng(0).standard_normal(36000)
        return tilt(torch.from_numpy((loud * tone).astype(np.float32))[None], controls.tilt_db + float(own[4]), 24000)[
            0
        ]


def bank() -> StyleBank:
    generator = torch.Generator().manual_seed(0)
    vectors = torch.nn.functional.normalize(torch.randn(24, 6, generator=generator), dim=1)
    items = [
        Prototype(labels=dict(zip(AXES, values, strict=True)), style=vector)
        for values, vector in zip(product(*AXES.values()), vectors, strict=True)
    ]
    return StyleBank({"gender": ("female",), "emotion": AXES["emotion"], "pitch": AXES["pitch"]}, items[:12])


def test_what_is_asked_for_comes_out() -> None:
    found = calibrate(bank(), Singer(), [Units(ids=np.zeros(10, np.int64))], rounds=3)  # type: ignore[arg-type]
    neutral = found.find({})
    heard = {
        item.name: measure(Singer().decode(0, item.style, controls=controls_of(item)).numpy(), 24000) for item in found
    }
    base = heard[neutral.name]
    for item in found:
        asked = EMOTION_PROSODY[item.labels["emotion"]].plus(PITCH_PROSODY[item.labels["pitch"]])
        got = heard[item.name]
        assert 12 * np.log2((got.pitch_hz or 0) / (base.pitch_hz or 1)) == pytest.approx(asked.pitch_semitones, abs=0.3)
        assert (got.range_semitones or 0) / (base.range_semitones or 1) == pytest.approx(asked.pitch_range, rel=0.1)
        assert got.level_db - base.level_db == pytest.approx(asked.energy_db, abs=0.5)
        assert got.tilt_db - base.tilt_db == pytest.approx(asked.tilt_db, abs=0.6)
        assert item.prosody.speed == asked.speed and item.record["calibration"]


def test_silence_cannot_be_calibrated() -> None:
    class Mute(Singer):
        def decode(self, ids: object, style: Tensor, *, controls: Controls = Controls()) -> Tensor:
            return 1e-3 * torch.randn(24000, generator=torch.Generator().manual_seed(0))

    with pytest.raises(StyleError, match="voiced"):
        calibrate(bank(), Mute(), [Units(ids=np.zeros(10, np.int64))])  # type: ignore[arg-type]
