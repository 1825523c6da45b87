"""From scored candidate clips to prototypes: the Top-1 of K for every style, or the centre of the best. Plain functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from torch import Tensor

from prototypes.sphere import convex
from speechkit.errors import StyleError

MIN_CANDIDATES = 8
"""K: fewer candidates for a style make its prototype a matter of luck."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """One clip that may become a prototype.

    Attributes:
        labels: value per axis.
        style: float32 [D], L2 norm 1.
        score: the scorer's confidence in what was wanted, in [0, 1].
        scores: the scorer's whole answer.
        source: where the clip comes from; file name and whatever its manifest said.
    """

    labels: Mapping[str, str]
    style: Tensor
    score: float
    scores: Mapping[str, float] = field(default_factory=dict)
    source: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Chosen:
    """A style's winner.

    Attributes:
        labels: value per axis.
        style: float32 [D], L2 norm 1.
        best: the candidates that it is made of, best first; one for Top-1.
        candidates: K, how many there were.
    """

    labels: Mapping[str, str]
    style: Tensor
    best: tuple[Candidate, ...]
    candidates: int


def rank(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Best first; equal scores in the order of their sources' names, so that a bank builds the same everywhere."""
    return sorted(candidates, key=lambda item: (-item.score, str(item.source.get("audio", ""))))


def choose(
    candidates: Sequence[Candidate],
    axes: Mapping[str, Sequence[str]],
    *,
    best: int = 1,
    min_candidates: int = MIN_CANDIDATES,
) -> list[Chosen]:
    """Pick a prototype for every combination of the axes' values.

    Args:
        candidates: of all styles.
        axes: values per axis, in the order of the bank.
        best: 1 is Top-1; more takes the mean direction of that many best (a centroid).
        min_candidates: K that every style must have.
    Raises:
        StyleError: a style has fewer candidates, a candidate has labels outside the axes, or `best` is not positive.
    """
    if best < 1:
        raise StyleError(f"a prototype is made of at least one clip, got best={best}.")
    groups: dict[tuple[str, ...], list[Candidate]] = {values: [] for values in product(*axes.values())}
    for item in candidates:
        key = tuple(item.labels.get(axis, "") for axis in axes)
        if key not in groups:
            raise StyleError(f"a candidate is labelled {dict(item.labels)}; the axes are {_listed(axes)}.")
        groups[key].append(item)
    few = {"-".join(key): len(items) for key, items in groups.items() if len(items) < min_candidates}
    if few:
        raise StyleError(f"every style needs {min_candidates} candidates or more; too few for {few}.")
    return [_chosen(dict(zip(axes, key, strict=True)), rank(items), best) for key, items in groups.items()]


def _chosen(labels: Mapping[str, str], ranked: list[Candidate], best: int) -> Chosen:
    top = tuple(ranked[:best])
    style = convex([item.style for item in top], [1.0] * len(top))
    return Chosen(labels=labels, style=style, best=top, candidates=len(ranked))


def _listed(axes: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{axis}: {', '.join(values)}" for axis, values in axes.items())
