"""Speed: what is spoken when is a rule of the position, whatever the windows; every step counts, and one is one."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from u2s.pace import VOICING, Pace

SPEEDS = st.fractions(Fraction(1, 4), Fraction(4), max_denominator=50)


def slowly(values: torch.Tensor, speed: Fraction, per_step: int) -> torch.Tensor:
    """One value at a time, in fractions: at (j + 1/2) speed - 1/2, linear in between, held at the ends."""
    last, spoken = len(values) - 1, math.ceil(Fraction(len(values), per_step) / speed) * per_step
    rows = []
    for j in range(spoken):
        place = min(max((j + Fraction(1, 2)) * speed - Fraction(1, 2), Fraction(0)), Fraction(last))
        left = math.floor(place)
        share = float(place - left)
        rows.append((1 - share) * values[left] + share * values[min(left + 1, last)])
    return torch.stack(rows)


@given(SPEEDS, st.integers(1, 12))
def test_it_reads_where_the_slow_twin_reads(speed: Fraction, steps: int) -> None:
    latents, prosody = torch.randn(1, steps, 3), torch.randn(1, 2 * steps, 3)
    prosody[..., VOICING] = (prosody[..., VOICING] > 0).float()
    spoken, track = Pace(speed).stretch(latents, prosody, 0)
    torch.testing.assert_close(spoken[0], slowly(latents[0], speed, 1))
    expected = slowly(prosody[0], speed, 2)
    torch.testing.assert_close(track[0, :, 0::2], expected[:, 0::2])
    assert set(track[0, :, VOICING].tolist()) <= {0.0, 1.0}
    assert torch.equal(track[0, :, VOICING], (expected[:, VOICING] > 0.5).float()) or speed.denominator > 1


@given(SPEEDS, st.integers(1, 9), st.integers(1, 9))
def test_windows_meet(speed: Fraction, left: int, right: int) -> None:
    pace = Pace(speed)
    whole = torch.randn(1, left + right + 8, 2)
    track = torch.rand(1, 2 * whole.shape[1], 3)
    spoken, _ = pace.stretch(whole, track, 0)
    part, _ = pace.stretch(whole[:, left:], track[:, 2 * left :], left)
    begin = pace.spoken_before(left)
    assert spoken.shape[1] - begin == part.shape[1]
    inside = max(0, pace.spoken_before(left + 1) - begin)
    torch.testing.assert_close(spoken[:, begin + inside :], part[:, inside:])


def test_one_changes_nothing() -> None:
    latents, prosody = torch.randn(1, 4, 3), torch.rand(1, 8, 3)
    spoken, track = Pace.of(1.0).stretch(latents, prosody, 5)
    assert spoken is latents and track is prosody


@pytest.mark.parametrize(("speed", "spoken"), [(0.5, 8), (1.0, 4), (1.14, 4), (2.0, 2), (4.0, 1)])
def test_how_much_is_spoken(speed: float, spoken: int) -> None:
    assert Pace.of(speed).spoken_before(4) == spoken
