"""Mel-cepstra: against the spectrum that they stand for, and what they do not depend on."""

import numpy as np
import pytest

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.cepstral import MEL_CEPSTRUM_SETTINGS, mel_cepstral_distortion
from speechkit.metrics.mel_cepstrum import HOP, N_FFT, loud_frames, mel_cepstrum, warping_matrix


def buzz(seconds: float = 0.5, rate: int = 16000) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    noise = np.random.default_rng(0).standard_normal(len(time)) * 0.01
    return sum(np.sin(2 * np.pi * 120 * k * time) / k for k in range(1, 40)) * 0.1 + noise


def warped(frequency: np.ndarray, alpha: float) -> np.ndarray:
    return frequency + 2 * np.arctan(alpha * np.sin(frequency) / (1 - alpha * np.cos(frequency)))


@pytest.mark.parametrize("alpha", [0.0, 0.42, -0.3])
def test_a_warped_cepstrum_describes_the_same_spectrum(alpha: float) -> None:
    cepstrum = np.array([0.3, 1.0, -0.5, 0.25, 0.1])
    matrix = warping_matrix(4, 200, alpha)
    frequency = np.linspace(0, np.pi, 50)
    plain = np.cos(np.outer(frequency, np.arange(5))) @ cepstrum
    mel = np.cos(np.outer(warped(frequency, alpha), np.arange(201))) @ (matrix @ cepstrum)
    np.testing.assert_allclose(mel, plain, atol=1e-9)
    np.testing.assert_allclose(matrix[:6], warping_matrix(4, 5, alpha))


def test_an_impulse_is_flat_and_frames_are_counted() -> None:
    impulse = np.zeros(HOP * 4)
    impulse[HOP * 2] = 1.0
    cepstra = mel_cepstrum(impulse, 16000)
    assert cepstra.shape == (5, 24)
    peak = np.log(np.hamming(N_FFT)[N_FFT // 2])
    np.testing.assert_allclose(cepstra[2], [peak, *[0.0] * 23], atol=1e-9)
    assert mel_cepstrum([], 24000).shape == (0, MEL_CEPSTRUM_SETTINGS[24000][0] + 1)


def test_loudness_moves_c0_alone() -> None:
    voice = buzz()
    first, second = mel_cepstrum(voice, 16000), mel_cepstrum(voice / 2, 16000)
    np.testing.assert_allclose(first[:, 0] - second[:, 0], np.log(2), atol=1e-6)
    assert mel_cepstral_distortion(first, second, align="frames") == pytest.approx(0, abs=1e-4)
    assert mel_cepstral_distortion(first, mel_cepstrum(voice + 0.05, 16000), align="frames") > 0.1


def test_silence_is_not_loud() -> None:
    voice = np.concatenate([np.zeros(HOP * 8), buzz(), np.zeros(HOP * 8)])
    loud = loud_frames(voice)
    assert len(loud) == len(mel_cepstrum(voice, 16000))
    assert not loud[:5].any() and not loud[-5:].any() and loud[12:-12].all()
    assert not loud_frames(np.zeros(4000)).any()


def test_refusals() -> None:
    with pytest.raises(ConfigError, match="8000"):
        mel_cepstrum(buzz(), 8000)
    with pytest.raises(ShapeError):
        mel_cepstrum(np.zeros((2, 100)), 16000)
