"""How phones follow each other: an n-gram of phones, two bytes a gram, smoothed as it is read."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

COST_STEP = 1 / 20
"""Natural log units of a step of the stored costs: 255 steps are 12.75."""

History = tuple[int, ...]
Probabilities = NDArray[np.float32]

MEMORY = 32768
"""Histories that are kept at hand; those of their own probabilities take 2 kB each."""


class PhoneNGram(nn.Module):
    """A trie of phone sequences with the cost of their last phone; what is not in it backs off to the shorter history.

    Row g of order n is one sequence of n phones; rows are sorted by the sequence before and then by the phone. Back-off weights
    are not stored: they follow from the probabilities, which have to sum to 1.

    Args:
        sizes: rows of orders 1 to n; num_phones: phones and, last, the boundary of a sentence.
    """

    def __init__(self, sizes: tuple[int, ...], num_phones: int) -> None:
        super().__init__()
        self.order, self.num_phones = len(sizes), num_phones
        for order, size in enumerate(sizes, 1):
            for name in ("phone", "cost", "children"):
                self.register_buffer(f"{name}{order}", torch.zeros(size, dtype=torch.uint8))
        self._arrays: list[tuple[NDArray[np.int64], Probabilities, NDArray[np.int64]]] = []
        self._known: dict[History, tuple[Probabilities, Probabilities, History]] = {}

    def log_probabilities(self, history: History) -> Probabilities:
        """Natural log of how probable each phone is next: float32 [num_phones].

        Args:
            history: phones before, oldest first; at most order - 1 count. Begin a sentence with the boundary.
        """
        return self._remembered(history[-(self.order - 1) :] if self.order > 1 else ())[1]

    def shorten(self, history: History) -> History:
        """The part of a history that matters: its longest end that something is stored after."""
        return self._remembered(history[-(self.order - 1) :] if self.order > 1 else ())[2]

    def _remembered(self, history: History) -> tuple[Probabilities, Probabilities, History]:
        """Probabilities, their logs, and the part of the history that they depend on."""
        known = self._known.get(history)
        if known is None:
            if len(self._known) >= MEMORY:
                self._known.clear()
            known = self._known[history] = self._look_up(history)
        return known

    def _look_up(self, history: History) -> tuple[Probabilities, Probabilities, History]:
        phones, seen = self._after(history)
        if history and not len(phones):
            return self._remembered(history[1:])
        lower = self._remembered(history[1:])[0] if history else np.full(self.num_phones, 1 / self.num_phones, np.float32)
        found = lower * (max(1 - float(seen.sum()), 1e-4) / max(1 - float(lower[phones].sum()), 1e-4))
        found[phones] = seen
        found /= found.sum()
        return found, np.log(found + np.float32(1e-9)), history

    def _after(self, history: History) -> tuple[NDArray[np.int64], Probabilities]:
        """Phones that are stored after a history, and their probabilities; none for one that is not stored."""
        tables = self._tables()
        low, high = 0, len(tables[0][0])
        for order, phone in enumerate(history):
            phones, _, first = tables[order]
            row = low + int(phones[low:high].searchsorted(phone))
            if row >= high or phones[row] != phone:
                return phones[:0], tables[0][1][:0]
            low, high = int(first[row]), int(first[row + 1])
        phones, probabilities, _ = tables[len(history)]
        return phones[low:high], probabilities[low:high]

    def _tables(self) -> list[tuple[NDArray[np.int64], Probabilities, NDArray[np.int64]]]:
        """Phones, probabilities and first children of every order; made when first asked for, dropped when weights are loaded."""
        if not self._arrays:  # threads may come here together: each sees all orders or none
            self._arrays = [self._table(order) for order in range(1, self.order + 1)]
        return self._arrays

    def _table(self, order: int) -> tuple[NDArray[np.int64], Probabilities, NDArray[np.int64]]:
        phone, cost, children = (getattr(self, f"{name}{order}").cpu().numpy() for name in ("phone", "cost", "children"))
        probable = np.exp(-COST_STEP * cost.astype(np.float32))
        return phone.astype(np.int64), probable, np.r_[0, np.cumsum(children.astype(np.int64))]

    def _load_from_state_dict(self, state: dict[str, Tensor], prefix: str, *rest: object) -> None:
        self._arrays, self._known = [], {}
        super()._load_from_state_dict(state, prefix, *rest)  # type: ignore[arg-type]
