"""Forced alignment against enumeration."""

import itertools

import numpy as np
import pytest

pytest.importorskip("lightning")

from recipes.align import BLANK, fill, viterbi
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
