"""Spelling of the talker's own model: phones and marks for texts, byte pairs for instructions."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence

from speechkit.errors import TextError
from speechkit.talker.sequence import added_symbols
from speechkit.text import EMOVA240, MARKS, reading
from speechkit.types import NUM_UNITS

LANGUAGES = ("<|en|>", "<|zh|>")
"""First symbol of a text."""

TEXT_SYMBOLS = (*LANGUAGES, *MARKS, *EMOVA240)
"""What a text is spelled with."""

_PIECE = re.compile(r" ?[A-Za-z']+|[\u3400-\u9fff]+| ?[^\sA-Za-z'\u3400-\u9fff]+|\s+")


class Vocabulary:
    """Token ids: added symbols (controls, header values, units), text symbols, bytes, merges.

    Attributes:
        ids: token id of each added symbol and each text symbol; the two share no name.
        symbols: the same the other way round.
        merges: pairs of token ids, in the order in which they were learnt.
    """

    def __init__(self, merges: Sequence[tuple[int, int]] = (), num_units: int = NUM_UNITS) -> None:
        self.ids = {symbol: index for index, symbol in enumerate((*added_symbols(num_units), *TEXT_SYMBOLS))}
        self.symbols = tuple(self.ids)
        self.first_byte = len(self.ids)
        self.merges = tuple((int(left), int(right)) for left, right in merges)
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self._spell = functools.lru_cache(maxsize=8192)(self._spell_piece)

    def __len__(self) -> int:
        return self.first_byte + 256 + len(self.merges)

    def text_ids(self, text: str, language: str) -> list[int]:
        """Language, phones and marks of a text; empty where nothing is to be said.

        Raises:
            TextError: the language is neither "en" nor "zh".
        """
        symbols = reading(text, language)
        return [self.ids[symbol] for symbol in (f"<|{language}|>", *symbols)] if symbols else []

    def instruction_ids(self, instruction: str) -> list[int]:
        """Byte pairs of an instruction; case and the spaces around it do not matter."""
        return [token for piece in pieces(instruction) for token in self._spell(piece)]

    def bytes_of(self, tokens: Iterable[int]) -> bytes:
        """The bytes that instruction tokens spell.

        Raises:
            TextError: a token is no byte and no merge.
        """
        return b"".join(self._expand(token) for token in tokens)

    def _expand(self, token: int) -> bytes:
        place = token - self.first_byte
        if not 0 <= place < 256 + len(self.merges):
            raise TextError(f"token {token} spells no bytes; they are in [{self.first_byte}, {len(self)}).")
        return bytes([place]) if place < 256 else self.bytes_of(self.merges[place - 256])

    def _spell_piece(self, piece: str) -> tuple[int, ...]:
        """Merge the pair that was learnt first until none is left."""
        tokens = [self.first_byte + byte for byte in piece.encode()]
        while len(tokens) > 1:
            pairs = zip(tokens, tokens[1:], strict=False)
            rank, place = min((self._ranks.get(pair, len(self._ranks)), index) for index, pair in enumerate(pairs))
            if rank == len(self._ranks):
                break
            tokens[place : place + 2] = [self.first_byte + 256 + rank]
        return tuple(tokens)


def pieces(instruction: str) -> list[str]:
    """Words, runs of Chinese characters and of other signs, which no byte pair crosses.

    >>> pieces("Sadly, 慢慢地!")
    ['sadly', ',', ' ', '慢慢地', '!']
    """
    return _PIECE.findall(instruction.strip().lower())
