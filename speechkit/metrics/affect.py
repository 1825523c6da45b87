"""Affect dynamics of one turn: emotional contagion, balancing, stability, and their summary.

Tracks are valence and arousal (and dominance) over time, in the scale of the published constants, [-1, 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.config import Config
from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.aggregate import Clusters, check_same_length, mean_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.dtw import DTWMethod, dtw_distance
from speechkit.metrics.missing_values import fill_tracks
from speechkit.metrics.result import MetricResult, Outcome, Skip

Scale = Literal["emo", "raw"]
ErsMode = Literal["mean", "code"]

EXTREME = (-0.07, 0.345, 0.210)
"""Turn means beyond which a user is in an extreme state: valence below, arousal above, dominance below."""
SHIFTS = (0.211, -0.105, 0.098)
"""What a balancing answer adds to the user's valence, arousal and dominance."""
STABILITY_STEP = 0.04
"""Steps of the agent's track up to this size are stable."""
_TIE = 1e-9


@dataclass(frozen=True, kw_only=True)
class AffectConfig(Config):
    """Choices behind the affect scores. Source: metrics.md 6.2, 6.3."""

    scale: Literal["emo", "raw"] = "emo"
    """emo: inputs in [0, 1] become 2x - 1, the scale of the constants; raw: inputs are taken as they are."""
    dtw: Literal["exact", "fastdtw"] = "exact"
    """fastdtw reproduces the published code."""
    ers_mode: Literal["mean", "code"] = "mean"
    """mean: average of the defined scores (the text of the paper); code: weights of the predecessor's code."""
    gain: float = 5.0
    """K, the slope of all scores."""

    def __post_init__(self) -> None:
        known = self.scale in ("emo", "raw") and self.dtw in ("exact", "fastdtw") and self.ers_mode in ("mean", "code")
        if not known or self.gain <= 0:
            raise ConfigError(f"AffectConfig: unknown choice or gain <= 0 in {self}.")


@dataclass(frozen=True, kw_only=True)
class TurnAffect:
    """Scores of one user turn and the agent's answer; `raw_*` before clipping to [0, 1]."""

    ecs: float
    """Emotional contagion."""
    ebs: float | None
    """Emotional balancing; None when the user is in no extreme state."""
    ess: float
    """Emotional stability."""
    raw_ecs: float
    raw_ebs: float | None
    raw_ess: float

    def ers(self, mode: ErsMode = "mean") -> float:
        """Summary: the mean of the defined scores, or the code's weights .4/.4/.2 (.7/0/.3 without EBS)."""
        return ers(self.ecs, self.ebs, self.ess, mode)


def ers(ecs_score: float, ebs_score: float | None, ess_score: float, mode: ErsMode = "mean") -> float:
    """Emotional reasoning score of one turn.

    Args:
        ecs_score: contagion.
        ebs_score: balancing, or None.
        ess_score: stability.
        mode: "mean" of the defined ones, or "code": .4 ECS + .4 EBS + .2 ESS, .7 ECS + .3 ESS without EBS.
    Returns:
        Value in [0, 1]. Neither mode reproduces the published table, so it is not comparable with it.
    Source: metrics.md 6.3.
    """
    if mode == "code":
        if ebs_score is None:
            return 0.7 * ecs_score + 0.3 * ess_score
        return 0.4 * ecs_score + 0.4 * ebs_score + 0.2 * ess_score
    defined = [score for score in (ecs_score, ebs_score, ess_score) if score is not None]
    return sum(defined) / len(defined)


def affect_track(track: ArrayLike, scale: Scale = "emo") -> NDArray[np.float64] | Skip:
    """A track in the scale of the constants, NaN gaps filled.

    Args:
        track: float [T, D], D = 2 (valence, arousal) or 3 (and dominance), at a fixed rate.
        scale: "emo" maps [0, 1] to [-1, 1]; "raw" keeps the values.
    Returns:
        float64 [T, D], or a `Skip` ("empty_track", "nan_track").
    Raises:
        ShapeError: other shapes.
    """
    values = np.asarray(track, float)
    if values.ndim != 2 or values.shape[1] not in (2, 3):
        raise ShapeError(f"an affect track is [T, 2] or [T, 3], got shape {values.shape}.")
    filled = fill_tracks(values)
    if isinstance(filled, Skip):
        return filled
    return 2 * filled - 1 if scale == "emo" else filled


def ecs(user: NDArray[np.float64], agent: NDArray[np.float64], *, gain: float = 5.0, dtw: DTWMethod = "exact") -> float:
    """Emotional contagion: how closely the agent follows the user's valence and arousal.

        ECS = 1 - K (DTW_V(u, a) + DTW_A(u, a)) / (4 max(T_u, T_a))          4 = 2 dimensions x range 2

    Args:
        user: float [T_u, D] in [-1, 1]; see `affect_track`.
        agent: float [T_a, D].
        gain: K.
        dtw: method.
    Returns:
        Value <= 1, not clipped.
    Raises:
        ShapeError: an empty track.
    Source: EMO-Reasoning, src/evaluate/continuous_evaluate.py.
    """
    total = sum(dtw_distance(user[:, d], agent[:, d], method=dtw) for d in (0, 1))
    return 1 - gain * total / (4 * max(len(user), len(agent)))


def extreme_dimensions(user: NDArray[np.float64]) -> list[int]:
    """Dimensions in which the user's turn is extreme: mean valence < -0.07, arousal > 0.345, dominance < 0.210."""
    means = user.mean(axis=0)
    flags = (means[0] < EXTREME[0], means[1] > EXTREME[1], len(means) > 2 and means[-1] < EXTREME[2])
    return [dimension for dimension, flag in enumerate(flags) if flag]


def ebs(
    user: NDArray[np.float64], agent: NDArray[np.float64], *, gain: float = 5.0, dtw: DTWMethod = "exact"
) -> float | None:
    """Emotional balancing: how close the agent is to a moderated version of an extreme user.

        EBS = 1 - K / n sum over the n extreme dimensions of DTW_d(u + delta_d, a) / T_u

    Args:
        user: float [T_u, D] in [-1, 1].
        agent: float [T_a, D].
        gain: K.
        dtw: method.
    Returns:
        Value <= 1, not clipped; None when no dimension is extreme (the published code returns 1.0, and so also drops
        perfectly balanced turns).
    Raises:
        ShapeError: an empty track.
    Source: EMO-Reasoning, src/evaluate/continuous_evaluate.py.
    """
    dimensions = extreme_dimensions(user)
    if not dimensions:
        return None
    total = sum(dtw_distance(user[:, d] + SHIFTS[d], agent[:, d], method=dtw) for d in dimensions)
    return float(1 - gain / len(dimensions) * total / len(user))


def ess(agent: NDArray[np.float64], *, gain: float = 5.0) -> float:
    """Emotional stability: 1 minus K times the mean of the agent's big steps, over all dimensions.

        ESS = 1 - K mean(B),  B = {|x_t+1 - x_t| > 0.04},  1 when B is empty or there is one frame

    The comparison allows 1e-9, because steps of exactly 0.04 come out a little above it in floating point.

    Args:
        agent: float [T_a, D] in [-1, 1].
        gain: K.
    Returns:
        Value <= 1, not clipped.
    Source: EMO-Reasoning, src/evaluate/continuous_evaluate.py.
    """
    steps = np.abs(np.diff(agent, axis=0))
    big = steps[steps > STABILITY_STEP + _TIE]
    return float(1 - gain * big.mean()) if big.size else 1.0


def turn_affect(user: ArrayLike, agent: ArrayLike, config: AffectConfig | None = None) -> TurnAffect | Skip:
    """All scores of one turn.

    Args:
        user: float [T_u, D], D = 2 or 3, in [0, 1] (scale "emo") or as the constants want them ("raw").
        agent: float [T_a, D].
        config: scale, DTW, K.
    Returns:
        Scores clipped to [0, 1] with the raw values beside them, or a `Skip` ("empty_track", "nan_track").
    Raises:
        ShapeError: other shapes, or different D.
    Source: metrics.md 6.3.
    """
    config = config or AffectConfig()
    tracks = [affect_track(track, config.scale) for track in (user, agent)]
    u, a = tracks
    if isinstance(u, Skip):
        return u
    if isinstance(a, Skip):
        return a
    if u.shape[1] != a.shape[1]:
        raise ShapeError(f"user and agent tracks need the same dimensions, got {u.shape[1]} and {a.shape[1]}.")
    contagion = ecs(u, a, gain=config.gain, dtw=config.dtw)
    balance = ebs(u, a, gain=config.gain, dtw=config.dtw)
    stability = ess(a, gain=config.gain)
    return TurnAffect(
        ecs=clip_unit(contagion),
        ebs=None if balance is None else clip_unit(balance),
        ess=clip_unit(stability),
        raw_ecs=contagion,
        raw_ebs=balance,
        raw_ess=stability,
    )


def clip_unit(value: float) -> float:
    """The value, at least 0 and at most 1."""
    return min(1.0, max(0.0, value))


def single_turn_metrics(
    users: Sequence[ArrayLike],
    agents: Sequence[ArrayLike],
    *,
    config: AffectConfig | None = None,
    clusters: Clusters = None,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """ECS, EBS, ESS and ERS over a set of turns.

    Args:
        users: track of the user per turn.
        agents: track of the agent's answer per turn.
        config: scale, DTW, ERS mode.
        clusters: dialogue per turn.
        bootstrap: interval settings.
    Returns:
        {"ECS", "EBS", "ESS", "ERS"}; EBS averages the turns with an extreme state only, the others are skipped
        ("no_extreme_state"). `details["raw_value"]` is the mean before clipping.
    Raises:
        ShapeError: different numbers of turns or unfit tracks.
    Source: metrics.md 6.3.
    """
    check_same_length("single_turn_metrics", users, agents)
    config = config or AffectConfig()
    turns = [turn_affect(user, agent, config) for user, agent in zip(users, agents, strict=True)]
    shared: dict[str, Any] = {"clusters": clusters, "bootstrap": bootstrap, "params": config.to_dict(), "unit": "score"}
    missing = Skip("no_extreme_state")

    def mean(name: str) -> MetricResult:
        clipped: list[Outcome] = [t if isinstance(t, Skip) else _or(getattr(t, name), missing) for t in turns]
        raw = [getattr(t, f"raw_{name}") for t in turns if isinstance(t, TurnAffect)]
        known = [value for value in raw if value is not None]
        details = {"raw_value": sum(known) / len(known) if known else None}
        return mean_result(name.upper(), clipped, details=details, **shared)

    summaries: list[Outcome] = [t if isinstance(t, Skip) else t.ers(config.ers_mode) for t in turns]
    results = {name.upper(): mean(name) for name in ("ecs", "ebs", "ess")}
    return {**results, "ERS": mean_result("ERS", summaries, **shared)}


def _or(value: float | None, skip: Skip) -> Outcome:
    return skip if value is None else value
