"""Judges that need no network: a stub that answers by rules, and the recording and replay of a real one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from speechkit.errors import ConfigError
from speechkit.evaluation.judging.client import JudgeError
from speechkit.protocols import Judge


class StubJudge:
    """Answers by rules: the first whose text occurs in the prompt, else the default.

    The file is JSON: {"default": reply, "rules": [{"contains": text, "reply": reply}, ...]}; a reply is text, or an object
    that is sent as JSON.
    """

    def __init__(self, path: str | Path) -> None:
        """Read the rules.

        Raises:
            ConfigError: not readable, or of another form.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
            self._rules = [(rule["contains"], _text(rule["reply"])) for rule in data.get("rules", [])]
            self._default = _text(data["default"]) if "default" in data else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f'{path} is no stub judge: want {{"default": ..., "rules": [...]}}: {error!r}.'
            ) from error
        self.name = f"stub:{Path(path).name}"

    def ask(self, system: str, prompt: str, media: tuple[str, ...] = ()) -> str:
        """The rule's reply.

        Raises:
            JudgeError: no rule fits and there is no default.
        """
        reply = next((reply for text, reply in self._rules if text in prompt), self._default)
        if reply is None:
            raise JudgeError(f"{self.name} has no rule for this prompt and no default.")
        return reply


def _text(reply: Any) -> str:
    return reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)


def question_key(system: str, prompt: str, media: Sequence[str]) -> str:
    """SHA-256 of a question: texts, and the contents of its media."""
    digest = hashlib.sha256(f"{system}\0{prompt}".encode())
    for path in media:
        digest.update(hashlib.sha256(Path(path).read_bytes()).digest() if Path(path).is_file() else b"missing")
    return digest.hexdigest()


class RecordingJudge:
    """Passes questions on, and writes every answer to a file that `ReplayJudge` reads."""

    def __init__(self, judge: Judge, path: str | Path) -> None:
        self._judge, self._path = judge, Path(path)
        self.name = judge.name

    def ask(self, system: str, prompt: str, media: tuple[str, ...] = ()) -> str:
        """The judge's answer, recorded."""
        reply = self._judge.ask(system, prompt, media)
        line = {"key": question_key(system, prompt, media), "judge": self.name, "reply": reply}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return reply


class ReplayJudge:
    """Gives recorded answers again, in the order in which they were given to the same question."""

    def __init__(self, path: str | Path) -> None:
        """Read a recording.

        Raises:
            ConfigError: not readable, or no recording.
        """
        self._replies: dict[str, list[str]] = {}
        try:
            lines = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()]
            for line in lines:
                self._replies.setdefault(line["key"], []).append(line["reply"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{path} is no recording of a judge: {error!r}.") from error
        self.name = next((str(line.get("judge")) for line in lines), "replay")
        self._asked: dict[str, int] = {}

    def ask(self, system: str, prompt: str, media: tuple[str, ...] = ()) -> str:
        """The next recorded answer to this question; the last one again when there are no more.

        Raises:
            JudgeError: this question was never recorded.
        """
        key = question_key(system, prompt, media)
        if key not in self._replies:
            raise JudgeError(
                "this question is not in the recording; record it first, or use the same prompts and files."
            )
        turn = self._asked.get(key, 0)
        self._asked[key] = turn + 1
        return self._replies[key][min(turn, len(self._replies[key]) - 1)]
