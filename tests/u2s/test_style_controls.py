"""Level, slope, tilt and breath: exact in a stream, and measured."""

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor

from speechkit.errors import ConfigError
from u2s import U2S, Controls
from u2s.generator import breathe
from u2s.prosody import LOUD, QUIET, SEMITONE, ProsodyPrediction, onset_slope, spread_energy
from u2s.tilt import REACH, effort_decibels, speech_power, tilt, tilt_decibels, tilt_kernel

IDS = np.random.default_rng(0).integers(0, 4096, 90)
CHANGED = Controls(pitch_hz=150.0, pitch_slope=-1.0, tilt_db=2.0, breath_db=6.0, speed=0.9, energy_range=1.3, effort_db=4.0)


@pytest.mark.parametrize("sizes", [[1] * 90, [30, 60]])
def test_streamed_is_offline_bit_for_bit(decoder: U2S, style: Tensor, sizes: list[int]) -> None:
    pieces = np.split(IDS, np.cumsum(sizes)[:-1])
    streamed = torch.cat(list(decoder.decode_stream(iter(pieces), style, controls=CHANGED)))
    assert torch.equal(streamed, decoder.decode(IDS, style, controls=CHANGED))


def test_plain_controls_change_nothing(decoder: U2S, style: Tensor) -> None:
    plain = Controls(pitch_hz=None, pitch_slope=0.0, tilt_db=0.0, breath_db=0.0)
    assert torch.equal(decoder.decode(IDS, style), decoder.decode(IDS, style, controls=plain))


def prediction(frames: int = 40) -> ProsodyPrediction:
    return ProsodyPrediction(
        mean_log_f0=torch.full((1, 1, 1), 5.0),
        log_f0=5.0 + 0.1 * torch.randn(1, frames),
        voicing_logit=torch.ones(1, frames),
        energy=torch.zeros(1, frames),
    )


def test_the_level_in_hertz_replaces_the_voices_own() -> None:
    found = prediction()
    moved = found.track(Controls(pitch_hz=200.0))[..., 0] - found.track(Controls())[..., 0]
    torch.testing.assert_close(moved, torch.full_like(moved, np.log(200.0) - 5.0))
    both = (
        found.track(Controls(pitch_hz=200.0, pitch_semitones=3.0))[..., 0]
        - found.track(Controls(pitch_hz=200.0))[..., 0]
    )
    torch.testing.assert_close(both, torch.full_like(both, 3 * SEMITONE))


def test_a_slope_dies_out_and_does_not_depend_on_the_block() -> None:
    found = prediction(100)
    seconds = torch.arange(100).double() / 100
    sloped = found.track(Controls(pitch_slope=-2.0), seconds)[..., 0] - found.track(Controls(), seconds)[..., 0]
    assert float(sloped[0, 0]) / SEMITONE == pytest.approx(4.0, abs=1e-3)
    rate = float(sloped[0, 1] - sloped[0, 0]) / SEMITONE * 100
    assert rate == pytest.approx(-2.0, abs=0.05)
    assert float(onset_slope(torch.tensor(20.0), -2.0)) == pytest.approx(0.0, abs=1e-3)
    torch.testing.assert_close(
        found.track(Controls(pitch_slope=-2.0)), found.track(Controls(pitch_slope=-2.0), seconds)
    )


@pytest.mark.parametrize("slope, rate", product([-3.0, 2.0], [24000]))
def test_tilt_follows_its_curve_and_keeps_the_power_of_speech(slope: float, rate: int) -> None:
    kernel = tilt_kernel(slope, rate)
    assert len(kernel) == 2 * REACH + 1 and torch.equal(kernel, kernel.flip(0))
    gain = np.abs(np.fft.rfft(kernel.numpy(), 4096)) ** 2
    hertz = np.linspace(0, rate / 2, 2049)
    levels = 10 * np.log10([gain[np.argmin(np.abs(hertz - f))] for f in (1000.0, 2000.0, 4000.0, 8000.0)])
    assert np.diff(levels) == pytest.approx([slope] * 3, abs=0.25)
    assert (gain * speech_power(hertz)).sum() / speech_power(hertz).sum() == pytest.approx(1.0, abs=1e-4)
    assert tilt_decibels(np.array([100.0, 500.0, 1000.0, 16000.0]), slope) == pytest.approx([0, 0, slope, 4 * slope])


def test_tilt_of_nothing_is_the_same_object() -> None:
    waveform = torch.randn(1, 1000)
    assert tilt(waveform, 0.0, 24000) is waveform and tilt(waveform, 1.0, 24000).shape == waveform.shape


def test_breath_acts_where_the_voice_sounds() -> None:
    noise = torch.ones(1, 8)
    changed = breathe(noise, torch.tensor([[1.0, 0.0]]), 20.0)
    torch.testing.assert_close(changed, torch.tensor([[10.0] * 4 + [1.0] * 4]))
    assert breathe(noise, torch.ones(1, 2), 0.0) is noise


@pytest.mark.parametrize("change", [{"pitch_hz": 20.0}, {"pitch_slope": 9.0}, {"tilt_db": 7.0}, {"breath_db": 30.0}])
def test_refused(change: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(change))):
        Controls(**change)


def test_one_window_says_what_the_blocks_say(decoder: U2S, style: Tensor) -> None:
    whole = decoder.decode_whole(IDS, style, controls=CHANGED)
    torch.testing.assert_close(whole, decoder.decode(IDS, style, controls=CHANGED), atol=1e-4, rtol=1e-3)
    assert len(decoder.decode_whole(np.zeros(0, np.int64), style)) == 0


def test_loudness_spreads_below_a_loud_voice_and_pauses_move_along() -> None:
    energy = torch.tensor([[LOUD, LOUD - 1.0, QUIET, QUIET - 3.0]])
    moved = spread_energy(energy, 1.5) - energy
    torch.testing.assert_close(moved, torch.tensor([[0.0, -0.5, 0.5 * (QUIET - LOUD), 0.5 * (QUIET - LOUD)]]))
    assert spread_energy(energy, 1.0) is energy


def test_effort_moves_formants_against_the_fundamental_and_keeps_the_power() -> None:
    hertz = np.linspace(0.0, 12000, 2049)
    gain = 20 * np.log10(np.abs(np.fft.rfft(tilt_kernel(0.0, 24000, 8.0).numpy(), 4096)) + 1e-9)
    asked = effort_decibels(np.array([100.0, 2000.0]), 8.0)
    assert asked.tolist() == [-4.0, 4.0]
    assert gain[np.argmin(abs(hertz - 2000))] - gain[np.argmin(abs(hertz - 100))] == pytest.approx(8.0, abs=1.0)
    power = (10 ** (gain / 10) * speech_power(hertz)).sum() / speech_power(hertz).sum()
    assert power == pytest.approx(1.0, abs=0.02)
