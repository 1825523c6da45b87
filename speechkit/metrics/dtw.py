"""Dynamic time warping: exact, and the FastDTW approximation for parity with published numbers."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.errors import ConfigError, ShapeError

Path = list[tuple[int, int]]
DTWMethod = Literal["exact", "fastdtw"]


def dtw_distance(first: ArrayLike, second: ArrayLike, *, method: DTWMethod = "exact", radius: int = 1) -> float:
    """Summed |a - b| along the best warping path of two tracks, not normalised.

    Steps (1, 0), (0, 1), (1, 1); no window. D[i, j] = |a_i - b_j| + min of the three predecessors.

    Args:
        first: float [T] or [T, D]; rows are compared by their L1 distance.
        second: float [T'] or [T', D].
        method: "exact", or "fastdtw" for parity with tools that use that package.
        radius: FastDTW's radius.
    Returns:
        Distance >= 0; FastDTW's is never smaller than the exact one.
    Raises:
        ShapeError: an empty track or different dimensions.
        ConfigError: an unknown method.
    Source: Sakoe and Chiba 1978; Salvador and Chan 2007.
    """
    if method == "fastdtw":
        return fast_dtw(first, second, radius=radius)[0]
    if method != "exact":
        raise ConfigError(f"DTW method must be 'exact' or 'fastdtw', got {method!r}.")
    return float(accumulated_cost(local_cost(first, second, norm=1))[-1, -1])


def local_cost(first: ArrayLike, second: ArrayLike, *, norm: Literal[1, 2] = 1) -> NDArray[np.float64]:
    """Distance of every row of one track to every row of the other.

    Args:
        first: float [T] or [T, D].
        second: float [T'] or [T', D].
        norm: 1 (sum of absolute differences) or 2 (Euclidean).
    Returns:
        float64 [T, T'].
    Raises:
        ShapeError: an empty track or different dimensions.
    """
    a, b = _rows(first), _rows(second)
    if not len(a) or not len(b) or a.shape[1] != b.shape[1]:
        raise ShapeError(f"DTW takes two non-empty tracks of equal dimension, got {a.shape} and {b.shape}.")
    cost = np.zeros((len(a), len(b)))
    for column in range(a.shape[1]):
        difference = a[:, column, None] - b[None, :, column]
        cost += np.abs(difference) if norm == 1 else difference**2
    return cost if norm == 1 else np.sqrt(cost)


def accumulated_cost(cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cost of the cheapest path to every cell, float64 [T, T'], by anti-diagonals (each is one vector)."""
    rows, columns = cost.shape
    total = np.full((rows + 1, columns + 1), np.inf)
    total[0, 0] = 0.0
    for diagonal in range(2, rows + columns + 1):
        i = np.arange(max(1, diagonal - columns), min(rows, diagonal - 1) + 1)
        j = diagonal - i
        before = np.minimum(np.minimum(total[i - 1, j], total[i, j - 1]), total[i - 1, j - 1])
        total[i, j] = before + cost[i - 1, j - 1]
    return total[1:, 1:]


def warping_path(cost: NDArray[np.float64]) -> Path:
    """A cheapest path through a cost matrix, from (0, 0) to the last cell; diagonal steps win ties."""
    total = np.pad(accumulated_cost(cost), ((1, 0), (1, 0)), constant_values=np.inf)
    i, j = cost.shape
    path: Path = [(i - 1, j - 1)]
    while (i, j) != (1, 1):
        i, j = min(((i - 1, j - 1), (i - 1, j), (i, j - 1)), key=lambda cell: total[cell])
        path.append((i - 1, j - 1))
    return path[::-1]


def fast_dtw(first: ArrayLike, second: ArrayLike, *, radius: int = 1) -> tuple[float, Path]:
    """Approximate DTW: solve at half the rate, then search only near that path.

    Equal to the `fastdtw` package 0.3.4, ties included (a step in the first track wins, then one in the second, then
    the diagonal). Equal to the exact distance when a track is shorter than radius + 2.

    Args:
        first: float [T] or [T, D].
        second: float [T'] or [T', D].
        radius: cells searched around the coarse path, at least 1 (the package fails on odd lengths with 0).
    Returns:
        (distance, path).
    Raises:
        ShapeError: an empty track or different dimensions.
        ConfigError: a radius below 1.
    Source: Salvador and Chan 2007, "FastDTW: toward accurate dynamic time warping in linear time and space".
    """
    if radius < 1:
        raise ConfigError(f"the FastDTW radius must be at least 1, got {radius}.")
    a, b = _rows(first), _rows(second)
    local_cost(a[:1], b[:1])  # checks the shapes
    return _fast_dtw(a, b, radius)


def _fast_dtw(a: NDArray[np.float64], b: NDArray[np.float64], radius: int) -> tuple[float, Path]:
    if min(len(a), len(b)) < radius + 2:
        return _windowed(a, b, [range(len(b))] * len(a))
    _, coarse = _fast_dtw(_halved(a), _halved(b), radius)
    return _windowed(a, b, _window(coarse, len(a), len(b), radius))


def _halved(track: NDArray[np.float64]) -> NDArray[np.float64]:
    even = len(track) - len(track) % 2
    return (track[0:even:2] + track[1:even:2]) / 2


def _window(coarse: Path, rows: int, columns: int, radius: int) -> list[range]:
    """Columns to search in every row: the coarse cells, widened by the radius, at twice the resolution."""
    spans: dict[int, tuple[int, int]] = {}
    for i, j in coarse:
        for row in range(2 * (i - radius), 2 * (i + radius) + 2):
            low, high = spans.get(row, (columns, 0))
            spans[row] = (min(low, 2 * (j - radius)), max(high, 2 * (j + radius) + 2))
    window, start = [], 0
    for row in range(rows):
        low, high = spans.get(row, (columns, 0))
        start = max(start, low)
        window.append(range(start, max(start, min(high, columns))))
    return window


def _windowed(a: NDArray[np.float64], b: NDArray[np.float64], window: list[range]) -> tuple[float, Path]:
    infinite = (float("inf"), 0, 0)
    best: dict[tuple[int, int], tuple[float, int, int]] = {(0, 0): (0.0, 0, 0)}
    for i, columns in enumerate(window, 1):
        for j in (column + 1 for column in columns):
            step = float(np.abs(a[i - 1] - b[j - 1]).sum())
            before = ((i - 1, j), (i, j - 1), (i - 1, j - 1))
            best[i, j] = min(((best.get(c, infinite)[0] + step, *c) for c in before), key=lambda item: item[0])
    path: Path = []
    i, j = len(a), len(b)
    while i or j:
        path.append((i - 1, j - 1))
        _, i, j = best[i, j]
    return best[len(a), len(b)][0], path[::-1]


def _rows(track: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(track, float)
    if values.ndim not in (1, 2):
        raise ShapeError(f"a track is [T] or [T, D], got shape {values.shape}.")
    return values[:, None] if values.ndim == 1 else values
