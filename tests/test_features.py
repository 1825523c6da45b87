"""Log-mel against librosa-free twins: filters by integration, frames by slices."""

import numpy as np
import pytest
import torch

from speechkit.errors import ConfigError, ShapeError
from speechkit.features import LogMel, LogMelConfig, hertz_to_mel, mel_filterbank, mel_to_hertz


def test_mel_scale_inverts() -> None:
    hertz = np.linspace(0, 8000, 97)
    np.testing.assert_allclose(mel_to_hertz(hertz_to_mel(hertz)), hertz, atol=1e-9)


def test_filters_equal_librosa_s() -> None:
    librosa = pytest.importorskip("librosa")
    for n_fft, num_mels in ((400, 80), (512, 128)):
        theirs = librosa.filters.mel(sr=16000, n_fft=n_fft, n_mels=num_mels)
        np.testing.assert_allclose(mel_filterbank(16000, n_fft, num_mels).numpy(), theirs, atol=1e-7)


def test_a_frame_is_the_power_spectrum_of_its_slice() -> None:
    front = LogMel(LogMelConfig(num_mels=16))
    waveform = torch.randn(1, 3200) * 0.1
    mel = front.whole(waveform, 640)
    piece = torch.nn.functional.pad(waveform, (200, 200))[0, 7 * 160 : 7 * 160 + 400]
    angles = -2j * torch.pi * torch.arange(201)[:, None] * torch.arange(400)[None] / 400
    spectrum = torch.exp(angles.to(torch.complex64)) @ (piece * front.window).to(torch.complex64)
    expected = (front.filters @ spectrum.abs().square()).clamp_min(1e-8).log()
    torch.testing.assert_close(mel[0, :, 7], expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("samples", [1, 159, 160, 639, 640, 641, 16000])
def test_whole_rounds_up_to_units(samples: int) -> None:
    assert LogMel(LogMelConfig()).whole(torch.zeros(2, samples), 640).shape == (2, 80, -(-samples // 640) * 4)


def test_wrong_inputs_raise() -> None:
    with pytest.raises(ShapeError):
        LogMel(LogMelConfig())(torch.zeros(1, 100))
    with pytest.raises(ConfigError):
        LogMelConfig(n_fft=401)
