"""Turns and replies as JSON lines, byte for byte the same when written again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from speechkit.errors import ThoughtsError
from speechkit.protocols import Direction, Reply, Turn
from speechkit.thinker.thoughts import thoughts_from_dict, thoughts_to_dict

RECORD_VERSION = 1


def turn_to_dict(turn: Turn) -> dict[str, Any]:
    """What identifies a turn: its texts, and length and SHA-256 of its media; no samples and no paths.

    Raises:
        ThoughtsError: a file cannot be read.
    """
    record: dict[str, Any] = {"role": turn.role, "text": turn.text, "language": turn.language}
    if turn.audio is not None:
        samples = np.ascontiguousarray(turn.audio, "<f4")
        record["audio"] = {
            "sha256": hashlib.sha256(samples.tobytes()).hexdigest(),
            "num_samples": len(samples),
            "sample_rate": turn.sample_rate,
        }
    if turn.images:
        record["images"] = [_file_digest(path) for path in turn.images]
    if turn.video:
        record["video"] = _file_digest(turn.video)
    return record


def _file_digest(path: str) -> str:
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ThoughtsError(f"a turn's file cannot be read: {error}.") from error
    return digest.hexdigest()


def turns_key(turns: Sequence[Turn]) -> str:
    """SHA-256 over a conversation: equal for equal turns, whatever the names of their files."""
    return _key([turn_to_dict(turn) for turn in turns])


def _key(described: Sequence[Mapping[str, Any]]) -> str:
    return hashlib.sha256(canonical(described).encode()).hexdigest()


def reply_to_dict(reply: Reply) -> dict[str, Any]:
    """All of a reply, JSON-ready."""
    direction = reply.direction
    return {
        "thoughts": thoughts_to_dict(reply.thoughts),
        "direction": {
            "strategy": direction.strategy,
            "instruction": direction.instruction,
            "style": dict(direction.style),
            "problems": list(direction.problems),
        },
        "language": reply.language,
        "thinker": reply.thinker,
        "raw": reply.raw,
        "problems": list(reply.problems),
    }


def reply_from_dict(data: Mapping[str, Any]) -> Reply:
    """Strict.

    Raises:
        ThoughtsError: a missing or unknown field, or one of another type.
    """
    try:
        direction = data["direction"]
        reply = Reply(
            thoughts=thoughts_from_dict(data["thoughts"]),
            direction=Direction(
                strategy=direction["strategy"],
                instruction=direction["instruction"],
                style=dict(direction["style"]),
                problems=tuple(direction["problems"]),
            ),
            language=data["language"],
            thinker=data["thinker"],
            raw=data["raw"],
            problems=tuple(data["problems"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ThoughtsError(f"this is no recorded reply: {error}.") from error
    if canonical(reply_to_dict(reply)) != canonical(dict(data)):
        raise ThoughtsError("a recorded reply has unknown fields, or fields of another type.")
    return reply


def canonical(data: Any) -> str:
    """One line of JSON, keys in the order in which they stand, no spaces."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def record_line(turns: Sequence[Turn], reply: Reply) -> str:
    """One exchange as a line, with its end."""
    return described_line([turn_to_dict(turn) for turn in turns], reply)


def described_line(
    described: Sequence[Mapping[str, Any]], reply: Reply, more: Mapping[str, Any] | None = None
) -> str:
    """`record_line` of turns that have been described already; `more` are further fields, which readers of replies pass over."""
    row = {
        "version": RECORD_VERSION,
        "key": _key(described),
        "turns": list(described),
        "reply": reply_to_dict(reply),
        **(more or {}),
    }
    return canonical(row) + "\n"


def read_records(path: str | Path) -> Iterator[tuple[str, Reply]]:
    """Key and reply of each line.

    Raises:
        ThoughtsError: the file is missing, or a line is damaged, cut off, or of another version.
    """
    for row in read_rows(path):
        yield row["key"], reply_from_dict(row["reply"])


def read_rows(path: str | Path) -> Iterator[dict[str, Any]]:
    """The lines as dicts that have version, key, turns and reply.

    Raises:
        ThoughtsError: as `read_records`.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ThoughtsError(f"the recording {path} cannot be read: {error}.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            version, _ = row["version"], (row["key"], row["turns"], row["reply"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise ThoughtsError(f"line {number} of the recording {path} is damaged: {error}.") from error
        if version != RECORD_VERSION:
            raise ThoughtsError(f"line {number} of {path} has version {version!r}; this reads {RECORD_VERSION}.")
        yield row
