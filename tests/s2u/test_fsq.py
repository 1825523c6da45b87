"""The quantiser against a slower twin written from the formula."""

import itertools
import math

import pytest
import torch

from s2u.fsq import Quantizer
from speechkit.errors import ShapeError, UnitsError


def slow_unit(latent: list[float], levels: tuple[int, ...]) -> int:
    """FSQ appendix A.1 in scalars: bound by tanh, round, read the digits in mixed radix, first dimension fastest."""
    unit, basis = 0, 1
    for value, level in zip(latent, levels, strict=True):
        half = (level - 1) * (1 + 1e-3) / 2
        offset = 0.5 if level % 2 == 0 else 0.0
        bounded = math.tanh(value + math.atanh(offset / half)) * half - offset
        unit += (round(bounded) + level // 2) * basis
        basis *= level
    return unit


@pytest.mark.parametrize("levels", [(8, 8, 8, 8), (7, 5, 5), (4, 4)])
def test_units_equal_the_formula(levels: tuple[int, ...]) -> None:
    latents = torch.randn(3, 50, len(levels)) * 2
    quantized = Quantizer(levels).eval()(latents)
    slow = [[slow_unit(row.tolist(), levels) for row in rows] for rows in latents]
    assert quantized.units.tolist() == slow and quantized.units.dtype == torch.int64


def test_first_dimension_is_least_significant() -> None:
    codes = Quantizer((8, 8, 8, 8)).codes_of(torch.tensor([0, 1, 8, 64, 512]))
    moved = (codes[1:] != codes[0]).tolist()
    assert moved == [[i == j for j in range(4)] for i in range(4)]


def test_codes_and_units_are_one_to_one() -> None:
    quantizer = Quantizer((3, 4, 5))
    codes = quantizer.codes_of(torch.arange(60))
    assert len({tuple(code) for code in codes.tolist()}) == 60
    assert codes.min() >= -1 and codes.max() <= 1


def test_straight_through_gradient() -> None:
    latents = torch.randn(1, 9, 4, requires_grad=True)
    Quantizer((8, 8, 8, 8)).train()(latents).codes.square().sum().backward()
    assert latents.grad is not None and (latents.grad != 0).any()


def test_margin_is_the_distance_to_the_boundary() -> None:
    quantizer = Quantizer((8,)).eval()
    for value in torch.linspace(-2, 2, 41):
        margin = float(quantizer(value.view(1, 1, 1)).margins)
        bounded = math.tanh(float(value) + math.atanh(0.5 / 3.5035)) * 3.5035 - 0.5
        boundaries = [edge + 0.5 for edge in range(-5, 5)]
        assert margin == pytest.approx(min(abs(bounded - edge) for edge in boundaries), abs=1e-5)


def test_wrong_inputs_raise() -> None:
    quantizer = Quantizer((8, 8))
    with pytest.raises(ShapeError, match="2"):
        quantizer(torch.zeros(1, 3, 4))
    for bad in itertools.chain([-1], [64]):
        with pytest.raises(UnitsError):
            quantizer.codes_of(torch.tensor([bad]))
