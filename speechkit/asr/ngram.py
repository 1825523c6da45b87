"""A pruned trigram with back-off, as arrays: a batch of histories is extended by a batch of words in one call."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

COST_STEP = 1 / 16
"""Costs (negative log probabilities) and back-offs are stored in steps of this many nats, in one byte."""
START, END = 0, 1
"""Word ids of the beginning and the end of an utterance."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


class Trigrams:
    """p(word | two words before), Katz-style back-off over interpolated Kneser-Ney estimates.

    A history is one number: a word (below `num_words`), or `num_words` + the index of a bigram that trigrams begin with.

    Attributes:
        unigram: float32 [V], cost of each word on its own.
    """

    def __init__(self, arrays: Mapping[str, NDArray[np.integer]]) -> None:
        """Unpack.

        Args:
            arrays: `unigram`, `backoff` uint8 [V]; `bigram_count` int32 [V]; `bigram_word` uint16, `bigram_cost`,
                `bigram_backoff` uint8, `trigram_count` uint16, all [N2]; `trigram_word` uint16, `trigram_cost` uint8 [N3].
                Bigrams lie in the order of their first words, trigrams in that of their bigrams, each sorted by last word.
                Back-offs are shifted by 128.
        """
        self.num_words = len(arrays["unigram"])
        self.unigram = _costs(arrays["unigram"])
        self._backoff = _costs(arrays["backoff"], 128)
        self._bigram_word = arrays["bigram_word"].astype(np.int64)
        self._bigram_cost = _costs(arrays["bigram_cost"])
        self._bigram_backoff = _costs(arrays["bigram_backoff"], 128)
        self._trigram_cost = _costs(arrays["trigram_cost"])
        self._extends = arrays["trigram_count"] > 0
        first = np.repeat(np.arange(self.num_words), arrays["bigram_count"].astype(np.int64))
        self._bigram_keys = first * self.num_words + self._bigram_word
        pair = np.repeat(np.arange(len(self._bigram_word)), arrays["trigram_count"].astype(np.int64))
        self._trigram_keys = pair * self.num_words + arrays["trigram_word"].astype(np.int64)

    def advance(self, histories: Ints, words: Ints) -> tuple[Floats, Ints]:
        """Extend histories by words.

        Args:
            histories: int64 [H], from an earlier call; `START` at the beginning.
            words: int64 [H].
        Returns:
            cost float32 [H] = -log p(word | history), and the new histories int64 [H].
        """
        paired = histories >= self.num_words
        pairs = np.where(paired, histories - self.num_words, 0)
        last = np.where(paired, self._bigram_word[pairs] if len(self._bigram_word) else 0, histories)
        three, known_three = _find(self._trigram_keys, pairs * self.num_words + words)
        known_three &= paired
        two, known_two = _find(self._bigram_keys, last * self.num_words + words)
        cost = self._backoff[last] + self.unigram[words]
        if len(self._bigram_cost):
            cost = np.where(known_two, self._bigram_cost[two], cost)
            cost = cost + np.where(paired, self._bigram_backoff[pairs], 0.0)
            known_two &= self._extends[two]
        if len(self._trigram_cost):
            cost = np.where(known_three, self._trigram_cost[three], cost)
        return cost.astype(np.float32), np.where(known_two, self.num_words + two, words)


def _costs(stored: NDArray[np.integer], shift: int = 0) -> Floats:
    return (stored.astype(np.float32) - shift) * np.float32(COST_STEP)


def _find(keys: Ints, wanted: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """Places of the wanted keys among sorted ones, and whether they are there; place 0 for those that are not."""
    if not len(keys):
        return np.zeros_like(wanted), np.zeros(len(wanted), bool)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    known = keys[places] == wanted
    return np.where(known, places, 0), known
