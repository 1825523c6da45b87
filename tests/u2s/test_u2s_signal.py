"""Spectra, pulses, noise and losses against slower twins."""

import math

import numpy as np
import pytest
import torch

from u2s.excitation import phase_of, pulse_train, sample_f0
from u2s.losses import SpectralLoss, convergence, kl_to_prior, kl_to_standard, log_distance
from u2s.noise import gaussian
from u2s.posterior import Gaussian
from u2s.prosody_target import active_level, log_energy, prosody_target
from u2s.spectral import frames, inverse_spectrum, mel_filters, overlap_add, spectrum


def test_frames_are_centred_on_their_hops() -> None:
    waveform = torch.arange(1, 41, dtype=torch.float32)[None]
    cut = frames(waveform, 16, 4)
    assert cut.shape == (1, 10, 16)
    assert cut[0, 3].tolist() == [float(k) if 1 <= k <= 40 else 0.0 for k in range(12 - 6 + 1, 12 - 6 + 17)]


def test_overlap_add_against_a_loop() -> None:
    pieces = torch.randn(2, 5, 16)
    slow = torch.zeros(2, 4 * 5 + 12)
    for index in range(5):
        slow[:, 4 * index : 4 * index + 16] += pieces[:, index]
    torch.testing.assert_close(overlap_add(pieces, 4), slow[:, 6:26])


def test_spectrum_is_inverted() -> None:
    waveform = torch.randn(2, 40 * 24)
    torch.testing.assert_close(inverse_spectrum(spectrum(waveform, 96, 24), 24), waveform, atol=1e-5, rtol=0)


def test_mel_filters_are_triangles_that_sum_to_one() -> None:
    filters = mel_filters(20, 512, 24000)
    torch.testing.assert_close(filters.sum(0), torch.ones(20))
    peaks = filters.argmax(0)
    assert (peaks[1:] >= peaks[:-1]).all() and filters.min() >= 0


def test_pulse_train_is_the_sum_of_cosines() -> None:
    f0 = torch.full((1, 600), 430.0, dtype=torch.float64)
    phase = phase_of(f0, 24000)
    limit = 0.49 * 24000 / 430.0
    whole = int(limit)
    slow = sum(torch.cos(2 * math.pi * k * phase) for k in range(1, whole + 1))
    slow = (slow + (limit - whole) * torch.cos(2 * math.pi * (whole + 1) * phase)) * math.sqrt(2 / limit)
    torch.testing.assert_close(pulse_train(phase, f0, 24000), slow.float(), atol=1e-4, rtol=0)


def test_sample_f0_is_linear_between_centres_and_constant_outside() -> None:
    log_f0 = torch.log(torch.tensor([[100.0, 200.0]]))
    dense = sample_f0(log_f0, 10)[0]
    assert dense[0] == pytest.approx(100) and dense[-1] == pytest.approx(200)
    assert float(dense[9] * dense[10]) == pytest.approx(100 * 200, rel=1e-6)
    assert (dense.diff() >= 0).all()


def test_noise_is_the_same_however_it_is_drawn() -> None:
    whole = gaussian(7, 1, 0, 50, 8)
    parts = torch.cat([gaussian(7, 1, 0, 13, 8), gaussian(7, 1, 13, 37, 8)])
    assert torch.equal(whole, parts)
    assert not torch.equal(whole, gaussian(8, 1, 0, 50, 8)) and not torch.equal(whole, gaussian(7, 2, 0, 50, 8))
    many = gaussian(0, 2, 5, 5000, 8)
    assert abs(float(many.mean())) < 0.02 and abs(float(many.std()) - 1) < 0.02


def test_energy_against_a_loop() -> None:
    waveform = np.random.default_rng(0).normal(size=1200).astype(np.float32) * 0.1
    padded = np.pad(waveform, 120)
    slow = [math.log(math.sqrt((padded[240 * f : 240 * f + 480] ** 2).mean()) + 1e-4) for f in range(5)]
    np.testing.assert_allclose(log_energy(waveform), slow, atol=1e-5)


def test_active_level_ignores_silence() -> None:
    tone = np.sin(np.arange(4800) * 0.1).astype(np.float32)
    assert active_level(np.concatenate([np.zeros(48000, np.float32), tone])) == pytest.approx(active_level(tone), rel=0.02)
    assert active_level(np.zeros(0, np.float32)) == 0.0


def test_prosody_target_finds_the_pitch_of_a_tone() -> None:
    pytest.importorskip("pyworld")
    time = np.arange(24000) / 24000
    voice = sum(np.sin(2 * np.pi * 180 * k * time) / k for k in range(1, 15)).astype(np.float32) * 0.2
    target = prosody_target(voice)
    assert target.shape == (100, 3)
    assert np.exp(np.median(target[:, 0])) == pytest.approx(180, rel=0.01)
    assert target[10:90, 1].mean() > 0.95


def test_prosody_target_of_noise_is_defined() -> None:
    pytest.importorskip("pyworld")
    assert np.isfinite(prosody_target(np.zeros(2400, np.float32))).all()


def test_kl_against_torch_distributions() -> None:
    posterior = Gaussian(mean=torch.randn(2, 3, 4), log_sigma=torch.randn(2, 3, 4) * 0.3)
    normal = torch.distributions.Normal(posterior.mean, posterior.log_sigma.exp())
    slow = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0)).mean()
    torch.testing.assert_close(kl_to_standard(posterior), slow)


def test_kl_to_prior_is_right_on_average() -> None:
    posterior = Gaussian(mean=torch.zeros(1, 20000, 2), log_sigma=torch.full((1, 20000, 2), -0.5))
    prior = Gaussian(mean=torch.full((1, 20000, 2), 0.4), log_sigma=torch.full((1, 20000, 2), 0.2))
    drawn = posterior.sample(torch.randn(1, 20000, 2))
    wanted = 0.2 + 0.5 - 0.5 + (math.exp(-1.0) + 0.16) / (2 * math.exp(0.4))
    assert float(kl_to_prior(posterior, drawn, prior)) == pytest.approx(wanted, abs=0.02)


def test_spectral_distances_are_zero_for_equals_and_grow() -> None:
    loss = SpectralLoss(24000)
    waveform = torch.randn(2, 8192) * 0.1
    assert float(loss(waveform, waveform)) == 0.0
    assert float(loss(waveform * 0.5, waveform)) < float(loss(waveform * 0.1, waveform))
    made, wanted = torch.rand(3, 4), torch.rand(3, 4)
    slow = float(((made - wanted) ** 2).sum().sqrt() / (wanted**2).sum().sqrt())
    assert float(convergence(made, wanted)) == pytest.approx(slow, rel=1e-5)
    assert float(log_distance(made, wanted, 0.1)) == pytest.approx(float(abs(np.log(made + 0.1) - np.log(wanted + 0.1)).mean()))
