"""Calibration: whatever a decoder makes of a vector, the bank's level, range, loudness and brightness come out as asked."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from singers import Singer, bank
from torch import Tensor

from prototypes.targets import EMOTION_PROSODY, PITCH_PROSODY
from speechkit.direction import controls_of
from speechkit.errors import StyleError
from speechkit.prototyping import calibrate, settle
from speechkit.prototyping.calibrate import measure
from speechkit.types import Units
from u2s import Controls


def test_what_is_asked_for_comes_out() -> None:
    found = calibrate(bank(), Singer(), [Units(ids=np.zeros(10, np.int64))], rounds=3)  # type: ignore[arg-type]
    neutral = found.find({})
    heard = {
        item.name: measure(Singer().decode_whole(0, item.style, controls=controls_of(item)).numpy(), 24000)
        for item in found
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
        def decode_whole(self, ids: object, style: Tensor, *, controls: Controls = Controls()) -> Tensor:
            return 1e-3 * torch.randn(24000, generator=torch.Generator().manual_seed(0))

    with pytest.raises(StyleError, match="voiced"):
        calibrate(bank(), Mute(), [Units(ids=np.zeros(10, np.int64))])  # type: ignore[arg-type]


def test_levels_are_corrected_and_nothing_else() -> None:
    units = [Units(ids=np.zeros(10, np.int64))]
    once = calibrate(bank(), Singer(), units, rounds=2)  # type: ignore[arg-type]
    tuned = [
        replace(item, pitch_hz=200.0, record={"tuning": {"pitch_semitones": 5.0}})
        if item.labels["emotion"] == "happy"
        else item
        for item in once
    ]
    found = settle(once.having(tuned), Singer(), units, rounds=3)  # type: ignore[arg-type]
    heard = {
        item.labels["emotion"]: measure(Singer().decode_whole(0, item.style, controls=controls_of(item)).numpy(), 24000)
        for item in found
        if item.labels["pitch"] == "normal"
    }
    levels = {name: 12 * np.log2((got.pitch_hz or 0) / (heard["neutral"].pitch_hz or 1)) for name, got in heard.items()}
    assert levels["happy"] == pytest.approx(5.0, abs=0.3)
    assert levels["sad"] == pytest.approx(EMOTION_PROSODY["sad"].pitch_semitones, abs=0.3)
    for before, after in zip(tuned, found, strict=True):
        assert replace(after.prosody, energy_db=0.0) == replace(before.prosody, energy_db=0.0)
