"""A conversation on paper: one line of JSON an exchange, from which the same sound can be made again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from speechkit.dialogue.events import Answer
from speechkit.dialogue.speaker import Line, Speaker
from speechkit.errors import ThoughtsError
from speechkit.protocols import Reply
from speechkit.thinker.records import described_line, read_rows, reply_from_dict
from speechkit.types import Speech


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One exchange of a session file."""

    user: Mapping[str, Any]
    """The user's turn: role, text, language; length and SHA-256 of its media."""
    reply: Reply
    """What was answered."""
    lines: tuple[Line, ...]
    """What was said, sentence by sentence."""
    num_samples: int
    """Of the sound."""
    sha256: str
    """Of the sound, float32 little-endian."""
    speaker: str
    """Who said it."""
    interrupted: bool
    """Whether the user broke in."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Replayed:
    """An exchange that was said again."""

    exchange: Exchange
    """As it was recorded."""
    answer: Answer
    """As it sounds now."""
    identical: bool
    """Whether the sound is the recorded one, sample for sample."""


def session_line(
    described: Sequence[Mapping[str, Any]], answer: Answer, speaker: Speaker, lines: Sequence[Line]
) -> str:
    """An exchange as a line: what a recorded turn of `speechkit.thinker` holds, and how it was said.

    Args:
        described: the turns, by `speechkit.thinker.records.turn_to_dict`.
        answer: to the last of them.
        speaker: said it.
        lines: that were said.
    """
    style = dict(answer.style)
    spoken = {
        "speaker": speaker.name,
        "instruction": answer.instruction,
        "style": style,
        "lines": [{"text": line.text, "language": line.language, "seed": line.seed} for line in lines],
        "num_samples": len(answer.speech.samples),
        "sha256": _digest(answer.speech),
        "interrupted": answer.interrupted,
    }
    return described_line(described, answer.reply, {"spoken": spoken})


def read_session(path: str | Path) -> Iterator[Exchange]:
    """The exchanges of a session file.

    Raises:
        ThoughtsError: it is missing or damaged, or a recording of thoughts alone.
    """
    for number, row in enumerate(read_rows(path), start=1):
        try:
            spoken = row["spoken"]
            said = {"instruction": spoken["instruction"], "style": dict(spoken["style"])}
            lines = tuple(Line(**line, **said) for line in spoken["lines"])
            yield Exchange(
                user=dict(row["turns"][-1]),
                reply=reply_from_dict(row["reply"]),
                lines=lines,
                num_samples=int(spoken["num_samples"]),
                sha256=str(spoken["sha256"]),
                speaker=str(spoken["speaker"]),
                interrupted=bool(spoken["interrupted"]),
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ThoughtsError(f"exchange {number} of {path} was not spoken, or is damaged: {error!r}.") from error


def replay_session(speaker: Speaker, path: str | Path) -> Iterator[Replayed]:
    """Say a whole conversation again.

    Args:
        speaker: with the same models and the same speaker the sound is the same, sample for sample.
        path: of a session file.
    Raises:
        ThoughtsError: as `read_session`.
    """
    for exchange in read_session(path):
        pieces = [piece.samples for line in exchange.lines for piece in speaker.speak(line)]
        samples = np.concatenate([np.zeros(0, np.float32), *pieces])
        if exchange.interrupted:
            samples = samples[: exchange.num_samples]
        speech = Speech(samples=samples, sample_rate=speaker.sample_rate)
        direction = exchange.reply.direction
        first = exchange.lines[0] if exchange.lines else None
        answer = Answer(
            reply=exchange.reply,
            text=exchange.reply.text,
            instruction=first.instruction if first else direction.instruction,
            style=first.style if first else direction.style,
            speech=speech,
            interrupted=exchange.interrupted,
        )
        yield Replayed(exchange=exchange, answer=answer, identical=_digest(speech) == exchange.sha256)


def _digest(speech: Speech) -> str:
    return hashlib.sha256(np.ascontiguousarray(speech.samples, "<f4").tobytes()).hexdigest()
