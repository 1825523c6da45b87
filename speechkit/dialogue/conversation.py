"""The dialogue: a user's turn becomes thoughts, words and sound, one event after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from speechkit.config import Config
from speechkit.dialogue.answering import Answering
from speechkit.dialogue.events import Answer, AudioEvent, Event
from speechkit.dialogue.history import History
from speechkit.dialogue.parts import build_thinker
from speechkit.dialogue.session import session_line
from speechkit.dialogue.speaker import KitSpeaker, Speaker
from speechkit.errors import ConfigError, ThinkerError, ThoughtsError
from speechkit.protocols import Direction, Thinker, Turn, Waveform
from speechkit.thinker.records import turn_to_dict
from speechkit.thinker.registry import Parts
from speechkit.thinker.regulation import RegulationPolicy

if TYPE_CHECKING:
    from speechkit.pipeline import Speechkit


@dataclass(frozen=True, kw_only=True)
class DialogueConfig(Config):
    """How a conversation is held."""

    gender: str = "female"
    """Of the voice; the same for the whole conversation."""
    seed: int = 0
    """Of the voice; the same seed and the same turns give the same samples."""
    language: str = "en"
    """Of sound whose language is not stated."""
    system: str = ""
    """What the thinker is told before the first turn."""
    transcriber: str = "embedded"
    """Of a cascade: see `speechkit.asr.transcriber`."""
    scorer: str = "embedded"
    """Of the emotion in the voice, of a cascade: see `speechkit.emotion.scorer`; "none" guesses it from the words."""
    history_exchanges: int = 20
    """Exchanges before the last that the thinker reads."""
    regulation: RegulationPolicy | None = None
    """Pull an extreme state of the user toward balance instead of mirroring it."""

    def __post_init__(self) -> None:
        if self.gender not in ("female", "male") or self.language not in ("en", "zh"):
            raise ConfigError("DialogueConfig: gender is 'female' or 'male', language 'en' or 'zh'.")
        if self.seed < 0 or self.history_exchanges < 0:
            raise ConfigError("DialogueConfig: seed and history_exchanges are not negative.")


class Dialogue:
    """Keeps the history, and answers aloud.

    A turn that fails leaves no trace: the history holds whole exchanges only. A turn that is broken into keeps what was
    said. One turn at a time; a new one breaks into the one before.

    Attributes:
        thinker: does the thinking. speaker: says the answers. history: what has been said.
    """

    def __init__(
        self,
        kit: Speechkit | None = None,
        thinker: str | Thinker = "cascade",
        *,
        speaker: Speaker | None = None,
        parts: Parts | None = None,
        config: DialogueConfig | None = None,
    ) -> None:
        """Put the parts together.

        Args:
            kit: hears (phones for the embedded transcriber) and speaks; may be left out where others do both.
            thinker: a thinker, or a spec such as "cascade", "cascade:/models/lm" or "endpoint:http://127.0.0.1:8000/v1".
            speaker: says the answers; the kit by default.
            parts: of a thinker given by its spec; what is left out comes from kit and config.
            config: how the conversation is held.
        Raises:
            ConfigError: neither a kit nor a speaker, or a spec that is not known.
            DependencyError, CheckpointError, ThoughtsError: as `speechkit.thinker.thinker`.
        """
        self.config = config or DialogueConfig()
        if speaker is None and kit is None:
            raise ConfigError("a dialogue needs a voice: give it a kit or a speaker.")
        self.speaker: Speaker = speaker or KitSpeaker(kit)  # type: ignore[arg-type]
        if isinstance(thinker, str):
            thinker = build_thinker(
                thinker,
                kit,
                parts or Parts(),
                language=self.config.language,
                transcriber=self.config.transcriber,
                scorer=self.config.scorer,
                regulation=self.config.regulation,
            )
        self.thinker = thinker
        self.history = History(system=self.config.system)
        self._stop = threading.Event()
        self._heard_seconds: float | None = None
        self._running: Iterator[Event] | None = None
        self._last_direction: Direction | None = None

    def turn(
        self,
        *,
        audio: Waveform | None = None,
        sample_rate: int | None = None,
        text: str | None = None,
        video: str | Path | None = None,
        image: str | Path | Sequence[str | Path] = (),
        language: str | None = None,
    ) -> Answer:
        """Answer one turn of the user; arguments and errors as `turn_stream`.

        Raises:
            ThinkerError: `interrupt` was called before any sound.
        """
        events = self.turn_stream(
            audio=audio, sample_rate=sample_rate, text=text, video=video, image=image, language=language
        )
        answer = None
        for event in events:
            answer = event if isinstance(event, Answer) else None
        if answer is None:
            raise ThinkerError("the turn was interrupted before anything was said.")
        return answer

    def turn_stream(
        self,
        *,
        audio: Waveform | None = None,
        sample_rate: int | None = None,
        text: str | None = None,
        video: str | Path | None = None,
        image: str | Path | Sequence[str | Path] = (),
        language: str | None = None,
    ) -> Iterator[Event]:
        """Answer one turn of the user, event by event.

        Args:
            audio: float32 [T] in [-1, 1], mono, at `sample_rate` Hz.
            text: typed, instead of sound or beside it.
            video: path; heard as well where it has sound.
            image: path, or several.
            language: "en" or "zh"; of sound the config's by default.
        Yields:
            A ThoughtsEvent, then a TextEvent and AudioEvents for each sentence, at last the Answer. Closing the iterator
            breaks in, and keeps what was said; before the first sound it is as if the turn had not been.
        Raises:
            ThoughtsError: a turn without content, at once. While it runs: ThinkerError, ThoughtsError, WaveformError,
            TextError; the history then stays as it was.
        """
        images = (image,) if isinstance(image, str | Path) else tuple(image)
        turn = Turn(
            text=text, audio=audio, sample_rate=sample_rate, images=tuple(map(str, images)),
            video=None if video is None else str(video), language=language,
        )  # fmt: skip
        self.leave()
        self._stop.clear()
        self._heard_seconds = None
        self._running = self._answered(turn)
        return self._running

    def interrupt(self, heard_seconds: float | None = None) -> None:
        """Break into the running answer, from any thread: it ends after the piece that is being made.

        Args:
            heard_seconds: of its sound that have been played; sentences that begin later count as not said. None counts
                every sentence that has begun.
        """
        self._heard_seconds = heard_seconds
        self._stop.set()

    def save(self, path: str | Path) -> None:
        """Write the whole conversation as a session file, which `replay_session` and the thinker `replay:` read.

        Raises:
            ThoughtsError: nothing to save, or a place that cannot be written.
        """
        if not self.history.lines:
            raise ThoughtsError("there is nothing to save yet: no turn has been answered.")
        try:
            Path(path).write_text(self.history.session(), encoding="utf-8", newline="\n")
        except OSError as error:
            raise ThoughtsError(f"the session {path} cannot be written: {error}.") from error

    def leave(self) -> None:
        """End the running answer, as closing its iterator does."""
        running, self._running = self._running, None
        if running is not None and hasattr(running, "close"):
            running.close()

    def _answered(self, turn: Turn) -> Iterator[Event]:
        """Events of a turn; the exchange is remembered once it is over, or broken into."""
        turns = self.history.before(turn, self.config.history_exchanges)
        described = [turn_to_dict(past) for past in turns]
        answering = Answering(
            self.thinker.stream(turns),
            self.speaker,
            gender=self.config.gender,
            seeds=self._seeds(),
            thinker=self.thinker.name,
            kept_direction=self._last_direction,
        )
        try:
            yield from self._until_stopped(answering)
        except (GeneratorExit, KeyboardInterrupt):
            self._remember(turn, described, answering)
            raise
        answer = self._remember(turn, described, answering)
        if answer is not None:
            yield answer

    def _until_stopped(self, answering: Answering) -> Iterator[Event]:
        events = answering.events()
        try:
            for event in events:
                if self._stop.is_set() and not isinstance(event, AudioEvent):
                    break
                yield event
                if self._stop.is_set():
                    break
        finally:
            events.close()
            answering.close()

    def _remember(self, turn: Turn, described: Sequence[Mapping[str, Any]], answering: Answering) -> Answer | None:
        """The answer, after it went into the history; None where nothing was said."""
        answer = answering.answer(self._heard_seconds)
        if answer is None:
            return None
        line = session_line(described, answer, self.speaker, answering.said_lines)
        self.history.add(turn, answer.reply, answer.text, line)
        self._last_direction = answering.direction
        return answer

    def _seeds(self) -> Iterator[int]:
        """A seed a sentence, from the conversation's seed, the exchange and the sentence."""
        exchange, sentence = len(self.history.lines), 0
        while True:
            yield int(np.random.SeedSequence([self.config.seed, exchange, sentence]).generate_state(1)[0])
            sentence += 1

