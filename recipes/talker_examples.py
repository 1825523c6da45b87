"""Rows of the talker's shards and generated instructions, as sequences with their targets, padded and stacked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from speechkit.talker.header import DEFAULTS, header_of
from speechkit.talker.model import Sequences
from speechkit.talker.sequence import after_header, before_header, header_symbols, unit_symbol
from speechkit.talker.vocabulary import Vocabulary

NOTHING, TEXT, STYLE, UNIT = 0, 1, 2, 3
"""Kinds of targets."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Example:
    """One sequence and its targets, all [S]; `text` [M].

    Attributes:
        tokens, places, held: see `Sequences`.
        targets: index of the next symbol within its kind.
        kinds: NOTHING, TEXT, STYLE or UNIT.
        moves: of the pointer behind a unit; -1 where there is none.
        text: token ids.
    """

    tokens: NDArray[np.int64]
    places: NDArray[np.int64]
    held: NDArray[np.int64]
    targets: NDArray[np.int64]
    kinds: NDArray[np.int64]
    moves: NDArray[np.int64]
    text: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """Padded examples.

    Attributes:
        sequences: what the model reads.
        targets, kinds, moves: int64 [B, S]; see `Example`.
    """

    sequences: Sequences
    targets: Tensor
    kinds: Tensor
    moves: Tensor

    def to(self, device: torch.device, non_blocking: bool = False) -> Batch:
        """The same on another device."""

        def moved(source: object, name: str) -> Tensor:
            return getattr(source, name).to(device, non_blocking=non_blocking)

        sequences = Sequences(**{field.name: moved(self.sequences, field.name) for field in fields(Sequences)})
        return Batch(sequences=sequences, **{name: moved(self, name) for name in ("targets", "kinds", "moves")})


class SequenceWriter(Protocol):
    """Rows to examples, in the vocabulary of one model."""

    def instructed(self, instruction: str, style: Mapping[str, str]) -> Example:
        """An instruction and its header, without speech."""
        ...

    def spoken(
        self, row: Mapping[str, Any], units: NDArray[np.int16], places: NDArray[np.int16], style: Mapping[str, str],
        instruction: str,
    ) -> Example:  # fmt: skip
        """A clip; its header is a target only behind an instruction, which tells of it."""
        ...


class Writer:
    """Rows to examples for the talker's own model; see `SequenceWriter`."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.words, self.ids = vocabulary, vocabulary.ids
        self.first_unit = self.ids[unit_symbol(0)]
        self.first_style = min(self.ids[symbol] for symbol in header_symbols(header_of(DEFAULTS)))
        self.first_text = self.ids["<|en|>"]

    def instructed(self, instruction: str, style: Mapping[str, str]) -> Example:
        """An instruction and its header, without speech."""
        head = before_header(self.words.instruction_ids(instruction), self.ids)
        header = [self.ids[symbol] for symbol in header_symbols(header_of(style))]
        tokens = np.array([*head, *header])
        blank = np.full(len(tokens), -1)
        targets, kinds = np.zeros_like(tokens), np.zeros_like(tokens)
        where = slice(len(head) - 1, len(tokens) - 1)
        targets[where], kinds[where] = np.array(header) - self.first_style, STYLE
        return Example(tokens=tokens, places=blank, held=0 * blank, targets=targets, kinds=kinds, moves=blank, text=tokens[:0])

    def spoken(
        self, row: Mapping[str, Any], units: NDArray[np.int16], places: NDArray[np.int16], style: Mapping[str, str],
        instruction: str,
    ) -> Example:  # fmt: skip
        """A clip; its header is a target only behind an instruction, which tells of it."""
        text = [self.ids[symbol] for symbol in row["symbols"]]
        head = before_header(self.words.instruction_ids(instruction), self.ids)
        header = [self.ids[symbol] for symbol in header_symbols(header_of(style))]
        middle = after_header(text, self.ids)
        tokens = np.array([*head, *header, *middle, *(self.first_unit + units[:-1].astype(np.int64))])
        targets, kinds, places_, held = (np.zeros_like(tokens) for _ in range(4))
        moves = np.full_like(tokens, -1)
        if instruction:
            where = slice(len(head) - 1, len(head) + len(header) - 1)
            targets[where], kinds[where] = np.array(header) - self.first_style, STYLE
        begin = len(head) + len(header) + 2  # behind </style> <text> and the language
        targets[begin : begin + len(text) - 1], kinds[begin : begin + len(text) - 1] = np.array(text[1:]) - self.first_text, TEXT
        speech = slice(len(tokens) - len(units), len(tokens))
        targets[speech], kinds[speech] = units, UNIT
        places_[: speech.start] = -1
        places_[speech], held[speech] = places, held_so_far(places)
        moves[speech] = np.diff(places.astype(np.int64), append=len(text))
        return Example(
            tokens=tokens, places=places_, held=held, targets=targets, kinds=kinds, moves=moves, text=np.array(text)
        )


def held_so_far(places: NDArray[np.int16]) -> NDArray[np.int64]:
    """For how many units the pointer has stood where it stands, before each unit.

    >>> held_so_far(np.array([0, 0, 1, 3, 3, 3])).tolist()
    [0, 1, 0, 0, 1, 2]
    """
    starts = np.flatnonzero(np.diff(places, prepend=-1))
    return np.arange(len(places)) - np.repeat(starts, np.diff(starts, append=len(places)))


def collate(examples: Sequence[Example]) -> Batch:
    """Pad and stack."""
    def stacked(name: str, fill: int) -> Tensor:
        arrays = [torch.from_numpy(np.ascontiguousarray(getattr(example, name))) for example in examples]
        if not max(map(len, arrays)):
            arrays[0] = torch.full((1,), fill)
        return torch.nn.utils.rnn.pad_sequence(arrays, batch_first=True, padding_value=fill)

    return Batch(
        sequences=Sequences(
            tokens=stacked("tokens", 0), texts=stacked("text", -1), places=stacked("places", -1), held=stacked("held", 0)
        ),
        targets=stacked("targets", 0), kinds=stacked("kinds", NOTHING), moves=stacked("moves", -1),
    )  # fmt: skip
