"""Ask a judge one question until its answer can be read: once, one repair turn, then fresh tries."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from speechkit.config import Config
from speechkit.errors import SpeechkitError
from speechkit.evaluation.judging.prompts import Prompt
from speechkit.metrics.result import Skip
from speechkit.protocols import Judge

V = TypeVar("V")


@dataclass(frozen=True, kw_only=True)
class ConductConfig(Config):
    """How long a judge is asked."""

    repair: bool = True
    """Show a judge its unreadable reply once and ask for the object alone."""
    fresh_tries: int = 3
    """Further questions from the start after that."""


@dataclass(frozen=True, kw_only=True)
class Verdict(Generic[V]):
    """What a judge said."""

    value: V | Skip
    """The parsed answer, or why there is none."""
    raw: str
    """The last reply."""
    attempts: int
    """Questions asked."""
    seconds: float
    """In all."""


def ask_until_readable(
    judge: Judge,
    prompt: Prompt,
    fields: Mapping[str, str],
    media: Sequence[str],
    parse: Callable[[str], V | Skip],
    *,
    config: ConductConfig | None = None,
) -> Verdict[V]:
    """Ask, parse, repair once, ask again.

    Args:
        judge: who is asked; its own client retries what the network spoils.
        prompt: what is asked.
        fields: of the prompt.
        media: paths of files that go with it.
        parse: a reply to a value, or a `Skip` with the problem.
        config: how often.
    Returns:
        The verdict. A judge that gives no answer at all ends it with the name of its error as the reason.
    """
    config = config or ConductConfig()
    text, started = prompt.fill(fields), time.perf_counter()
    questions = [text, *(["repair"] if config.repair else []), *[text] * config.fresh_tries]
    raw, value, attempts = "", Skip("not_asked"), 0
    for question in questions:
        asked = _repair(text, raw, value) if question == "repair" else question
        attempts += 1
        try:
            raw = judge.ask(prompt.system, asked, tuple(media))
        except SpeechkitError as error:
            value = Skip(type(error).__name__)
            raw = str(error)
            break
        value = parse(raw)  # type: ignore[assignment]
        if not isinstance(value, Skip):
            break
    return Verdict(value=value, raw=raw, attempts=attempts, seconds=time.perf_counter() - started)


def _repair(text: str, raw: str, problem: Any) -> str:
    reason = problem.reason if isinstance(problem, Skip) else "unreadable"
    return (
        f"{text}\n\nYou answered this before with:\n<<<\n{raw[:4000]}\n>>>\nThat could not be read ({reason}). "
        "Answer again with the JSON object alone, every score an integer in its range."
    )
