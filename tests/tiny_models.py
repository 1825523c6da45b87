"""A folder of tiny untrained models, so that pipeline and commands are tested in milliseconds; and sounds to feed them."""

from pathlib import Path

import numpy as np
import soundfile
import torch

from prototypes.voices import Voice, write_voices
from s2u import S2U, S2UConfig, StageConfig, WindowConfig
from speechkit.protocols import Waveform
from u2s import U2S, GeneratorConfig, U2SConfig

ENCODER = S2UConfig(
    stages=(
        StageConfig(channels=(16, 16), kernels=(3, 3), strides=(1, 2), layers=1, heads=2, positions="sinusoidal"),
        StageConfig(channels=(16,), kernels=(3,), strides=(2,), layers=1, heads=2),
    ),
    window=WindowConfig(left=10, core=20, right=5),
    phone_width=16,
    bottleneck_width=16,
)
DECODER = U2SConfig(
    embedding_dim=8, unit_width=16, unit_layers=1, unit_kernel_size=3, prosody_width=16, prosody_layers=1,
    prosody_kernel_size=3, latent_dim=8, flow_layers=1, flow_width=16, flow_depth=1, posterior_width=16, posterior_layers=1,
    style_dim=12, style_width=8, style_mels=20, generator=GeneratorConfig(width=16, layers=1, kernel_size=3),
)  # fmt: skip


def save_tiny_models(folder: Path, seed: int = 0) -> Path:
    """Write `folder`/s2u and `folder`/u2s with two voices; models of different seeds are different codecs."""
    torch.manual_seed(seed)
    S2U(ENCODER).eval().save(folder / "s2u", card="A tiny untrained encoder for tests.")
    codec = S2U.load(folder / "s2u").fingerprint
    U2S(DECODER).with_codec(codec).eval().save(folder / "u2s", card="A tiny untrained decoder for tests.")
    decoder = U2S.load(folder / "u2s")
    voices = {name: Voice(style=decoder.style_of(buzz(pitch), 24000)) for name, pitch in (("female", 220.0), ("male", 110.0))}
    write_voices(folder / "u2s", voices, decoder=decoder.fingerprint)
    return folder


def buzz(pitch: float, seconds: float = 1.0, sample_rate: int = 24000) -> Waveform:
    """A pulse-like tone of ten harmonics, float32 [T], peaking below 0.3."""
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    return (0.1 * sum(np.sin(2 * np.pi * pitch * n * time) / n for n in range(1, 11))).astype(np.float32)


def write_wav(path: Path, waveform: np.ndarray, sample_rate: int = 16000, subtype: str = "PCM_16") -> Path:
    """Write [T] or [T, channels] with soundfile itself, any rate and sample format."""
    soundfile.write(path, waveform, sample_rate, subtype=subtype)
    return path
