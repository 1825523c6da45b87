"""From scores of codes to latents: the best code, and a margin that says how sure it is."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from s2u import Quantizer, S2UConfig
from s2u.fsq import bound, digits, number, unbound
from s2u.projection import Projection, best_place

LEVELS = (8, 5, 4)


@given(st.integers(0, 10**6))
def test_fsq_hears_the_most_probable_code(seed: int) -> None:
    scores = torch.randn(2, 7, 160, generator=torch.Generator().manual_seed(seed)) * 3
    quantized = Quantizer(LEVELS)(best_place(scores, LEVELS))
    assert torch.equal(quantized.units, scores.argmax(-1))


def test_margin_falls_to_nothing_as_the_runner_up_draws_level() -> None:
    margins = []
    for lead in (10.0, 2.0, 0.5, 0.01):
        scores = torch.full((1, 1, 160), -20.0)
        scores[0, 0, 77], scores[0, 0, 12] = lead, 0.0
        quantized = Quantizer(LEVELS)(best_place(scores, LEVELS))
        assert int(quantized.units) == 77
        margins.append(float(quantized.margins))
    assert margins == sorted(margins, reverse=True) and margins[0] > 0.49 and margins[-1] < 0.01


def test_unbound_inverts_bound() -> None:
    sizes = torch.tensor(LEVELS)
    places = torch.rand(50, 3) * (sizes - 1)
    torch.testing.assert_close(bound(unbound(places, sizes), sizes) + sizes // 2, places, atol=1e-4, rtol=1e-4)


@given(st.lists(st.integers(0, 159), min_size=1, max_size=20))
def test_number_inverts_digits(units: list[int]) -> None:
    assert number(digits(torch.tensor(units), LEVELS), LEVELS).tolist() == units


@pytest.mark.parametrize("kind", ["posterior", "straight"])
def test_both_kinds_give_latents(kind: str) -> None:
    config = S2UConfig(projection=kind, bottleneck_width=16, levels=LEVELS)
    project = Projection(12, config)
    hidden, valid = torch.randn(2, 9, 12), torch.ones(2, 9, dtype=torch.bool)
    assert project(hidden, valid).shape == (2, 9, 3)
    assert project.scores(hidden, valid).shape == (2, 9, 160 if kind == "posterior" else 3)
