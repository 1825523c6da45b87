"""What a conversation gives out: thoughts, words and sound as they come, and the answer as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from speechkit.protocols import Direction, Reply, Thoughts
from speechkit.types import Speech


@dataclass(frozen=True, kw_only=True)
class ThoughtsEvent:
    """The thoughts before the response, and how the answer will sound. Comes once, before any sound."""

    thoughts: Mapping[str, str]
    """Those of asr, emotion_analysis, user_intent and response_strategy that there are, in causal order."""
    direction: Direction
    """Strategy, instruction and style header."""


@dataclass(frozen=True, kw_only=True)
class TextEvent:
    """A sentence of the answer, before it is said."""

    text: str
    """The sentence."""


@dataclass(frozen=True, kw_only=True)
class AudioEvent:
    """A piece of sound of the sentence before it; all pieces, joined, are the answer's speech."""

    speech: Speech
    """The piece."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """One answer, as it was said. The last of a turn's events."""

    reply: Reply
    """All that the thinker gave; of an interrupted answer, what had been given."""
    text: str
    """What was said."""
    instruction: str
    """For the voice."""
    style: Mapping[str, str]
    """Style header: gender, emotion, pitch, speed."""
    speech: Speech
    """The sound."""
    interrupted: bool = False
    """Whether the user broke in."""

    @property
    def thoughts(self) -> Thoughts:
        """The chain of thought; of an interrupted answer, its response is what was said."""
        return self.reply.thoughts

    @property
    def strategy(self) -> str:
        """Name of the strategy that was followed."""
        return self.reply.direction.strategy

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that was missing, repaired or decided by default."""
        return self.reply.problems


Event = ThoughtsEvent | TextEvent | AudioEvent | Answer
