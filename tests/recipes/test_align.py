"""Forced alignment against enumeration, and the codebook stage on random features."""

import itertools

import numpy as np
import pytest
import torch

pytest.importorskip("lightning")

from recipes.align import BLANK, fill, viterbi
from recipes.codebook import WEIGHTS, Codebook, collate
from s2u import S2UConfig
from s2u.phone_decoder import collapse


def best_path_score(scores: np.ndarray, labels: list[int]) -> float:
    """The best of all paths that collapse to the labels."""
    symbols = [BLANK, *sorted(set(labels))]
    paths = itertools.product(symbols, repeat=len(scores))
    return max(sum(scores[t, s] for t, s in enumerate(path)) for path in paths if collapse(list(path), BLANK) == labels)


@pytest.mark.parametrize("seed", range(12))
def test_viterbi_finds_the_best_path(seed: int) -> None:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, random.integers(1, 4)).tolist()
    scores = random.standard_normal((2 * len(labels) + 1, BLANK + 1)).astype(np.float32)
    path = viterbi(scores, labels)
    assert collapse(path.tolist(), BLANK) == labels
    assert sum(scores[t, s] for t, s in enumerate(path)) == pytest.approx(best_path_score(scores, labels), rel=1e-5)


def test_fill_shares_short_gaps_and_keeps_long_ones_silent() -> None:
    path = np.full(30, BLANK)
    path[[5, 8, 20]] = [1, 2, 3]
    filled = fill(path)
    assert filled[4:8].tolist() == [1, 1, 1, 2] and (filled[11:17] == BLANK).all() and filled[20] == 3


def test_fill_of_nothing_is_silence() -> None:
    assert (fill(np.full(4, BLANK)) == BLANK).all()


def test_bottleneck_learns_a_batch() -> None:
    torch.manual_seed(0)
    config = S2UConfig(phone_width=32, bottleneck_width=32)
    model = Codebook(config).train()
    clips = [
        {"teacher": torch.randn(20, 512), "labels": [3, 4, 5], "aligned": torch.randint(0, 240, (20,))},
        {"teacher": torch.randn(12, 512), "labels": [9], "aligned": None},
    ]
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    losses = []
    for _ in range(120):
        loss = torch.stack([WEIGHTS[name] * part for name, part in model.losses(collate(clips)).items()]).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach().item())
    assert losses[-1] < 0.6 * losses[0]
