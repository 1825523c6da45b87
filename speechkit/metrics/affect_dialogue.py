"""Affect dynamics across turns: contagion, balancing and stability of a whole dialogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speechkit.metrics.affect import AffectConfig, ErsMode, TurnAffect, affect_track, clip_unit, turn_affect
from speechkit.metrics.aggregate import mean_result
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.dtw import dtw_distance
from speechkit.metrics.result import MetricResult, Outcome, Skip

Turn = tuple[ArrayLike, ArrayLike]
"""(user track, agent track) of one turn; see `affect_track`."""


@dataclass(frozen=True, kw_only=True)
class DialogueAffect:
    """Cross-turn scores of one dialogue, in [0, 1]."""

    ct_ecs: float
    """Mean ECS of the turns."""
    ct_ebs: float | None
    """Mean EBS of the turns with an extreme state; None without one."""
    ct_ess: float
    """Stability of the agent from turn to turn."""
    raw_ct_ess: float
    """The same before clipping."""
    turns: int
    """Usable turns."""

    def ct_ers(self, mode: ErsMode = "mean") -> float:
        """Mean of the defined scores, or the code's .35/.35/.3 (.6/0/.4 without an extreme state)."""
        if mode == "code":
            if self.ct_ebs is None:
                return 0.6 * self.ct_ecs + 0.4 * self.ct_ess
            return 0.35 * self.ct_ecs + 0.35 * self.ct_ebs + 0.3 * self.ct_ess
        defined = [score for score in (self.ct_ecs, self.ct_ebs, self.ct_ess) if score is not None]
        return sum(defined) / len(defined)


def ct_ess(agents: Sequence[NDArray[np.float64]], config: AffectConfig) -> float | None:
    """Cross-turn stability: distance of each agent turn to the next.

        CT-ESS = 1 - K mean_i [ sum_d DTW_d(a_i, a_i+1) / (2 D max(T_i, T_i+1)) ]

    Args:
        agents: agent tracks float [T_i, D] in [-1, 1], in order.
        config: K and DTW.
    Returns:
        Value <= 1, not clipped; None below 2 turns. D = 3 gives the published code's 6, valence and arousal 4.
    Source: EMO-Reasoning, src/evaluate/continuous_evaluate.py.
    """
    distances = []
    for one, two in pairwise(agents):
        total = sum(dtw_distance(one[:, d], two[:, d], method=config.dtw) for d in range(one.shape[1]))
        distances.append(total / (2 * one.shape[1] * max(len(one), len(two))))
    return float(1 - config.gain * np.mean(distances)) if distances else None


def dialogue_affect(turns: Sequence[Turn], config: AffectConfig | None = None) -> DialogueAffect | Skip:
    """Cross-turn scores of one dialogue.

    Args:
        turns: (user track, agent track) per turn, in order; a turn with an empty or NaN track is left out.
        config: scale, DTW, K.
    Returns:
        The scores, or `Skip("fewer_than_2_turns")`.
    Raises:
        ShapeError: unfit tracks.
    Source: metrics.md 6.4.
    """
    config = config or AffectConfig()
    scored: list[TurnAffect] = []
    agents: list[NDArray[np.float64]] = []
    for user, agent in turns:
        scores, track = turn_affect(user, agent, config), affect_track(agent, config.scale)
        if isinstance(scores, TurnAffect) and not isinstance(track, Skip):
            scored.append(scores)
            agents.append(track)
    stability = ct_ess(agents, config)
    if stability is None:
        return Skip("fewer_than_2_turns")
    balances = [turn.ebs for turn in scored if turn.ebs is not None]
    return DialogueAffect(
        ct_ecs=sum(turn.ecs for turn in scored) / len(scored),
        ct_ebs=sum(balances) / len(balances) if balances else None,
        ct_ess=clip_unit(stability),
        raw_ct_ess=stability,
        turns=len(scored),
    )


def cross_turn_metrics(
    dialogues: Sequence[Sequence[Turn]],
    *,
    config: AffectConfig | None = None,
    bootstrap: BootstrapConfig | None = None,
) -> dict[str, MetricResult]:
    """CT-ECS, CT-EBS, CT-ESS and CT-ERS: means over dialogues.

    Args:
        dialogues: turns per dialogue.
        config: scale, DTW, ERS mode.
        bootstrap: interval settings.
    Returns:
        Values in [0, 1]. Dialogues with fewer than 2 usable turns are skipped; CT-EBS also skips those without an
        extreme state ("no_extreme_state").
    Raises:
        ShapeError: unfit tracks.
    Source: metrics.md 6.4.
    """
    config = config or AffectConfig()
    scored = [dialogue_affect(turns, config) for turns in dialogues]
    shared: dict[str, Any] = {"bootstrap": bootstrap, "params": config.to_dict(), "unit": "score"}
    missing = Skip("no_extreme_state")
    columns: dict[str, list[Outcome]] = {
        "CT-ECS": [d if isinstance(d, Skip) else d.ct_ecs for d in scored],
        "CT-EBS": [d if isinstance(d, Skip) else missing if d.ct_ebs is None else d.ct_ebs for d in scored],
        "CT-ESS": [d if isinstance(d, Skip) else d.ct_ess for d in scored],
        "CT-ERS": [d if isinstance(d, Skip) else d.ct_ers(config.ers_mode) for d in scored],
    }
    return {name: mean_result(name, outcomes, **shared) for name, outcomes in columns.items()}
