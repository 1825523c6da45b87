import torch
from hypothesis import given
from hypothesis import strategies as st

from speechkit.lengths import ceil_div, length_mask, num_units


@given(st.integers(0, 10**15), st.integers(1, 10**6))
def test_ceil_div_against_its_definition(numerator: int, denominator: int) -> None:
    quotient = ceil_div(numerator, denominator)
    assert quotient * denominator >= numerator > (quotient - 1) * denominator


@given(st.integers(0, 3600 * 16000))
def test_length_law_counts_started_hops(samples: int) -> None:
    whole, rest = divmod(samples, 640)
    assert num_units(samples) == whole + (rest > 0)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.one_of(st.none(), st.integers(9, 12)))
def test_mask_against_loops(lengths: list[int], maximum: int | None) -> None:
    mask = length_mask(torch.tensor(lengths), maximum)
    width = max(lengths) if maximum is None else maximum
    assert mask.tolist() == [[position < length for position in range(width)] for length in lengths]
