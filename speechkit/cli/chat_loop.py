"""A conversation in the terminal: lines of text, and commands that begin with a slash."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from speechkit.cli.chat_output import AnswerFiles, answer_facts, print_json
from speechkit.dialogue import Answer, Dialogue, Event, TextEvent, ThoughtsEvent
from speechkit.errors import SpeechkitError
from speechkit.waveform import load

HELP = """\
type a line to say it, or
/audio FILE [words]    say a recording       /image FILE [words]    show an image
/video FILE [words]    show a video          /style [female|male]   the voice: see it, or choose
/thoughts              print them, or stop   /save FILE             write the conversation as a session file
/quit                  end (also Ctrl-D); Ctrl-C breaks into an answer, and what was said is kept"""


class Loop:
    """Reads lines, answers, until /quit or the end of the input."""

    def __init__(self, talk: Dialogue, files: AnswerFiles, *, show_thoughts: bool, json: bool, quiet: bool) -> None:
        self.talk = talk
        self.files = files
        self.show_thoughts = show_thoughts
        self.json = json
        self.quiet = quiet or json

    def run(self) -> None:
        """Until the end; an error is told, and the conversation goes on where it was."""
        if not self.quiet:
            print("Say something; /help lists commands.")
        for line in self._lines():
            try:
                if not self.handle(line.strip()):
                    return
            except SpeechkitError as error:
                print(f"error: {error}", file=sys.stderr, flush=True)

    def handle(self, line: str) -> bool:
        """Do what a line says; False ends the conversation."""
        if not line.startswith("/"):
            if line:
                self._answer(text=line)
            return True
        name, _, rest = line[1:].partition(" ")
        if name in ("quit", "exit"):
            return False
        action = getattr(self, f"_do_{name}", None)
        if action is None:
            raise SpeechkitError(f"there is no command /{name}; /help lists them.")
        action(rest.strip())
        return True

    def _lines(self) -> Iterator[str]:
        while True:
            try:
                yield input("" if self.quiet else "> ")
            except (EOFError, KeyboardInterrupt):
                return

    def _do_help(self, rest: str) -> None:
        print(HELP)

    def _do_audio(self, rest: str) -> None:
        path, words = _split(rest, "/audio FILE [words]")
        waveform, rate = load(path)
        self._answer(audio=waveform, sample_rate=rate, text=words)

    def _do_video(self, rest: str) -> None:
        path, words = _split(rest, "/video FILE [words]")
        self._answer(video=path, text=words)

    def _do_image(self, rest: str) -> None:
        path, words = _split(rest, "/image FILE [words]")
        self._answer(image=path, text=words)

    def _do_style(self, rest: str) -> None:
        if rest:
            self.talk.config = replace(self.talk.config, gender=rest)
        print(f"voice: {self.talk.config.gender}")

    def _do_thoughts(self, rest: str) -> None:
        self.show_thoughts = not self.show_thoughts
        print(f"thoughts: {'on' if self.show_thoughts else 'off'}")

    def _do_save(self, rest: str) -> None:
        if not rest:
            raise SpeechkitError("say where to: /save FILE.")
        self.talk.save(rest)
        print(f"saved to {rest}")

    def _answer(self, **turn: Any) -> None:
        """One turn; Ctrl-C breaks into it."""
        events = self.talk.turn_stream(**turn)
        answer = None
        try:
            for event in events:
                self._show(event)
                answer = event if isinstance(event, Answer) else None
        except KeyboardInterrupt:
            self.talk.leave()
            print("\n(interrupted)", file=sys.stderr)
        if answer is None:
            return
        path = self.files.write(answer.speech)
        if self.json:
            print_json(answer_facts(answer, path))
        elif path is not None:
            print(f"({path}, {answer.speech.duration_seconds:.1f} s)")

    def _show(self, event: Event) -> None:
        if self.json:
            return
        if isinstance(event, ThoughtsEvent) and self.show_thoughts:
            direction = event.direction
            print("\n".join(_lines_of(event.thoughts.items(), direction.instruction, direction.style)))
        elif isinstance(event, TextEvent):
            print(event.text, flush=True)


def show_thoughts_of(answer: Answer) -> list[str]:
    """Perception, intent, strategy, instruction and style of an answer, a line each."""
    thoughts = answer.thoughts
    names = ("asr", "emotion_analysis", "user_intent", "response_strategy")
    texts = [(name, text) for name in names if (text := getattr(thoughts, name))]
    return _lines_of(texts, answer.instruction, answer.style)


_LABELS = {"asr": "heard", "emotion_analysis": "perception", "user_intent": "intent", "response_strategy": "strategy"}


def _lines_of(thoughts: Any, instruction: str, style: Any) -> list[str]:
    rows = [(_LABELS[name], text) for name, text in thoughts]
    rows += [("instruction", instruction), ("style", " ".join(style.values()))]
    return [f"  {label:<12}{text}" for label, text in rows]


def _split(rest: str, usage: str) -> Sequence[Any]:
    """Path and words; a path with spaces stands in quotes.

    Raises:
        SpeechkitError: no path.
    """
    if rest.startswith('"') and '"' in rest[1:]:
        path, _, words = rest[1:].partition('"')
    else:
        path, _, words = rest.partition(" ")
    if not path:
        raise SpeechkitError(f"say which file: {usage}.")
    return Path(path), words.strip() or None
