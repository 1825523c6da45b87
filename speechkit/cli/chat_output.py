"""What `speechkit chat` writes: audio files of answers, and facts for programs."""

import json
from pathlib import Path
from typing import Any

from speechkit.dialogue import Answer
from speechkit.errors import AudioFileError
from speechkit.thinker.records import reply_to_dict
from speechkit.types import Speech
from speechkit.waveform import FORMATS, save


class AnswerFiles:
    """Takes answers one after the other: into one audio file, or a folder as answer_001.wav and so on."""

    def __init__(self, output: Path | None) -> None:
        self.output = output
        self.count = 0

    def write(self, speech: Speech) -> Path | None:
        """Write an answer; where nothing was asked for, or nothing said, nothing.

        Raises:
            AudioFileError: a second answer for one file, or a place that cannot be written.
        """
        if self.output is None or not len(speech.samples):
            return None
        self.count += 1
        if self.output.suffix.lower() in FORMATS and not self.output.is_dir():
            if self.count > 1:
                raise AudioFileError(f"{self.output} is one file and holds the first answer; name a folder for several.")
            path = self.output
        else:
            path = self.output / f"answer_{self.count:03}.wav"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise AudioFileError(f"cannot make the folder {path.parent}: {error.strerror}.") from error
        save(path, speech)
        return path


def answer_facts(answer: Answer, path: Path | None) -> dict[str, Any]:
    """All of an answer but its samples, JSON-ready."""
    reply = reply_to_dict(answer.reply)
    return {
        "text": answer.text,
        "thoughts": reply["thoughts"],
        "strategy": answer.strategy,
        "instruction": answer.instruction,
        "style": dict(answer.style),
        "language": answer.reply.language,
        "thinker": answer.reply.thinker,
        "problems": list(answer.problems),
        "speech_seconds": round(answer.speech.duration_seconds, 3),
        "interrupted": answer.interrupted,
        "output": None if path is None else str(path),
    }


def print_json(facts: dict[str, Any]) -> None:
    """One line of JSON on standard output."""
    print(json.dumps(facts, ensure_ascii=False), flush=True)
