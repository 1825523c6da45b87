"""The optional regulation policy: pull an extreme user state toward balance instead of mirroring it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from speechkit.config import Config
from speechkit.errors import ConfigError
from speechkit.thinker.strategies import Strategy, fold_label, strategies_for

AFFECT: Mapping[str, tuple[float, float]] = {
    "neutral": (0.5, 0.5),
    "happy": (0.9, 0.7),
    "sad": (0.15, 0.25),
    "angry": (0.1, 0.9),
    "surprised": (0.6, 0.9),
    "disgusted": (0.15, 0.6),
    "fearful": (0.15, 0.85),
}
"""(valence, arousal) of each emotion in [0, 1], balance at 0.5. Rough places on the circumplex, ours."""

_AROUSAL_STEPS = {"low": -0.1, "slow": -0.1, "normal": 0.0, "high": 0.1, "fast": 0.1}


@dataclass(frozen=True, kw_only=True)
class RegulationPolicy(Config):
    """When a state is extreme, and how far the answer is pulled to balance.

    Omni models mirror extreme states: on multi-turn dialogues they score 0.04-0.16 in balance (CT-EBS), where the
    reference dialogues score 0.39. Source: AV-EMO-Reasoning, table 2.
    """

    extreme: float = 0.3
    """Distance from balance, in (0, 0.71], from which on a state is extreme."""
    tempered: bool = True
    """Answer an extreme state with normal pitch and speed where the strategy would go along with its arousal."""

    def __post_init__(self) -> None:
        if not 0 < self.extreme <= math.sqrt(0.5):
            raise ConfigError(f"RegulationPolicy.extreme must lie in (0, 0.71], got {self.extreme}.")


def affect_of(probabilities: Mapping[str, float]) -> tuple[float, float]:
    """Expected (valence, arousal), in [0, 1], under a scorer's probabilities; balance where there are none.

    >>> affect_of({"angry": 1.0})
    (0.1, 0.9)
    """
    total = sum(probabilities.values())
    if total <= 0:
        return AFFECT["neutral"]
    places = [(AFFECT[fold_label(label)], weight / total) for label, weight in probabilities.items()]
    return (sum(place[0] * weight for place, weight in places), sum(place[1] * weight for place, weight in places))


def distance_to_balance(affect: tuple[float, float]) -> float:
    """Euclidean distance of (valence, arousal) from (0.5, 0.5)."""
    return math.dist(affect, AFFECT["neutral"])


def voice_affect(style: Mapping[str, str]) -> tuple[float, float]:
    """Where a style header lies: its emotion, and a step of arousal each for pitch and speed."""
    valence, arousal = AFFECT[style["emotion"]]
    arousal += _AROUSAL_STEPS[style["pitch"]] + _AROUSAL_STEPS[style["speed"]]
    return valence, min(max(arousal, 0.0), 1.0)


def suited_strategies(
    probabilities: Mapping[str, float], policy: RegulationPolicy | None = None
) -> tuple[tuple[Strategy, ...], bool]:
    """The strategies for what a scorer heard, the default first, and whether the policy changed them.

    Without a policy: the row of the most probable emotion. With one, an extreme state keeps only the strategies of the row
    whose voice is not extreme itself; where there is none, the one nearest to balance.
    """
    emotion = dominant(probabilities)
    row = strategies_for(emotion)
    if policy is None or distance_to_balance(affect_of(probabilities)) < policy.extreme:
        return row, False
    distances = [distance_to_balance(voice_affect(strategy.style)) for strategy in row]
    bound = max(min(distances) + 1e-9, policy.extreme)
    kept = tuple(strategy for strategy, away in zip(row, distances, strict=True) if away <= bound)
    return kept, kept != row


def tempered_style(
    style: Mapping[str, str], probabilities: Mapping[str, float], policy: RegulationPolicy
) -> dict[str, str]:
    """The header, its pitch and speed set to normal where they go along with the arousal of an extreme state.

    >>> tempered_style({"emotion": "happy", "pitch": "high", "speed": "fast"}, {"happy": 1.0}, RegulationPolicy())
    {'emotion': 'happy', 'pitch': 'normal', 'speed': 'normal'}
    """
    affect = affect_of(probabilities)
    if not policy.tempered or distance_to_balance(affect) < policy.extreme:
        return dict(style)
    side = affect[1] - AFFECT["neutral"][1]
    return {
        axis: "normal" if axis != "emotion" and _AROUSAL_STEPS[value] * side > 0 else value
        for axis, value in style.items()
    }


def dominant(probabilities: Mapping[str, float]) -> str:
    """The most probable emotion after folding; neutral where there is none.

    >>> dominant({"sad": 0.3, "sadness": 0.2, "angry": 0.4})
    'sad'
    """
    folded: dict[str, float] = {}
    for label, weight in probabilities.items():
        folded[fold_label(label)] = folded.get(fold_label(label), 0.0) + weight
    return max(folded, key=lambda name: folded[name]) if folded else "neutral"
