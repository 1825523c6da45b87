"""Letters to sounds for words that no dictionary knows: a joint letter-and-phone n-gram model.

Each letter and the zero, one or two phones it stands for make one token; the model is a back-off
n-gram over these tokens, learnt from the dictionary by ``recipes/letter_to_sound.py`` and kept as a
trie of a few hundred kilobytes. Reading a word is a beam search for its likeliest tokens.

Source: the idea is Bisani and Ney 2008, "Joint-sequence models for grapheme-to-phoneme conversion",
doi:10.1016/j.specom.2008.01.002. Changed: one letter a token.
"""

from __future__ import annotations

import functools
import json
import lzma
import sys
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from importlib import resources

LOG_STEP = 1 / 16
"""Log probabilities and back-off weights are stored in steps of this many nats."""

_Hypothesis = tuple[float, tuple[str, ...], tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class LetterToSound:
    """A back-off n-gram over tokens, as a trie in breadth-first order; node 0 is the root."""

    tokens: tuple[tuple[str, str], ...]
    """(letter, phones separated by spaces) by token id; the first two are the word's start and end."""
    token_of: array[int]
    """Token id of each node."""
    cost_of: array[int]
    """Negative log probability of each node's token after its parents, in ``LOG_STEP``."""
    backoff_of: array[int]
    """Cost of backing off from each node, in ``LOG_STEP`` plus 128."""
    first_child: array[int]
    """First child of each node, and one more entry that ends the last; children lie in token order."""

    @classmethod
    def from_bytes(cls, packed: bytes) -> LetterToSound:
        """Unpack a model that ``to_bytes`` packed."""
        data = lzma.decompress(packed)
        head, _, body = data.partition(b"\n")
        header = json.loads(head)
        count, columns, start = header["nodes"], [], 0
        for kind in "HBBH":
            column = array(kind)
            size = count * column.itemsize
            column.frombytes(body[start : start + size])
            columns.append(_little_endian(column))
            start += size
        tokens, costs, backoffs, children = columns
        first = array("I", [1])
        for size in children:
            first.append(first[-1] + size)
        return cls(
            tokens=tuple((letter, phones) for letter, phones in header["tokens"]),
            token_of=tokens,
            cost_of=costs,
            backoff_of=backoffs,
            first_child=first,
        )

    def to_bytes(self) -> bytes:
        """Pack the model: a JSON line, then four columns, xz-compressed."""
        count = len(self.token_of)
        sizes = (self.first_child[node + 1] - self.first_child[node] for node in range(count))
        header = {"tokens": self.tokens, "nodes": count}
        columns = (self.token_of, self.cost_of, self.backoff_of, array("H", sizes))
        body = b"".join(_little_endian(column).tobytes() for column in columns)
        packed = json.dumps(header, separators=(",", ":")).encode() + b"\n" + body
        return lzma.compress(packed, preset=9 | lzma.PRESET_EXTREME)

    @functools.cached_property
    def _by_letter(self) -> dict[str, list[tuple[int, tuple[str, ...]]]]:
        table: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
        for token, (letter, phones) in enumerate(self.tokens):
            table.setdefault(letter, []).append((token, tuple(phones.split())))
        return table

    def pronounce(self, word: str, beam: int = 24) -> list[str]:
        """Read a word by its letters.

        Args:
            word: lower-case letters a-z; others are passed over.
            beam: hypotheses kept after each letter.
        Returns:
            ARPAbet phones with stress, possibly none for an empty word.
        """
        start = self._child(0, 0)
        beams: list[_Hypothesis] = [(0.0, (), (start, 0))]
        for letter in [letter for letter in word if letter in self._by_letter] + ["$"]:
            grown = [
                self._extend(hypothesis, token, phones)
                for hypothesis in beams
                for token, phones in self._by_letter[letter]
            ]
            grown.sort(key=lambda hypothesis: hypothesis[0])
            beams = grown[:beam]
        return list(beams[0][1])

    def _extend(self, hypothesis: _Hypothesis, token: int, phones: tuple[str, ...]) -> _Hypothesis:
        """Add one token; the nodes of a hypothesis are its contexts, longest first, root last."""
        cost, said, nodes = hypothesis
        reached: list[int] = []
        penalty = 0
        for node in nodes:
            child = self._child(node, token)
            if child:
                if not reached:
                    cost += penalty + self.cost_of[child]
                reached.append(child)
            elif not reached:
                penalty += self.backoff_of[node] - 128
        return cost, said + phones, (*reached, 0)

    def _child(self, node: int, token: int) -> int:
        low, high = self.first_child[node], self.first_child[node + 1]
        found = bisect_left(self.token_of, token, low, high)
        return found if found < high and self.token_of[found] == token else 0


def sound_out(word: str) -> list[str]:
    """Pronounce a word by its letters, with the model that the package bundles.

    Args:
        word: lower-case letters a-z; others are passed over.
    Returns:
        ARPAbet phones with stress.
    """
    return _bundled().pronounce(word)


@functools.cache
def _bundled() -> LetterToSound:
    packed = resources.files("speechkit.text").joinpath("data/letter_to_sound.xz").read_bytes()
    return LetterToSound.from_bytes(packed)


def _little_endian(column: array[int]) -> array[int]:
    if sys.byteorder == "little":
        return column
    swapped = column[:]
    swapped.byteswap()
    return swapped
