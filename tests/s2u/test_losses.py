"""Losses against slower twins."""

import itertools
import math

import pytest
import torch

from s2u.fsq import Quantizer
from s2u.losses import ctc_loss, level_centres, level_loss, masked_mean
from s2u.phone_decoder import collapse


def slow_ctc(logits: torch.Tensor, target: list[int]) -> float:
    """Sum over every path of labels that collapses to the target."""
    log_probabilities = logits.log_softmax(-1).double()
    steps, labels = logits.shape
    total = 0.0
    for path in itertools.product(range(labels), repeat=steps):
        if collapse(list(path), labels - 1) == target:
            total += math.exp(sum(float(log_probabilities[t, label]) for t, label in enumerate(path)))
    return -math.log(total)


def test_ctc_sums_over_all_paths() -> None:
    logits = torch.randn(1, 5, 4)
    loss = ctc_loss(logits, torch.tensor([5]), torch.tensor([[0, 1, 1]]), torch.tensor([3]))
    assert float(loss) == pytest.approx(slow_ctc(logits[0], [0, 1, 1]) / 3, rel=1e-5)


def test_impossible_alignment_counts_zero() -> None:
    assert float(ctc_loss(torch.randn(1, 2, 4), torch.tensor([2]), torch.tensor([[0, 0, 0]]), torch.tensor([3]))) == 0.0


def test_level_loss_is_zero_on_the_centres_and_free_beyond_the_outer_ones() -> None:
    sizes, levels = (8, 8), torch.tensor([[[0, 7], [3, 4]]])
    valid = torch.ones(1, 2, dtype=torch.bool)
    centres = level_centres(levels, torch.tensor(sizes))
    assert float(level_loss(centres, levels, sizes, valid)) == 0.0
    beyond = centres + torch.tensor([[[-5.0, 5.0], [0.0, 0.0]]])
    assert float(level_loss(beyond, levels, sizes, valid)) == 0.0
    assert float(level_loss(centres + torch.tensor([[[0.5, 0.0], [0.5, 0.0]]]), levels, sizes, valid)) > 0.2


def test_level_centres_are_what_the_quantiser_hears() -> None:
    levels = torch.cartesian_prod(torch.arange(8), torch.arange(4))
    quantized = Quantizer((8, 4))(level_centres(levels, torch.tensor((8, 4)))[None])
    assert quantized.units[0].tolist() == (levels[:, 0] + 8 * levels[:, 1]).tolist()
    assert float(quantized.margins.min()) > 0.2


def test_unknown_levels_and_padding_count_nothing() -> None:
    latents, levels = torch.randn(1, 3, 2), torch.tensor([[[1, 2], [-1, -1], [3, 3]]])
    valid = torch.tensor([[True, True, False]])
    alone = level_loss(latents[:, :1], levels[:, :1], (8, 8), valid[:, :1])
    assert torch.allclose(level_loss(latents, levels, (8, 8), valid), alone)
    assert float(masked_mean(torch.tensor([[1.0, 3.0, 9.0]]), valid)) == 2.0
