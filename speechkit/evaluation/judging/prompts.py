"""Our judge prompts, versioned: absolute scores depend on them, so their id and hash stand in every result."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from speechkit.errors import ConfigError

VERSIONS = {
    "VS": 1, "VT_EA_RES": 1, "VT_RC": 1, "IF": 1, "ITE": 1, "dialogue_text": 1, "dialogue_speech": 1, "style": 1, "labels": 1,
}  # fmt: skip
"""Current version of each prompt; a changed text gets a new number and a new file."""


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a judge is told."""

    id: str
    """Name and version, "VS.v1"."""
    system: str
    """Its role."""
    text: str
    """The task, with {fields} to fill."""

    @property
    def sha256(self) -> str:
        """Over role and task, before fields are filled."""
        return hashlib.sha256(f"{self.system}\n---\n{self.text}".encode()).hexdigest()

    def fill(self, fields: Mapping[str, str]) -> str:
        """The task with its fields filled; what a field holds is never filled again.

        Raises:
            ConfigError: a field that the prompt has not.
        """
        unknown = [name for name in fields if f"{{{name}}}" not in self.text]
        if unknown:
            raise ConfigError(f"prompt {self.id} has no field {', '.join(unknown)}.")
        pieces = [self.text]
        for name, value in fields.items():
            pieces = [part for piece in pieces for part in _insert(piece, f"{{{name}}}", value)]
        return "".join(pieces)


class _Filled(str):
    """Text that came out of a field."""


def _insert(piece: str, mark: str, value: str) -> list[str]:
    if isinstance(piece, _Filled):
        return [piece]
    parts = piece.split(mark)
    return [part for index, text in enumerate(parts) for part in ([_Filled(value)] if index else []) + [text]]


@cache
def prompt(name: str) -> Prompt:
    """The current version of a prompt.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in VERSIONS:
        raise ConfigError(f"there is no prompt {name!r}; there are {', '.join(VERSIONS)}.")
    identity = f"{name}.v{VERSIONS[name]}"
    text = resources.files(__package__).joinpath("data", f"{identity}.txt").read_text(encoding="utf-8")
    system, _, task = text.partition("\n---\n")
    return Prompt(id=identity, system=system.strip(), text=task.strip())
