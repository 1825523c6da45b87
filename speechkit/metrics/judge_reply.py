"""Strict reading of a judge model's reply: find the JSON, accept integer scores only, name what is wrong."""

from __future__ import annotations

import json
import numbers
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from speechkit.errors import ConfigError

ReplyStatus = Literal["scored", "unscored"]


@dataclass(frozen=True, kw_only=True)
class ScoreField:
    """One score that a judge call returns."""

    score: str
    """Name of the metric, for instance "VS-RC"."""
    keys: tuple[str, ...]
    """Accepted keys of the reply, the documented one first."""


@dataclass(frozen=True, kw_only=True)
class JudgeCall:
    """What one judge call must return."""

    name: str
    """VS, VT_EA_RES, VT_RC, IF or dialogue."""
    fields: tuple[ScoreField, ...]
    """Its scores."""
    highest: int = 2
    """Scores are integers in [0, highest]."""


_CONTENT = ("response_content", "Response_Content")
_STRATEGY = ("response_emotional_strategy", "Response_Emotional_Strategy")
_ANALYSIS = ("emotion_analysis", "Emotion_Analysis")

JUDGE_CALLS: dict[str, JudgeCall] = {
    call.name: call
    for call in (
        JudgeCall(
            name="VS", fields=(ScoreField(score="VS-RC", keys=_CONTENT), ScoreField(score="VS-RES", keys=_STRATEGY))
        ),
        JudgeCall(
            name="VT_EA_RES",
            fields=(ScoreField(score="VT-EA", keys=_ANALYSIS), ScoreField(score="VT-RES", keys=_STRATEGY)),
        ),
        JudgeCall(name="VT_RC", fields=(ScoreField(score="VT-RC", keys=_CONTENT),)),
        JudgeCall(name="IF", fields=(ScoreField(score="IF", keys=("consistency", "一致性")),)),
        JudgeCall(name="dialogue", fields=(ScoreField(score="dialogue", keys=("score",)),), highest=10),
    )
}
"""The calls of EmoOmniEval (0..2) and of EMOVA's dialogue score (0..10). Source: metrics.md 3.1, 3.2, 4.1."""


@dataclass(frozen=True, kw_only=True)
class JudgeReply:
    """A parsed reply: every score of its call, or the reason why there is none."""

    status: ReplyStatus
    """"scored" when all scores of the call are valid, else "unscored"."""
    scores: Mapping[str, int] | None = None
    """Metric name to score; None when unscored."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """The judge's remark per score."""
    problem: str | None = None
    """Why it is unscored: no_json, not_an_object, missing:<key>, bad_score:<key>."""


def parse_judge_reply(call: str, raw: str) -> JudgeReply:
    """Read a reply.

    A score stands under its key as {"score": s, "reason": str}, or bare. s may be an integer, a float with integral
    value, or the digits as text; booleans, null and anything out of range are not scores.

    Args:
        call: a name in `JUDGE_CALLS`.
        raw: the judge's text.
    Returns:
        All scores, or "unscored" with the first problem; a reply is never half scored.
    Raises:
        ConfigError: unknown call.
    Source: metrics.md 3.2.
    >>> parse_judge_reply("VT_RC", '```json\\n{"response_content": {"score": 2, "reason": "apt"},}\\n```').scores
    {'VT-RC': 2}
    >>> parse_judge_reply("IF", '{"consistency": {"score": true}}').problem
    'bad_score:consistency'
    """
    if call not in JUDGE_CALLS:
        raise ConfigError(f"unknown judge call {call!r}; known: {', '.join(JUDGE_CALLS)}.")
    found = first_json_object(raw)
    if found is None:
        return JudgeReply(status="unscored", problem="no_json")
    scores: dict[str, int] = {}
    reasons: dict[str, str] = {}
    for wanted in JUDGE_CALLS[call].fields:
        key = next((key for key in wanted.keys if key in found), None)
        if key is None:
            return JudgeReply(status="unscored", problem=f"missing:{wanted.keys[0]}")
        held = found[key]
        score = coerce_score(held.get("score") if isinstance(held, dict) else held, JUDGE_CALLS[call].highest)
        if score is None:
            return JudgeReply(status="unscored", problem=f"bad_score:{wanted.keys[0]}")
        scores[wanted.score] = score
        remark = held.get("reason") if isinstance(held, dict) else found.get("reason")
        reasons |= {wanted.score: remark} if isinstance(remark, str) else {}
    return JudgeReply(status="scored", scores=scores, reasons=reasons)


def coerce_score(value: Any, highest: int) -> int | None:
    """An integer score in [0, highest], or None.

    Accepts integers, floats with integral value and plain digits as text. Booleans are not scores, although Python
    counts them as integers.

    >>> [coerce_score(value, 2) for value in (2, 1.0, "0", True, None, 1.5, 3, "2 points")]
    [2, 1, 0, None, None, None, None, None]
    """
    if isinstance(value, (bool, np.bool_)):
        return None
    digits = isinstance(value, str) and re.fullmatch("[0-9]{1,3}", value)
    whole = isinstance(value, numbers.Integral) or (isinstance(value, float) and value.is_integer())
    if not digits and not whole:
        return None
    number = int(value)
    return number if 0 <= number <= highest else None


def first_json_object(text: str) -> dict[str, Any] | None:
    """The JSON object in a model's text.

    Tried in order: the whole text; each fenced block; the first balanced {...}; then the same again with commas before
    closing brackets removed. NaN and Infinity are not JSON.

    Returns:
        The first candidate that parses to an object; None when none does.
    """
    repairs: tuple[Callable[[str], str], ...] = (str, remove_trailing_commas)
    for repair in repairs:
        for candidate in _candidates(text):
            try:
                found = json.loads(repair(candidate), parse_constant=_refuse)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                return found
    return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _candidates(text: str) -> Iterator[str]:
    yield text
    yield from (block.strip() for block in re.findall(r"```(?:\w+)?\s*(.*?)```", text, re.DOTALL))
    start = text.find("{")
    if start >= 0:
        yield text[start : _balanced_end(text, start)]


def _balanced_end(text: str, start: int) -> int:
    """Index behind the brace that closes the one at `start`; the end of the text when none does."""
    depth = 0
    for index, character in _outside_strings(text, start):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return index + 1
    return len(text)


def _outside_strings(text: str, start: int = 0) -> Iterator[tuple[int, str]]:
    """Characters of JSON text that are not inside a string literal, with their positions."""
    inside = escaped = False
    for index in range(start, len(text)):
        character = text[index]
        if inside:
            inside = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            inside = True
        else:
            yield index, character


def remove_trailing_commas(text: str) -> str:
    """Drop commas before a closing bracket, outside strings.

    >>> remove_trailing_commas('{"a": [1, 2, ], "b": ",}",}')
    '{"a": [1, 2 ], "b": ",}"}'
    """
    drop: set[int] = set()
    comma: int | None = None
    previous = -1
    for index, character in _outside_strings(text):
        if text[previous + 1 : index].strip():  # a string literal stood between
            comma = None
        if character in "}]" and comma is not None:
            drop.add(comma)
        if not character.isspace():
            comma = index if character == "," else None
        previous = index
    return "".join(character for index, character in enumerate(text) if index not in drop)
