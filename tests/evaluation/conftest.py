"""Tiny random models, a manifest of tones, and a suite that needs nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from s2u import S2U, S2UConfig, StageConfig, WindowConfig
from speechkit.features import LogMelConfig
from speechkit.pipeline import Speechkit
from speechkit.types import Speech
from speechkit.waveform import save
from u2s import U2S, GeneratorConfig, U2SConfig

TEXTS = ("hello world", "a red fox", "two small dogs", "it is late")


def tone(seed: int, seconds: float = 0.8, sample_rate: int = 16000) -> np.ndarray:
    """A voiced-like pulse with noise, float32 [T]."""
    random = np.random.default_rng(seed)
    time = np.arange(int(seconds * sample_rate)) / sample_rate
    pitch = 110 + 15 * (seed % 8)
    wave = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 6))
    envelope = 0.15 * (1 + np.sin(2 * np.pi * 3 * time))
    return (wave * envelope * 0.5 + 0.003 * random.standard_normal(len(time))).astype(np.float32)


@pytest.fixture(scope="session")
def kit() -> Speechkit:
    """Random models of the smallest size."""
    torch.manual_seed(0)
    stages = (
        StageConfig(channels=(16, 16), kernels=(3, 3), strides=(1, 2), layers=1, heads=2, positions="sinusoidal"),
        StageConfig(channels=(16,), kernels=(3,), strides=(2,), layers=1, heads=2, activation="none"),
    )
    window = WindowConfig(left=6, core=10, right=4)
    encoder = S2U(S2UConfig(mel=LogMelConfig(num_mels=20), stages=stages, window=window, phone_width=16, bottleneck_width=16))
    encoder.train()
    for _ in range(30):  # running statistics of the latents, so that codes spread over the levels
        encoder(torch.randn(2, 80, 20) * 4 - 9, torch.tensor([80, 80]))
    generator = GeneratorConfig(width=16, layers=1, kernel_size=3)
    decoder = U2S(
        U2SConfig(
            embedding_dim=8, unit_width=16, unit_layers=1, unit_kernel_size=3, prosody_width=16, prosody_layers=1,
            prosody_kernel_size=3, latent_dim=8, flow_layers=2, flow_width=16, flow_depth=1, posterior_width=16,
            posterior_layers=1, style_dim=12, style_width=8, style_mels=20, generator=generator,
        )
    )  # fmt: skip
    style = torch.nn.functional.normalize(torch.randn(12, generator=torch.Generator().manual_seed(1)), dim=0)
    encoder.fingerprint, decoder.fingerprint = "tiny-s2u", "tiny-u2s"
    return Speechkit(encoder.eval(), decoder.eval(), {"female": style})


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of twelve tones by two speakers; returns its path."""
    folder = tmp_path_factory.mktemp("corpus")
    rows = []
    for index in range(12):
        save(folder / f"clip{index:02}.wav", Speech(samples=tone(index), sample_rate=16000))
        rows.append(
            {
                "audio": f"clip{index:02}.wav", "text": TEXTS[index % 4], "language": "en", "speaker": f"s{index % 2}",
                "gender": ("female", "male")[index % 2], "split": "dev" if index < 10 else "train",
            }
        )  # fmt: skip
    path = folder / "manifest.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
