"""Top-1 of K, centroids, and what vectors are about."""

import numpy as np
import pytest
import torch

from prototypes.leakage import leakage_report, variance_share
from prototypes.ranking import Candidate, choose
from speechkit.errors import ShapeError, StyleError

AXES = {"emotion": ("sad", "happy")}


def candidates(count: int = 3) -> list[Candidate]:
    angles = torch.linspace(0, 1, 2 * count)
    return [
        Candidate(
            labels={"emotion": AXES["emotion"][i % 2]},
            style=torch.stack([angles[i].cos(), angles[i].sin()]),
            score=float(i),
            source={"audio": f"{i}.wav"},
        )
        for i in range(2 * count)
    ]


def test_the_surest_clip_wins() -> None:
    chosen = choose(candidates(), AXES, min_candidates=3)
    assert [item.best[0].source["audio"] for item in chosen] == ["4.wav", "5.wav"]
    assert [item.candidates for item in chosen] == [3, 3]
    assert torch.allclose(chosen[0].style, candidates()[4].style, atol=1e-6)


def test_the_order_of_candidates_does_not_matter_even_in_ties() -> None:
    equal = [Candidate(labels=c.labels, style=c.style, score=1.0, source=c.source) for c in candidates()]
    one, other = (choose(clips, AXES, min_candidates=1) for clips in (equal, equal[::-1]))
    assert [c.best[0].source for c in one] == [c.best[0].source for c in other]


def test_a_centroid_lies_among_its_clips() -> None:
    chosen = choose(candidates(), AXES, best=2, min_candidates=1)[0]
    expected = torch.nn.functional.normalize(candidates()[2].style + candidates()[4].style, dim=0)
    assert torch.allclose(chosen.style, expected, atol=1e-6) and len(chosen.best) == 2


def test_too_few_candidates_and_foreign_labels_are_refused() -> None:
    with pytest.raises(StyleError, match="too few"):
        choose(candidates(), AXES, min_candidates=4)
    with pytest.raises(StyleError, match="emotion: sad"):
        choose(candidates(), {"emotion": ("sad",)}, min_candidates=1)
    with pytest.raises(StyleError, match="best"):
        choose(candidates(), AXES, best=0)


def test_variance_shares_against_a_slower_sum() -> None:
    random = np.random.default_rng(0)
    groups = ["a", "b", "c"] * 8
    vectors = random.standard_normal((24, 5)) + np.array([{"a": 0.0, "b": 1.0, "c": 3.0}[g] for g in groups])[:, None]
    within = total = 0.0
    for dimension in range(5):
        column = vectors[:, dimension]
        total += sum((value - column.mean()) ** 2 for value in column)
        for name in "abc":
            mine = [value for value, group in zip(column, groups, strict=True) if group == name]
            within += sum((value - sum(mine) / len(mine)) ** 2 for value in mine)
    assert variance_share(vectors, groups) == pytest.approx(1 - (within / 21) / (total / 23))


def test_nothing_is_explained_by_chance() -> None:
    random = np.random.default_rng(1)
    share = variance_share(random.standard_normal((400, 8)), [str(i % 4) for i in range(400)])
    assert share is not None and share < 0.02
    assert variance_share(np.ones((4, 2)), ["a", "a", "b", "b"]) is None
    assert leakage_report(np.eye(2), [{"emotion": "a"}, {"emotion": "a"}]) == {"emotion": None}
    with pytest.raises(ShapeError):
        variance_share(np.ones(3), ["a"] * 3)
