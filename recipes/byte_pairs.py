"""Byte pairs for instructions, learnt from generated ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from speechkit.talker.instructions import phrase, random_header
from speechkit.talker.vocabulary import pieces


def learn_merges(texts: Iterable[str], count: int, first_byte: int) -> list[tuple[int, int]]:
    """The most frequent pairs, one after the other.

    Args:
        texts: to learn from.
        count: merges; fewer where nothing is left to merge, and then padded with pairs that never occur.
        first_byte: token id of byte 0; merge n gets id first_byte + 256 + n.
    Source: Sennrich et al. 2016, arXiv:1508.07909, algorithm 1.
    >>> learn_merges(["aa aa", "ab"], 1, 0)
    [(97, 97)]
    """
    words = Counter(piece for text in texts for piece in pieces(text))
    spelled = {word: [first_byte + byte for byte in word.encode()] for word in words}
    merges: list[tuple[int, int]] = []
    while len(merges) < count:
        pairs: Counter[tuple[int, int]] = Counter()
        for word, tokens in spelled.items():
            for pair in zip(tokens, tokens[1:], strict=False):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        token = first_byte + 256 + len(merges)
        merges.append(best)
        for tokens in spelled.values():
            _merge(tokens, best, token)
    return merges + [(first_byte, first_byte)] * (count - len(merges))


def _merge(tokens: list[int], pair: tuple[int, int], token: int) -> None:
    place = 0
    while place < len(tokens) - 1:
        if (tokens[place], tokens[place + 1]) == pair:
            tokens[place : place + 2] = [token]
        place += 1


def instruction_merges(count: int, first_byte: int, examples: int = 6000) -> list[tuple[int, int]]:
    """Merges of generated training instructions, English and Mandarin; always the same."""
    random = np.random.default_rng(0)
    texts = [phrase(random_header(random), "en" if index % 2 else "zh", random) for index in range(examples)]
    return learn_merges(texts, count, first_byte)
