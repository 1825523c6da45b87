"""F0 of tones, of nothing, and against WORLD where it is installed."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_models import buzz

from speechkit.errors import SampleRateError
from speechkit.evaluation.audio import track_f0
from speechkit.metrics.pitch import pitch_errors
from speechkit.metrics.pitch_control import median_pitch
from speechkit.metrics.result import Skip
from speechkit.pitch import RATE, f0_of
from speechkit.protocols import Waveform


@pytest.mark.parametrize("pitch", [75.0, 130.0, 260.0, 440.0, 560.0])
def test_pitch_of_tones(pitch: float) -> None:
    f0 = track_f0(buzz(pitch, 1.0, 16000), 16000)
    assert len(f0) == 101 and np.mean(f0 > 0) > 0.9
    np.testing.assert_allclose(f0[f0 > 0], pitch, rtol=0.03)


def test_noise_and_silence_have_no_pitch(noise: Waveform) -> None:
    assert np.mean(track_f0(noise, 16000) > 0) < 0.1
    assert not f0_of(np.zeros(8000, np.float32), RATE).any()


@given(st.integers(1, 4000), st.sampled_from([8000, 16000, 24000]))
def test_any_length_gives_a_frame_each_ten_milliseconds(samples: int, rate: int) -> None:
    f0 = track_f0(buzz(150, 1.0, rate)[:samples], rate)
    assert abs(len(f0) - (samples * 100 // rate + 1)) <= 1
    assert np.isfinite(f0).all() and (f0 >= 0).all()


def test_another_rate_is_refused() -> None:
    with pytest.raises(SampleRateError, match="resample"):
        f0_of(np.zeros(100, np.float32), 16000)


def glide(low: float, high: float, rate: int = 16000) -> Waveform:
    """A voiced sweep between two silences: 0.3 s, 1.4 s, 0.3 s."""
    f0 = np.geomspace(low, high, int(1.4 * rate))
    phase = 2 * np.pi * np.cumsum(f0) / rate
    voice = sum(np.sin(k * phase) / k for k in range(1, 12)) * np.hanning(len(f0)) ** 0.3 * 0.2
    noise = np.random.default_rng(0).standard_normal(2 * rate) * 1e-4
    return (np.pad(voice, int(0.3 * rate)) + noise).astype(np.float32)


@pytest.mark.parametrize(("method", "low", "high"), [("harvest", 90, 140), ("harvest", 320, 420), ("dio", 260, 180)])
def test_agrees_with_world(method: str, low: float, high: float) -> None:
    agrees_with_world(method, low, high)


@given(st.floats(90, 380), st.floats(0.7, 1.4))
@settings(max_examples=8)
def test_agrees_with_world_on_random_glides(start: float, change: float) -> None:
    agrees_with_world("dio", start, start * change)


def agrees_with_world(method: str, low: float, high: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("pyworld", reason="pyworld is not installed")
    waveform = glide(low, high)
    ours, theirs = track_f0(waveform, 16000), track_f0(waveform, 16000, method=method)  # type: ignore[arg-type]
    assert abs(len(ours) - len(theirs)) <= 1
    frames = min(len(ours), len(theirs))
    errors = pitch_errors(theirs[:frames], ours[:frames])
    assert not isinstance(errors, Skip)
    assert errors.gpe is not None and errors.gpe < 0.02
    assert errors.vde < 0.12  # they differ about where a voice begins and ends
    assert errors.log_f0_rmse is not None and errors.log_f0_rmse < 0.04
    if abs(np.log(high / low)) > 0.1:  # a flat pitch correlates with nothing
        assert errors.correlation_log is not None and errors.correlation_log > 0.85
    assert median_pitch(ours) == pytest.approx(median_pitch(theirs), rel=0.04)
