"""A fake decoder that sings a vector's own tone, and a bank of vectors for it: what calibration and tuning are tested on."""

from itertools import product

import numpy as np
import torch
from torch import Tensor

from prototypes.bank import Prototype, StyleBank
from prototypes.targets import AXES
from u2s import Controls
from u2s.tilt import tilt


class Singer:
    """Sings a vector's own tone: off by some semitones, with a range, loudness and brightness of its own."""

    sample_rate = 24000

    def decode_whole(self, ids: object, style: Tensor, *, controls: Controls = Controls()) -> Tensor:
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
