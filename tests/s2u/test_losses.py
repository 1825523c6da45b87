"""Losses against slower twins."""

import itertools
import math

import pytest
import torch

from s2u.losses import consistency_loss, correlation_loss, ctc_loss, masked_mean, teacher_loss
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


def test_masked_losses_ignore_padding() -> None:
    valid = torch.tensor([[True, True, False]])
    first, second = torch.randn(1, 3, 4), torch.randn(1, 3, 4)
    spoilt = first.clone()
    spoilt[:, 2] = 1e3
    for loss in (teacher_loss, consistency_loss):
        assert torch.equal(loss(first, second, valid), loss(spoilt, second, valid))
    assert float(teacher_loss(first, first, valid)) == pytest.approx(0, abs=1e-6)
    assert float(masked_mean(torch.tensor([[1.0, 3.0, 9.0]]), valid)) == 2.0


def test_correlation_is_zero_for_independent_and_high_for_copied_dimensions() -> None:
    values = torch.randn(1, 4000, 2)
    valid = torch.ones(1, 4000, dtype=torch.bool)
    assert float(correlation_loss(values, valid)) < 0.01
    assert float(correlation_loss(values[..., :1].repeat(1, 1, 2), valid)) == pytest.approx(1.0, rel=0.05)
