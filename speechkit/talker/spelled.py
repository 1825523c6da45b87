"""Units that say a text without a slip: for every symbol, the codes that the tokenizer's code table has for it.

The units of the default tokenizer stand for phones among their neighbours. Who knows the text knows them, but for whether a mark
will be a pause; a talker that may write any unit only adds mistakes. So it chooses among these, and decides what no table knows:
the style, how long each sound is held, which marks are pauses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from speechkit.text import EMOVA240, phone_ids

SILENCE = len(EMOVA240)
_LABELS = frozenset(EMOVA240)


class Speller(Protocol):
    """A code table."""

    def spell(self, found: NDArray[np.int64]) -> NDArray[np.int64]:
        """The code of each context (phone before, phone, phone after; `SILENCE` beyond the ends): int64 [N, 3] -> int64 [N]."""
        ...


class SpelledText:
    """Which units may say each symbol of one text.

    Attributes:
        phones: of every symbol; SILENCE for the language at the beginning and for marks.
    """

    def __init__(self, symbols: Sequence[str], speller: Speller) -> None:
        self.speller = speller
        self.phones = [phone_ids([symbol])[0] if symbol in _LABELS else SILENCE for symbol in symbols]

    def units(self, place: int, before: int) -> list[int]:
        """Units that may say symbol `place` behind another phone: one, or two where a mark that may be a pause comes next.

        >>> class Sum:
        ...     def spell(self, found):
        ...         return found.sum(1)
        >>> SpelledText(["<|en|>", "en_AA0", "en_AA1", ",", "en_AE0", "."], Sum()).units(2, before=1)
        [5, 242]
        """
        found = [[before, self.phones[place], after] for after in self._after(place)]
        return np.unique(self.speller.spell(np.array(found, np.int64))).tolist()

    def before(self, place: int, now: int, before: int) -> int:
        """The phone that stands before symbol `place` when the one before it was `now`, itself behind `before`."""
        return before if self.phones[place] == self.phones[now] else self.phones[now]

    def _after(self, place: int) -> list[int]:
        """Phones that may come next; a phone that comes twice in a row is one longer phone."""
        rest = [*self.phones[place + 1 :], SILENCE]
        while len(rest) > 1 and rest[0] == self.phones[place]:
            rest = rest[1:]
        return [rest[0], rest[1]] if rest[0] == SILENCE and len(rest) > 2 else rest[:1]
