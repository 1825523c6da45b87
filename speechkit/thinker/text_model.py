"""The text language model of the cascade: writes, and chooses among given texts by their likelihood."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from speechkit.config import Config
from speechkit.errors import ConfigError

Message = dict[str, str]
"""{"role": "system" | "user" | "assistant", "content": text}."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which of the options was taken, and why."""

    index: int
    """Into the options."""
    scores: tuple[float, ...] = ()
    """Higher is likelier; empty where the model could not be asked for likelihoods."""
    problems: tuple[str, ...] = ()
    """"choice_by_default" when the model gave no usable answer and the first option was taken."""


class TextModel(Protocol):
    """A language model as the cascade needs it."""

    name: str

    def choose(self, messages: Sequence[Message], options: Sequence[str]) -> Choice:
        """The likeliest of the options as an answer to the messages; always one of them."""
        ...

    def write(self, messages: Sequence[Message]) -> Iterator[str]:
        """An answer, piece by piece; may be anything, or nothing."""
        ...


@dataclass(frozen=True, kw_only=True)
class WritingConfig(Config):
    """How a local model writes."""

    max_new_tokens: int = 96
    """Longest answer."""
    temperature: float = 0.0
    """0 is greedy."""
    top_p: float = 0.9
    """Of sampling; the smallest set of tokens with this probability."""
    repetition_penalty: float = 1.15
    """Divides positive, multiplies negative logits of tokens already written (CTRL, Keskar et al. 2019); 1 is off."""
    seed: int = 0
    """Of sampling; the same for every answer."""
    max_prompt_tokens: int = 4096
    """Longer prompts are refused; the model's own limit holds as well."""

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1 or self.temperature < 0 or not 0 < self.top_p <= 1 or self.repetition_penalty <= 0:
            raise ConfigError(
                "WritingConfig: max_new_tokens >= 1, temperature >= 0, 0 < top_p <= 1, repetition_penalty > 0."
            )


def plain_prompt(messages: Sequence[Message]) -> str:
    """Messages for a model without a chat template.

    >>> plain_prompt([{"role": "user", "content": "Hi"}])
    'User: Hi\\nAssistant:'
    """
    lines = [f"{message['role'].capitalize()}: {message['content']}" for message in messages]
    return "\n".join([*lines, "Assistant:"])
