"""Whether a reply's emotion suits the user's: the table of EMO-Reasoning, and human ratings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from speechkit.errors import ConfigError
from speechkit.metrics.aggregate import check_same_length, mean_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.result import MetricResult, Outcome, Skip, null_result

APPROPRIATENESS: dict[str, dict[str, float]] = {
    "neutral": {"neutral": 0.9, "happy": 0.6, "angry": 0.3, "sad": 0.4},
    "happy": {"neutral": 0.5, "happy": 1.0, "angry": 0.2, "sad": 0.2},
    "angry": {"neutral": 0.8, "happy": 0.1, "angry": 0.4, "sad": 0.5},
    "sad": {"neutral": 0.6, "happy": 0.2, "angry": 0.4, "sad": 0.9},
}
"""Score of each (user, agent) pair of emotions. Source: EMO-Reasoning, src/evaluate/categorical_evaluate.py."""


def appropriateness(
    users: Sequence[str], agents: Sequence[str], *, bootstrap: BootstrapConfig | None = None
) -> dict[str, MetricResult]:
    """Mean appropriateness of the agent's emotion, per user emotion and overall.

    Args:
        users: emotion of each user turn.
        agents: emotion of each reply.
        bootstrap: interval settings.
    Returns:
        "appropriateness_{emotion}" per user emotion, and "appropriateness": the mean of those that have turns (all four
        in the published code), in [0, 1]. Unknown pairs are skipped ("unknown_pair"); the code gives them 0.
    Raises:
        ShapeError: different lengths.
    Source: metrics.md 6.6.
    """
    check_same_length("appropriateness", users, agents)
    results = {}
    for emotion, row in APPROPRIATENESS.items():
        outcomes: list[Outcome] = [
            row.get(agent, Skip("unknown_pair")) for user, agent in zip(users, agents, strict=True) if user == emotion
        ]
        results[f"appropriateness_{emotion}"] = mean_result(
            f"appropriateness_{emotion}", outcomes, bootstrap=bootstrap, unit="score"
        )
    means = [result.value for result in results.values() if result.value is not None]
    used = sum(result.n for result in results.values())
    skipped = len(users) - used
    fields: dict[str, Any] = {
        "unit": "score",
        "n_skipped": skipped,
        "skipped_reasons": {"unknown_pair": skipped} if skipped else {},
    }
    if not means:
        overall = null_result("appropriateness", "all_items_skipped" if users else "no_items", **fields)
    else:
        overall = MetricResult(
            metric="appropriateness", value=sum(means) / len(means), n=used, details={"emotions": len(means)}, **fields
        )
    return {**results, "appropriateness": overall}


def normalised_likert(rating: float) -> float:
    """A rating of 1 to 5 as [0, 1]: (x - 1) / 4.

    Raises:
        ConfigError: outside 1..5.
    """
    if not 1 <= rating <= 5:
        raise ConfigError(f"a Likert rating lies in [1, 5], got {rating}.")
    return (rating - 1) / 4


def human_ratings(
    rationality: Sequence[float], naturalness: Sequence[float], relevance: Sequence[float]
) -> dict[str, MetricResult]:
    """Human ratings of emotional rationality, emotional naturalness and response relevance, as [0, 1].

    Args:
        rationality: ratings 1..5 of ER.
        naturalness: of EN.
        relevance: of RR.
    Returns:
        "ER", "EN", "RR" and "human_mean", the mean of the three (the paper calls it ERS, the name of something else).
    Raises:
        ConfigError: a rating outside 1..5.
    Source: metrics.md 6.9.
    """
    sides = {"ER": rationality, "EN": naturalness, "RR": relevance}
    results = {
        name: mean_result(name, [normalised_likert(rating) for rating in ratings], unit="score")
        for name, ratings in sides.items()
    }
    values = [result.value for result in results.values() if result.value is not None]
    counted: dict[str, Any] = {"n": sum(result.n for result in results.values()), "unit": "score"}
    if len(values) < 3:
        return {**results, "human_mean": null_result("human_mean", "missing_ratings", **counted)}
    return {**results, "human_mean": MetricResult(metric="human_mean", value=sum(values) / 3, **counted)}
