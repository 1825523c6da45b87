"""What every test runs under: one torch thread, repeatable property tests, skips for what this machine has not."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest
import torch

from speechkit.protocols import Waveform

torch.set_num_threads(1)  # two threads on busy cores are slower than one, often by ten times
hypothesis.settings.register_profile("speechkit", deadline=None, max_examples=40, derandomize=True, database=None)
hypothesis.settings.load_profile("speechkit")

BUNDLED = Path(__file__).parents[1] / "speechkit" / "bundled"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    bundled = all((BUNDLED / name / "config.json").is_file() for name in ("s2u", "u2s"))
    skips = {
        "gpu": (torch.cuda.is_available(), "no CUDA device"),
        "models": (bundled, "the default models are not in speechkit/bundled"),
    }
    for item in items:
        for marker, (present, reason) in skips.items():
            if marker in item.keywords and not present:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    torch.manual_seed(0)
    yield


@pytest.fixture
def noise() -> Waveform:
    """One second of quiet noise at 16 kHz, float32 [16000]."""
    return (0.1 * np.random.default_rng(0).standard_normal(16000)).astype(np.float32)
