"""The regulation policy for thinkers that reason in free text: around the director, by the emotion that they name."""

from __future__ import annotations

import re
from dataclasses import replace

from speechkit.protocols import Direction, StrategyToInstruction, Thoughts
from speechkit.thinker.instruction import describe, direction_of
from speechkit.thinker.regulation import (
    RegulationPolicy,
    distance_to_balance,
    suited_strategies,
    tempered_style,
    voice_affect,
)
from speechkit.thinker.strategies import EMOTION_WORDS


class RegulatedInstruction:
    """Another director's decision, pulled toward balance where the thoughts tell of an extreme state."""

    def __init__(self, policy: RegulationPolicy, director: StrategyToInstruction) -> None:
        self.policy = policy
        self.director = director
        self.name = f"regulated:{director.name}"

    def direct(self, thoughts: Thoughts, language: str) -> Direction:
        """See `StrategyToInstruction`; `problems` has "regulated" or "tempered" where it changed something."""
        direction = self.director.direct(thoughts, language)
        emotions = emotions_in(thoughts.emotion_analysis or "")
        if not emotions:
            return direction
        kept, changed = suited_strategies(emotions, self.policy)
        extreme = distance_to_balance(voice_affect(direction.style)) >= self.policy.extreme
        if changed and extreme and direction.strategy not in [strategy.name for strategy in kept]:
            direction = direction_of(kept[0], language, problems=(*direction.problems, "regulated"))
        style = tempered_style(direction.style, emotions, self.policy)
        if style == direction.style:
            return direction
        problems = (*direction.problems, "tempered")
        return replace(direction, style=style, instruction=describe(style, language), problems=problems)


def emotions_in(analysis: str) -> dict[str, float]:
    """Emotions that a text names, with the share that stands behind a name or with equal weights; empty when it names none.

    >>> emotions_in("The voice sounds sad (80%), with a trace of fear (20%).")
    {'sad': 0.8, 'fearful': 0.2}
    >>> emotions_in("用户很生气。")
    {'angry': 1.0}
    """
    found: dict[str, float] = {}
    for word, emotion in EMOTION_WORDS.items():
        pattern = rf"\b{word}\b" if word.isascii() else word
        for match in re.finditer(rf"{pattern}\s*(?:[（(](\d+)%[）)])?", analysis, re.IGNORECASE):
            found[emotion] = found.get(emotion, 0.0) + (int(match[1]) / 100 if match[1] else 1.0)
    total = sum(found.values())
    return {emotion: round(weight / total, 6) for emotion, weight in found.items()} if total else {}
