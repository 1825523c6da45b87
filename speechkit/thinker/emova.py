"""EMOVA's chain of modality: the JSON with seven keys that its models write, both ways."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from speechkit.errors import ThoughtsError
from speechkit.metrics.spoken_dialogue import OUTPUT_KEYS
from speechkit.protocols import Thoughts
from speechkit.thinker.json_repair import read_json_object

EMOVA_KEYS = OUTPUT_KEYS
"""Keys in the order in which the model writes them."""

EMOVA_EMOTIONS = ("neutral", "happy", "sad", "angry", "surprised", "disgusted", "fearful")
EMOVA_PITCHES = ("low", "normal", "high")
_TOKENS = re.compile(r"(?:<\|speech_\d{1,5}\|>)*")


@dataclass(frozen=True, kw_only=True)
class ChainOfModality:
    """What an EMOVA model says of one exchange: p(z1..z5 | image, units), each value conditions the next.

    Source: EMOVA, section 4.2, equation 3 of appendix B.2; the keys from its code.
    """

    user_text: str
    user_emotion: str = "neutral"
    user_pitch: str = "normal"
    response_text: str
    response_emotion: str = "neutral"
    response_pitch: str = "normal"
    response_speech: str = ""
    """Units as `<|speech_782|>…`, without durations as EMOVA prints them; may be empty."""

    def to_json(self) -> str:
        """One line with the seven keys in order.

        >>> ChainOfModality(user_text="hi", response_text="hello").to_json()[:40]
        '{"user question text": "hi", "user quest'
        """
        return json.dumps(dict(zip(EMOVA_KEYS, vars(self).values(), strict=True)), ensure_ascii=False)

    def to_thoughts(self) -> Thoughts:
        """As an emotional chain of thought: the transcript, the emotion and pitch in words, and the reply.

        Raises:
            ThoughtsError: the response is empty.
        """
        return Thoughts(
            asr=self.user_text,
            emotion_analysis=f"The user sounds {self.user_emotion}, with {self.user_pitch} pitch.",
            response_strategy=f"Answer in a {self.response_emotion} voice with {self.response_pitch} pitch.",
            response=self.response_text,
        )


@dataclass(frozen=True, kw_only=True)
class ParsedChain:
    """What was found: a record, or the reason why there is none."""

    record: ChainOfModality | None
    """None when there is no JSON or no response text."""
    problems: tuple[str, ...] = ()
    """"no_json", "truncated", "missing:<key>", "not_text:<key>", "unknown_label:<key>", "speech_cut"."""

    @property
    def repaired(self) -> bool:
        """Whether the JSON was cut off and has been closed."""
        return "truncated" in self.problems


def emova_from_thoughts(
    thoughts: Thoughts, *, user_emotion: str, user_pitch: str, style: Mapping[str, str], speech: str = ""
) -> ChainOfModality:
    """The record of a reply, for training data in EMOVA's form.

    Args:
        thoughts: of the reply.
        user_emotion: one of `EMOVA_EMOTIONS`.
        user_pitch: one of `EMOVA_PITCHES`.
        style: header of the reply: emotion and pitch.
        speech: units as text.
    Raises:
        ThoughtsError: an unknown label.
    """
    chosen = (user_emotion, user_pitch, style.get("emotion", "neutral"), style.get("pitch", "normal"))
    for label, known in zip(chosen, (EMOVA_EMOTIONS, EMOVA_PITCHES) * 2, strict=True):
        if label not in known:
            raise ThoughtsError(f"EMOVA has no label {label!r}; it has {', '.join(known)}.")
    return ChainOfModality(
        user_text=thoughts.asr or "",
        user_emotion=chosen[0],
        user_pitch=chosen[1],
        response_text=thoughts.response,
        response_emotion=chosen[2],
        response_pitch=chosen[3],
        response_speech=speech,
    )


def parse_emova(text: str) -> ParsedChain:
    """Read a model's JSON; never raises on a text.

    A JSON object that was cut off is closed, and marked "truncated". Missing labels become neutral and normal, each with
    a "missing:" mark. Speech that ends within a unit loses that unit ("speech_cut").

    >>> parse_emova('{"user question text": "hi", "assistant response text": "hel').problems[0]
    'truncated'
    """
    read = read_json_object(text)
    if read.value is None:
        return ParsedChain(record=None, problems=("no_json",))
    return emova_from_dict(read.value, read.repaired)


def emova_from_dict(data: Mapping[str, Any], truncated: bool = False) -> ParsedChain:
    """As `parse_emova`, from the object."""
    problems = ["truncated"] if truncated else []
    defaults = ("", "neutral", "normal", "", "neutral", "normal", "")
    texts = {}
    for key, default in zip(EMOVA_KEYS, defaults, strict=True):
        if not isinstance(data.get(key), str):
            problems.append(f"{'not_text' if data.get(key) is not None else 'missing'}:{key}")
        texts[key] = data[key] if isinstance(data.get(key), str) else default
    for key, known, default in (
        (key, EMOVA_EMOTIONS, "neutral") if "emotion" in key else (key, EMOVA_PITCHES, "normal")
        for key in (*EMOVA_KEYS[1:3], *EMOVA_KEYS[4:6])
    ):
        texts[key], odd = (texts[key], False) if texts[key] in known else _label(texts[key], known, default)
        problems += [f"unknown_label:{key}"] if odd else []
    speech = _TOKENS.match(texts[EMOVA_KEYS[6]])
    whole = speech[0] if speech else ""
    if whole != texts[EMOVA_KEYS[6]].strip():
        problems.append("speech_cut")
    texts[EMOVA_KEYS[6]] = whole
    if not texts[EMOVA_KEYS[3]].strip():
        return ParsedChain(record=None, problems=tuple(problems))
    names = ChainOfModality.__dataclass_fields__
    return ParsedChain(
        record=ChainOfModality(**dict(zip(names, texts.values(), strict=True))), problems=tuple(problems)
    )


def _label(text: str, known: tuple[str, ...], default: str) -> tuple[str, bool]:
    """The label that is meant, and whether it is none of them."""
    folded = text.strip().lower()
    return (folded, False) if folded in known else (default, True)
