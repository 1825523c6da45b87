"""A batch: a bad item is reported, the others go on, and the end names what failed."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from speechkit.errors import SpeechkitError


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An item that did not work."""

    input: str
    """What the user named."""
    error: str
    """Class of the error."""
    message: str
    """What was expected, what came, what to do."""


@dataclass(kw_only=True)
class Batch(AbstractContextManager["Batch"]):
    """Runs items, shows progress on stderr, counts.

    Attributes:
        verb: past tense of what is done to an item, for the summary: "encoded".
        total: number of items; None when it is not known beforehand.
        seconds: of speech, so far.
    """

    verb: str
    total: int | None
    quiet: bool = False
    fail_fast: bool = False
    done: int = 0
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        hidden = self.quiet or not console.is_terminal
        self._progress = Progress(*columns, console=console, disable=hidden, transient=True)
        self._task = self._progress.add_task("", total=self.total)
        self._start = time.perf_counter()

    def __enter__(self) -> "Batch":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    @contextmanager
    def item(self, name: str) -> Iterator[None]:
        """Work on one item: a SpeechkitError inside is reported and remembered, or raised with `fail_fast`."""
        self._progress.update(self._task, description=name[-40:])
        try:
            yield
        except SpeechkitError as error:
            self.fail(name, error)
        self._progress.update(self._task, completed=self.done + len(self.failures))

    def fail(self, name: str, error: SpeechkitError) -> None:
        """Report a failed item."""
        message = str(error) if name in str(error) else f"{name}: {error}"
        if self.fail_fast:
            raise type(error)(message) from error
        self.failures.append(Failure(input=name, error=type(error).__name__, message=message))
        print(f"error: {message}", file=sys.stderr)

    def succeed(self, seconds: float) -> None:
        """Count a finished item of so many seconds of speech."""
        self.done += 1
        self.seconds += seconds

    def advance(self, fraction: float) -> None:
        """Move the bar by a part of an item."""
        self._progress.advance(self._task, fraction)

    def note(self, text: str) -> None:
        """Remember something that the user should know; equal notes are printed once, with their number."""
        self.notes[text] = self.notes.get(text, 0) + 1

    @property
    def elapsed_seconds(self) -> float:
        """Wall time since the batch began."""
        return time.perf_counter() - self._start

    def summary(self) -> dict[str, object]:
        """What happened, JSON-ready."""
        elapsed = self.elapsed_seconds
        return {
            self.verb: self.done,
            "speech_seconds": round(self.seconds, 3),
            "elapsed_seconds": round(elapsed, 3),
            "real_time_factor": round(elapsed / self.seconds, 4) if self.seconds else None,
            "notes": self.notes,
            "failed": [vars(failure) for failure in self.failures],
        }

    def finish(self, output: str, *, as_json: bool = False, **figures: object) -> None:
        """Say what happened: a line on stderr, JSON on stdout when asked; exit code 2 if an item failed.

        Raises:
            typer.Exit: something failed.
        """
        self._progress.stop()
        if as_json:
            print(json.dumps({"output": output, **figures, **self.summary()}, ensure_ascii=False))
        if not self.quiet:
            for line in self._lines(output):
                print(line, file=sys.stderr)
        if self.failures:
            raise typer.Exit(2)

    def _lines(self, output: str) -> Iterator[str]:
        for text, count in self.notes.items():
            yield f"note: {text}" + (f" ({count} times)" if count > 1 else "")
        if self.done:
            speed = f"{self.seconds:.1f} s of speech in {self.elapsed_seconds:.1f} s"
            yield f"{self.verb} {self.done} {'item' if self.done == 1 else 'items'}, {speed} -> {output}"
        if self.failures and self.done + len(self.failures) > 1:
            names = ", ".join(failure.input for failure in self.failures)
            yield f"failed {len(self.failures)} of {self.done + len(self.failures)}: {names}"
