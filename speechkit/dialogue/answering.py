"""One answer on its way: what the thinker writes becomes sentences, and each sentence sound, before the next is written."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import replace

import numpy as np

from speechkit.dialogue.events import Answer, AudioEvent, Event, TextEvent, ThoughtsEvent
from speechkit.dialogue.sentence_stream import SentenceStream
from speechkit.dialogue.speaker import Line, Speaker
from speechkit.protocols import Direction, Reply, Thoughts
from speechkit.thinker.answers import language_of, make_reply
from speechkit.thinker.spoken_stream import begun_thoughts, spoken_stream
from speechkit.types import Speech

BEFORE_THE_RESPONSE = ("asr", "emotion_analysis", "user_intent", "response_strategy")


class Answering:
    """Runs a thinker's stream through a speaker; knows at any time what has been said.

    Attributes:
        direction: how the answer sounds, once it is decided.
        said_lines: the lines whose sound has begun; of a speaker that makes none, those that are over.
    """

    def __init__(
        self,
        items: Iterator[str | Direction | Reply],
        speaker: Speaker,
        *,
        gender: str,
        seeds: Iterator[int],
        thinker: str,
        kept_direction: Direction | None = None,
    ) -> None:
        """Nothing runs before the first event is asked for.

        Args:
            items: of `Thinker.stream`.
            speaker: says the sentences.
            gender: of the voice.
            seeds: one a sentence.
            thinker: name, for an answer that is broken into.
            kept_direction: of the answer before; its voice goes on where no strategy is recognised.
        """
        self.speaker = speaker
        self.gender = gender
        self.direction: Direction | None = None
        self.said_lines: list[Line] = []
        self._items = items
        self._seeds = seeds
        self._thinker = thinker
        self._kept = kept_direction
        self._written = ""
        self._reply: Reply | None = None
        self._pieces: list[Speech] = []
        self._begins: list[float] = []
        self._finished = False

    def events(self) -> Generator[Event, None, None]:
        """All events but the Answer."""
        stream, told = SentenceStream(), False
        waiting: list[str] = []
        for item in spoken_stream(self._watched()):
            if isinstance(item, Reply):
                self._reply = item
                self.direction = self.direction or self._continued(item.direction)
                waiting += stream.rest()
            elif isinstance(item, Direction):
                self.direction = self._continued(item)
            else:
                waiting += stream.take(item)
            if self.direction is None:
                continue
            if not told and (waiting or self._reply):
                told = True
                yield ThoughtsEvent(thoughts=self._thoughts(), direction=self.direction)
            while waiting:
                yield from self._spoken(waiting.pop(0), self.direction)
        self._finished = True

    def close(self) -> None:
        """Stop the thinker."""
        close = getattr(self._items, "close", None)
        if close is not None:
            close()

    def answer(self, heard_seconds: float | None = None) -> Answer | None:
        """What was said so far; None where nothing has been said and the answer is not complete.

        Args:
            heard_seconds: as for `Dialogue.interrupt`.
        """
        direction = self.direction
        if not self._finished and heard_seconds is not None:
            self._forget_after(heard_seconds)
        if direction is None or not (self._finished or self.said_lines):
            return None
        reply = self._whole_reply(direction)
        samples = [np.zeros(0, np.float32), *(piece.samples for piece in self._pieces)]
        return Answer(
            reply=reply,
            text=reply.text,
            instruction=direction.instruction,
            style=self._style(direction),
            speech=Speech(samples=np.concatenate(samples), sample_rate=self.speaker.sample_rate),
            interrupted=not self._finished,
        )

    def _watched(self) -> Iterator[str | Direction | Reply]:
        for item in self._items:
            if isinstance(item, str):
                self._written += item
            yield item

    def _continued(self, direction: Direction) -> Direction:
        """The direction; where no strategy was recognised, with the voice of the answer before."""
        if self._kept is None or "no_strategy" not in direction.problems:
            return direction
        problems = (*direction.problems, "voice_kept")
        return replace(direction, instruction=self._kept.instruction, style=self._kept.style, problems=problems)

    def _thoughts(self) -> Mapping[str, str]:
        begun = self._reply.thoughts if self._reply else begun_thoughts(self._written + "…")
        texts = {name: getattr(begun, name, None) for name in BEFORE_THE_RESPONSE}
        return {name: text for name, text in texts.items() if text}

    def _spoken(self, sentence: str, direction: Direction) -> Iterator[Event]:
        yield TextEvent(text=sentence)
        line = Line(
            text=sentence,
            language=language_of(sentence),
            instruction=direction.instruction,
            style=self._style(direction),
            seed=next(self._seeds),
        )
        begin = sum(piece.duration_seconds for piece in self._pieces)
        for speech in self.speaker.speak(line):
            self._begun(line, begin)
            self._pieces.append(speech)
            yield AudioEvent(speech=speech)
        self._begun(line, begin)  # a speaker may make no sound

    def _begun(self, line: Line, begin: float) -> None:
        if not self.said_lines or self.said_lines[-1] is not line:
            self.said_lines.append(line)
            self._begins.append(begin)

    def _style(self, direction: Direction) -> dict[str, str]:
        return {"gender": self.gender, **direction.style}

    def _forget_after(self, heard_seconds: float) -> None:
        """Cut the sound at a time, and the lines that begin there or later."""
        kept = sum(begin < heard_seconds for begin in self._begins)
        del self.said_lines[kept:], self._begins[kept:]
        room = round(heard_seconds * self.speaker.sample_rate)
        pieces: list[Speech] = []
        for piece in self._pieces:
            samples = piece.samples[: max(room, 0)]
            room -= len(samples)
            pieces += [Speech(samples=samples, sample_rate=piece.sample_rate)] if len(samples) else []
        self._pieces = pieces

    def _whole_reply(self, direction: Direction) -> Reply:
        """The thinker's reply; of a broken answer, what was said in place of its response."""
        if self._finished and self._reply is not None:
            problems = tuple(dict.fromkeys((*self._reply.problems, *direction.problems)))
            return replace(self._reply, direction=direction, problems=problems)
        joint = "" if self.said_lines[0].language == "zh" else " "
        said = {**self._thoughts(), "response": joint.join(line.text for line in self.said_lines)}
        return make_reply(
            Thoughts(**said), thinker=self._thinker, direction=direction, raw=self._written, problems=("interrupted",)
        )
