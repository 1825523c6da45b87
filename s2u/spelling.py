"""Which code stands for which phone between which neighbours: phones spelled in units, and units read as phones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from speechkit.errors import CheckpointError

SILENCE = 240
"""What stands for silence among the phones of `emova240`; also the index of the CTC blank."""

Ints = NDArray[np.int64]
Votes = NDArray[np.float32]
_RADIX = 256
_PRIOR = 3.0
"""Votes that a context gets from what its pairs say."""


def contexts(labels: NDArray[np.integer]) -> Ints:
    """Neighbours of every unit's phone.

    Args:
        labels: int [N], a phone id (or silence) a unit, none unknown.
    Returns:
        int64 [N, 3]: the run before, the unit's own, the run after; silence beyond the ends.

    >>> contexts(np.array([240, 5, 5, 7], np.int16)).tolist()
    [[240, 240, 5], [240, 5, 7], [240, 5, 7], [5, 7, 240]]
    """
    starts = np.r_[0, np.flatnonzero(np.diff(labels)) + 1]
    runs = np.r_[SILENCE, labels[starts], SILENCE].astype(np.int64)
    number = np.repeat(np.arange(len(starts)), np.diff(np.r_[starts, len(labels)]))
    return np.stack([runs[number], runs[number + 1], runs[number + 2]], 1)


@dataclass(frozen=True, eq=False)
class CodeTable:
    """Votes of units for codes, by context.

    Attributes:
        contexts: int64 [V, 3], phone before, phone, phone after; a context may fill several rows.
        codes: int64 [V]; weights: float32 [V], probabilities summed.
    """

    contexts: Ints
    codes: Ints
    weights: Votes

    @classmethod
    def load(cls, path: Path) -> CodeTable:
        """Read what `save` wrote.

        Raises:
            CheckpointError: the file is not there or is another.
        """
        try:
            stored = load_file(path)
            return cls(stored["contexts"].astype(np.int64), stored["codes"].astype(np.int64), stored["weights"].astype(np.float32))
        except (OSError, KeyError) as error:
            raise CheckpointError(f"{path} is no code table of recipes.code_table: {error}.") from error

    @classmethod
    def joined(cls, tables: Sequence[CodeTable]) -> CodeTable:
        """All votes of several tables, one or more."""
        names = ("contexts", "codes", "weights")
        return cls(*(np.concatenate([getattr(table, name) for table in tables]) for name in names))

    def heavier(self, least: float) -> CodeTable:
        """The votes of at least this weight."""
        kept = self.weights >= least
        return CodeTable(self.contexts[kept], self.codes[kept], self.weights[kept])

    def save(self, path: Path) -> None:
        """Write safetensors: int16 contexts and codes, float16 weights."""
        arrays = {"contexts": self.contexts.astype(np.int16), "codes": self.codes.astype(np.int16)}
        save_file(arrays | {"weights": self.weights.clip(0, 6e4).astype(np.float16)}, path)

    def phones(self, num_codes: int) -> Votes:
        """How probable each phone (or silence) is when a code is heard: float32 [num_codes, 241], rows sum to 1."""
        votes = np.full((num_codes, SILENCE + 1), 1e-4)
        np.add.at(votes, (self.codes, self.contexts[:, 1]), self.weights)
        return (votes / votes.sum(1, keepdims=True)).astype(np.float32)

    def spell(self, found: Ints) -> Ints:
        """The code of every context: int64 [N, 3] -> int64 [N]. Unheard contexts lean on their pairs, these on the phone."""
        distinct, inverse = np.unique(found, axis=0, return_inverse=True)
        return np.array([self._code(*context) for context in distinct.tolist()], np.int64)[inverse.reshape(-1)]

    def _code(self, left: int, phone: int, right: int) -> int:
        key = (left * _RADIX + phone) * _RADIX + right
        if key not in self._known:
            whole = self._votes(*self._triples, key, key + 1)
            before = self._votes(*self._triples, key - right, key - right + _RADIX)
            after = self._votes(*self._pairs, phone * _RADIX + right, phone * _RADIX + right + 1)
            alone = self._votes(*self._pairs, phone * _RADIX, (phone + 1) * _RADIX)
            self._known[key] = int((whole + _PRIOR * leaning(before, after, alone)).argmax())
        return self._known[key]

    def _votes(self, keys: Ints, order: Ints, low: int, high: int) -> NDArray[np.float64]:
        """Votes for every code of the rows whose keys lie in [low, high)."""
        rows = order[slice(*np.searchsorted(keys, [low, high]))]
        return np.bincount(self.codes[rows], self.weights[rows], self._num_codes).astype(np.float64)

    @cached_property
    def _known(self) -> dict[int, int]:
        return {}

    @cached_property
    def _num_codes(self) -> int:
        return int(self.codes.max(initial=0)) + 1

    @cached_property
    def _triples(self) -> tuple[Ints, Ints]:
        return _sorted((self.contexts * np.array([_RADIX**2, _RADIX, 1])).sum(1))

    @cached_property
    def _pairs(self) -> tuple[Ints, Ints]:
        return _sorted(self.contexts[:, 1] * _RADIX + self.contexts[:, 2])


def _sorted(keys: Ints) -> tuple[Ints, Ints]:
    """Keys in order, and the rows that they are of."""
    order = np.argsort(keys, kind="stable")
    return keys[order], order


def leaning(
    before: NDArray[np.float64], after: NDArray[np.float64], alone: NDArray[np.float64], trust: float = 0.3
) -> NDArray[np.float64]:
    """How likely each code of a phone is by its two neighbours apart: the geometric mean of its shares of their votes, to
    which the phone's own shares add `trust` votes. All float64 [K], votes by code."""
    own = trust * alone / max(alone.sum(), 1e-9)
    shares = [(votes + own) / (votes.sum() + trust) for votes in (before, after)]
    return np.sqrt(shares[0] * shares[1])
