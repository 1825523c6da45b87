"""The style header: what the talker writes down about the voice before it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from speechkit.errors import StyleError

ATTRIBUTES: Mapping[str, tuple[str, ...]] = {
    "gender": ("female", "male"),
    "emotion": ("neutral", "happy", "sad", "angry"),
    "pitch": ("low", "normal", "high"),
    "speed": ("slow", "normal", "fast"),
    "energy": ("soft", "normal", "loud"),
}
"""The attributes in the order in which they are written, each with its values."""

DEFAULTS: Mapping[str, str] = {
    "gender": "female", "emotion": "neutral", "pitch": "normal", "speed": "normal", "energy": "normal",
}  # fmt: skip
"""What an attribute is when nobody says anything about it."""


@dataclass(frozen=True, kw_only=True)
class StyleHeader:
    """Style of one utterance; an attribute that is None is left open. Raises StyleError for an unknown value.

    >>> StyleHeader(gender="female", emotion="sad", speed="slow").text
    '<style> female sad slow </style>'
    """

    gender: str | None = None
    """"female" or "male"."""
    emotion: str | None = None
    """"neutral", "happy", "sad" or "angry"."""
    pitch: str | None = None
    """"low", "normal" or "high" for this voice."""
    speed: str | None = None
    """"slow", "normal" or "fast"."""
    energy: str | None = None
    """"soft", "normal" or "loud"."""

    def __post_init__(self) -> None:
        for name, values in ATTRIBUTES.items():
            value = getattr(self, name)
            if value is not None and value not in values:
                raise StyleError(f"{name} is one of {', '.join(values)}; got {value!r}.")

    def items(self) -> tuple[tuple[str, str], ...]:
        """The attributes that are set, in order."""
        return tuple((name, value) for name in ATTRIBUTES if (value := getattr(self, name)) is not None)

    def filled(self, others: Mapping[str, str]) -> StyleHeader:
        """This header with its open attributes taken from `others`."""
        return header_of({**others, **dict(self.items())})

    @property
    def text(self) -> str:
        """For people and records: `<style> gender emotion pitch speed energy </style>`."""
        return f"<style> {' '.join(value for _, value in self.items())} </style>"


def header_of(values: Mapping[str, str | None]) -> StyleHeader:
    """A header from a mapping.

    Raises:
        StyleError: an unknown attribute or value.
    >>> header_of({"emotion": "happy"}).items()
    (('emotion', 'happy'),)
    """
    unknown = sorted(set(values) - set(ATTRIBUTES))
    if unknown:
        raise StyleError(f"a style header has {', '.join(ATTRIBUTES)}; got {', '.join(unknown)}.")
    return StyleHeader(**values)
