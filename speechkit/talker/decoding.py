"""Writing one utterance: the header by its grammar, then units under bounds, then the end, for any backbone."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from speechkit.talker.header import ATTRIBUTES, StyleHeader, header_of
from speechkit.talker.sampling import Sampling, draw, generator_for
from speechkit.talker.watch import Watch

FinishReason = Literal["end", "length", "repetition", "silence", "empty"]
"""Why units ended: all is said; the text's bound was reached; a loop or silence came back after all retries; nothing to say."""


class Utterance(Protocol):
    """A sequence in the making. Header values first, then the text, then units."""

    guided: bool
    """Whether the backbone knows which symbol it speaks, so that neither loops nor an early end are possible."""

    def style_scores(self, attribute: str) -> Tensor:
        """Logits of an attribute's values, float [values]."""
        ...

    def write_style(self, attribute: str, value: str) -> None:
        """Write a header value."""
        ...

    def read_text(self, text: str, language: str, patience: float) -> int:
        """Close the header and read the text; returns how many symbols it has, 0 when there is nothing to say."""
        ...

    @property
    def ended(self) -> bool:
        """Whether all is said."""
        ...

    def unit_scores(self) -> Tensor:
        """Logits of the next unit, float [num_units], with one more for the end where the backbone writes it itself."""
        ...

    def write_unit(self, unit: int, patience: float) -> None:
        """Write a unit. A guided backbone stays with its next symbol until it would have done so with less than `patience`."""
        ...

    def mark(self) -> Any:
        """For `rewind`."""
        ...

    def rewind(self, mark: Any) -> None:
        """Go back to where `mark` was called."""
        ...


class Backbone(Protocol):
    """What reads and writes sequences: `speechkit.talker.Talker`, or a language model."""

    name: str
    num_units: int
    unit_rate: float
    codec: str
    silent_units: frozenset[int]

    def utterance(self, instruction: str) -> Utterance:
        """Begin a sequence: the instruction, up to the header."""
        ...


@torch.inference_mode()
def write_header(utterance: Utterance, wanted: StyleHeader) -> StyleHeader:
    """Write the header: what is wanted, and the likeliest value of every other attribute.

    Returns:
        The header, with every attribute set.
    """
    values = dict(wanted.items())
    for attribute, options in ATTRIBUTES.items():
        if attribute not in values:
            values[attribute] = options[int(utterance.style_scores(attribute).argmax())]
        utterance.write_style(attribute, values[attribute])
    return header_of(values)


class UnitStream:
    """Iterates over the units of one utterance whose header is written.

    Attributes:
        finish_reason: why they ended; None until they have.
        retries: how often units were written again.
    """

    def __init__(
        self,
        backbone: Backbone,
        utterance: Utterance,
        text: str,
        language: str,
        *,
        sampling: Sampling = Sampling(),
        watch: Watch = Watch(),
        seed: int = 0,
        index: int = 0,
    ) -> None:
        """Prepare.

        Args:
            text, language: what is said.
            sampling, watch: how.
            seed, index: of the random numbers; index counts the pieces of a longer text.
        """
        self.backbone, self.utterance = backbone, utterance
        self.sampling, self.watch = sampling, watch
        self._place = (seed, index)
        self._random = generator_for(seed, index, 0)
        self.symbols = utterance.read_text(text, language, self._patience())
        self.finish_reason: FinishReason | None = None
        self.retries = 0

    def __iter__(self) -> Iterator[int]:
        units: list[int] = []
        told = 0
        hold = 0 if self.utterance.guided else self.watch.hold_units
        marks = deque([self.utterance.mark()], maxlen=hold + 2)
        while self._goes_on(units):
            unit = draw(self._scores(len(units)), self.sampling, self._random, units)
            if unit == self.backbone.num_units:
                self.finish_reason = "end"
                break
            units.append(unit)
            self.utterance.write_unit(unit, self._patience())
            marks.append(self.utterance.mark())
            if problem := self._alarm(units):
                del units[told:]
                if self.retries == self.watch.retries:
                    self.finish_reason = problem
                    break
                self._retry(marks)
            elif len(units) - told > hold:
                yield units[told]
                told += 1
        yield from units[told:]

    def _goes_on(self, units: list[int]) -> bool:
        if not self.symbols:
            self.finish_reason = "empty"
        elif self.utterance.ended:
            self.finish_reason = "end"
        elif len(units) >= self.watch.most(self.symbols):
            self.finish_reason = "length"
        return self.finish_reason is None

    def _scores(self, written: int) -> Tensor:
        scores = self.utterance.unit_scores()
        if len(scores) > self.backbone.num_units and written < self.watch.fewest(self.symbols):
            scores = scores.clone()
            scores[self.backbone.num_units] = -torch.inf
        return scores

    def _alarm(self, units: list[int]) -> FinishReason | None:
        return None if self.utterance.guided else self.watch.alarm(units, self.backbone.silent_units)  # type: ignore[return-value]

    def _retry(self, marks: deque[Any]) -> None:
        """Back to the last unit that was given away, with fresh random numbers."""
        self.retries += 1
        self._random = generator_for(*self._place, self.retries)
        first = marks[0]
        marks.clear()
        marks.append(first)
        self.utterance.rewind(first)

    def _patience(self) -> float:
        """The probability at which a symbol's length ends; its median, give or take the spread."""
        return float(0.5 + (self._random.random() - 0.5) * min(self.sampling.duration_spread, 0.999))
