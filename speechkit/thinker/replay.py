"""Recorded turns instead of a model: for tests, for demonstrations, and for the same answer twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from speechkit.errors import ThinkerError, ThoughtsError
from speechkit.protocols import Direction, Reply, Thinker, Turn
from speechkit.thinker.answers import check_turns, last_reply
from speechkit.thinker.formats import serialise_thoughts
from speechkit.thinker.records import read_records, record_line, turns_key


class RecordingThinker:
    """Passes another thinker's answers on, and appends each exchange to a file."""

    def __init__(self, thinker: Thinker, path: str | Path) -> None:
        """Nothing is written before the first answer.

        Args:
            thinker: does the thinking.
            path: JSON lines, made or appended to.
        """
        self.name = thinker.name
        self.thinker = thinker
        self.path = Path(path)

    def reply(self, turns: Sequence[Turn]) -> Reply:
        """See `Thinker`."""
        return last_reply(self, turns)

    def stream(self, turns: Sequence[Turn]) -> Iterator[str | Direction | Reply]:
        """See `Thinker`; a stream that is left early is not recorded."""
        for item in self.thinker.stream(turns):
            if isinstance(item, Reply):
                self._append(record_line(turns, item))
            yield item

    def _append(self, line: str) -> None:
        try:
            with self.path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(line)
        except OSError as error:
            raise ThinkerError(f"the recording {self.path} cannot be written: {error}.") from error


class ReplayThinker:
    """Answers from a recording.

    By "content", a conversation gets what was recorded for equal turns; recorded more than once, the recordings in their
    order, the last one from then on. By "order", the replies come as they stand in the file, whatever was said.
    """

    name = "replay"

    def __init__(self, path: str | Path, match: Literal["content", "order"] = "content") -> None:
        """Read the whole recording.

        Raises:
            ThoughtsError: it is missing, damaged or empty, or an unknown way to match.
        """
        if match not in ("content", "order"):
            raise ThoughtsError(f"a replay matches by 'content' or 'order', not {match!r}.")
        self.match = match
        self._rows = list(read_records(path))
        if not self._rows:
            raise ThoughtsError(f"the recording {path} holds no turn.")
        self._used: dict[str, int] = {}

    def reply(self, turns: Sequence[Turn]) -> Reply:
        """The recorded reply, unchanged; see `Thinker`.

        Raises:
            ThinkerError: these turns are not in the recording, or it is at its end.
        """
        check_turns(turns)
        key = turns_key(turns) if self.match == "content" else ""
        rows = [reply for recorded, reply in self._rows if not key or recorded == key]
        place = self._used.get(key, 0)
        if not rows:
            raise ThinkerError(f"the recording has no answer to these turns (key {key[:12]}).")
        if place >= len(rows) and self.match == "order":
            raise ThinkerError(f"the recording is at its end: it holds {len(rows)} answers.")
        self._used[key] = place + 1
        return rows[min(place, len(rows) - 1)]

    def stream(self, turns: Sequence[Turn]) -> Iterator[str | Direction | Reply]:
        """The direction, the recorded text as one piece, then the reply."""
        reply = self.reply(turns)
        yield reply.direction
        yield reply.raw or serialise_thoughts(reply.thoughts, "tagged", "with_asr")
        yield reply
