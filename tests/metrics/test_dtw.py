"""Dynamic time warping against a slow twin and against the fastdtw package."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.dtw import accumulated_cost, dtw_distance, fast_dtw, local_cost, warping_path

TRACKS = st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.7]), min_size=1, max_size=14)
FLOATS = st.lists(st.floats(-1, 1), min_size=1, max_size=14)


def slow_cost(first: list[float], second: list[float]) -> float:
    table = np.full((len(first) + 1, len(second) + 1), np.inf)
    table[0, 0] = 0
    for i, a in enumerate(first, 1):
        for j, b in enumerate(second, 1):
            table[i, j] = abs(a - b) + min(table[i - 1, j], table[i, j - 1], table[i - 1, j - 1])
    return float(table[-1, -1])


@given(FLOATS, FLOATS)
def test_exact_distance_equals_the_slow_twin(first: list[float], second: list[float]) -> None:
    assert dtw_distance(first, second) == slow_cost(first, second)


@given(TRACKS, TRACKS)
def test_path_is_legal_and_as_cheap_as_the_distance(first: list[float], second: list[float]) -> None:
    cost = local_cost(first, second)
    path = warping_path(cost)
    assert path[0] == (0, 0)
    assert path[-1] == (len(first) - 1, len(second) - 1)
    assert all((b[0] - a[0], b[1] - a[1]) in {(0, 1), (1, 0), (1, 1)} for a, b in zip(path, path[1:], strict=False))
    assert sum(cost[cell] for cell in path) == pytest.approx(accumulated_cost(cost)[-1, -1])


@given(st.one_of(TRACKS, FLOATS), st.one_of(TRACKS, FLOATS), st.integers(1, 3))
def test_fast_dtw_equals_the_package(first: list[float], second: list[float], radius: int) -> None:
    fastdtw = pytest.importorskip("fastdtw", reason="fastdtw is not installed")
    distance, path = fastdtw.fastdtw(first, second, radius=radius)
    assert fast_dtw(first, second, radius=radius) == (distance, path)


@given(FLOATS, FLOATS)
def test_fast_dtw_is_never_below_exact(first: list[float], second: list[float]) -> None:
    exact, fast = dtw_distance(first, second), dtw_distance(first, second, method="fastdtw")
    assert fast >= exact - 1e-12
    if min(len(first), len(second)) <= 2:
        assert fast == pytest.approx(exact)


def test_several_dimensions() -> None:
    first, second = np.array([[0.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]])
    assert dtw_distance(first, second) == 1.0
    assert local_cost([[0.0, 0.0]], [[3.0, 4.0]], norm=2).tolist() == [[5.0]]
    assert warping_path(local_cost([1.0], [1.0])) == [(0, 0)]


def test_bad_input_is_refused() -> None:
    with pytest.raises(ShapeError, match="non-empty"):
        dtw_distance([], [1.0])
    with pytest.raises(ShapeError, match="non-empty"):
        fast_dtw([1.0], [])
    with pytest.raises(ShapeError):
        local_cost(np.zeros((2, 2)), np.zeros((2, 3)))
    with pytest.raises(ShapeError):
        dtw_distance(np.zeros((1, 1, 1)), [1.0])
    with pytest.raises(ConfigError, match="method"):
        dtw_distance([1.0], [1.0], method="other")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="radius"):
        fast_dtw([1.0], [1.0], radius=0)
