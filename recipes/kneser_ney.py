"""Trigrams from running text: interpolated modified Kneser-Ney, pruned by weighted difference, all in NumPy.

Sources: Chen and Goodman 1999, doi:10.1006/csla.1999.0128 (smoothing); Seymore and Rosenfeld 1996 (weighted difference).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speechkit.asr.ngram import COST_STEP, END, START

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
NO_WORD = -1
"""Id of a word outside the vocabulary; no n-gram holds one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Grams:
    """N-grams of one order with their smoothed probabilities."""

    ids: Ints
    """int64 [G, n], rows sorted."""
    count: Reals
    """float64 [G], how often each was seen."""
    probability: Reals
    """float64 [G], p(last word | the words before), interpolated."""


def count_grams(sentences: Sequence[Sequence[int]], weights: Sequence[float]) -> list[tuple[Ints, Reals]]:
    """Distinct n-grams of orders 1 to 3 with their weighted counts.

    Args:
        sentences: word ids, without `START` and `END`; `NO_WORD` breaks n-grams.
        weights: of each sentence's counts.
    """
    stream = np.concatenate([np.array([START, *sentence, END, NO_WORD], np.int64) for sentence in sentences])
    weight = np.concatenate([np.full(len(s) + 3, w) for s, w in zip(sentences, weights, strict=True)])
    counted: list[tuple[Ints, Reals]] = []
    for order in (1, 2, 3):
        rows = np.stack([stream[at : len(stream) - order + at + 1] for at in range(order)], axis=1)
        whole = (rows != NO_WORD).all(axis=1) & (rows[:, -1] != START)
        ids, places = np.unique(rows[whole], axis=0, return_inverse=True)
        counts = np.bincount(places.ravel(), weight[order - 1 :][whole], len(ids)).astype(np.float64)
        counted.append((ids.astype(np.int64), counts))
    return counted


def smooth(counted: Sequence[tuple[Ints, Reals]], num_words: int) -> list[Grams]:
    """Interpolated modified Kneser-Ney probabilities of all n-grams that were seen, orders 1 to 3."""
    levels: list[Grams] = []
    lower = np.full(num_words, 1.0 / (num_words - 1))  # uniform; START is never predicted
    for order, (ids, count) in enumerate(counted, start=1):
        seen = count if order == 3 else _continuations(ids, count, counted[order][0])
        probability, spare = _discounted(ids, seen)
        below = lower[ids[:, 0]] if order == 1 else _look_up(levels[-1], ids[:, 1:])
        levels.append(Grams(ids=ids, count=count, probability=probability + spare * below))
    return levels


def _continuations(ids: Ints, count: Reals, longer: Ints) -> Reals:
    """How many different words precede each n-gram; of n-grams at the beginning of a sentence, how often they were seen."""
    rows, places = np.unique(longer[:, 1:], axis=0, return_inverse=True)
    before = np.bincount(places.ravel(), minlength=len(rows)).astype(np.float64)
    found = _places(rows, ids)
    return np.where((found >= 0) & (ids[:, 0] != START), before[found], np.maximum(count, 1.0))


def _discounted(ids: Ints, seen: Reals) -> tuple[Reals, Reals]:
    """Probability of each n-gram after its discount, and the mass that its context gives to lower orders."""
    discounts = _discounts(seen)
    kind = np.clip(np.floor(seen), 1, 3).astype(int)
    taken = np.minimum(discounts[kind], seen)
    contexts, places = np.unique(ids[:, :-1], axis=0, return_inverse=True)
    places = places.ravel()
    total = np.bincount(places, seen, len(contexts))
    spare = np.bincount(places, taken, len(contexts)) / total
    return (seen - taken) / total[places], spare[places]


def _discounts(seen: Reals) -> Reals:
    """Discounts of n-grams seen once, twice, and more often; index 0 is not used."""
    once, twice, thrice, often = (float((np.floor(seen) == n).sum()) + 1 for n in (1, 2, 3, 4))
    base = once / (once + 2 * twice)
    wanted = [1 - 2 * base * twice / once, 2 - 3 * base * thrice / twice, 3 - 4 * base * often / thrice]
    return np.array([0.0, *(min(max(value, 0.1), n) for n, value in enumerate(wanted, start=1))])


def _key(rows: Ints) -> Ints:
    """One number a row, in the rows' order; ids stay below 2^21."""
    key = np.zeros(len(rows), np.int64)
    for column in rows.T:
        key = (key << 21) | column
    return key


def _places(table: Ints, wanted: Ints) -> Ints:
    """Row of each wanted n-gram in a sorted table; -1 where it is not there."""
    keys, sought = _key(table), _key(wanted)
    places = np.minimum(np.searchsorted(keys, sought), len(keys) - 1)
    return np.where(keys[places] == sought, places, -1)


def _look_up(grams: Grams, wanted: Ints) -> Reals:
    """Probability of n-grams that are all in a table."""
    return grams.probability[_places(grams.ids, wanted)]


def prune(levels: Sequence[Grams], num_bigrams: int, num_trigrams: int) -> list[Grams]:
    """Keep the n-grams whose loss would cost most: count times the change of log probability.

    The first two words of a trigram that is kept are kept as well, beyond `num_bigrams` where they must be.
    """
    kept = [levels[0]]
    three = _strongest(levels[2], _look_up(levels[1], levels[2].ids[:, 1:]), num_trigrams)
    loss = _loss(levels[1], _look_up(levels[0], levels[1].ids[:, 1:]))
    needed = np.zeros(len(loss), bool)
    found = _places(levels[1].ids, three.ids[:, :2])
    needed[found[found >= 0]] = True
    loss[needed] = np.inf
    best = np.sort(np.argsort(-loss, kind="stable")[: max(num_bigrams, int(needed.sum()))])
    kept.append(_rows(levels[1], best))
    inside = _places(kept[1].ids, three.ids[:, :2]) >= 0
    return [*kept, _rows(three, np.flatnonzero(inside))]


def _strongest(grams: Grams, below: Reals, number: int) -> Grams:
    return _rows(grams, np.sort(np.argsort(-_loss(grams, below), kind="stable")[:number]))


def _loss(grams: Grams, below: Reals) -> Reals:
    return grams.count * (np.log(grams.probability) - np.log(below))


def _rows(grams: Grams, rows: Ints) -> Grams:
    return Grams(ids=grams.ids[rows], count=grams.count[rows], probability=grams.probability[rows])


def pack(levels: Sequence[Grams], num_words: int) -> dict[str, NDArray[np.integer]]:
    """The arrays that `speechkit.asr.ngram.Trigrams` reads."""
    one, two, three = levels
    unigram = np.full(num_words, 1e-7)
    unigram[one.ids[:, 0]] = one.probability
    below_two = unigram[two.ids[:, 1]]
    below_three = _back_off_probability(two, unigram, three.ids[:, 1:], num_words)
    pairs = _places(two.ids, three.ids[:, :2])
    return {
        "unigram": _cost_bytes(unigram),
        "backoff": _backoff_bytes(two.ids[:, 0], two.probability, below_two, num_words),
        "bigram_count": np.bincount(two.ids[:, 0], minlength=num_words).astype(np.int32),
        "bigram_word": two.ids[:, 1].astype(np.uint16),
        "bigram_cost": _cost_bytes(two.probability),
        "bigram_backoff": _backoff_bytes(pairs, three.probability, below_three, len(two.ids)),
        "trigram_count": np.bincount(pairs, minlength=len(two.ids)).astype(np.uint16),
        "trigram_word": three.ids[:, 2].astype(np.uint16),
        "trigram_cost": _cost_bytes(three.probability),
    }


def _back_off_probability(two: Grams, unigram: Reals, wanted: Ints, num_words: int) -> Reals:
    """p(second | first) under the pruned bigrams."""
    mass = np.bincount(two.ids[:, 0], two.probability, num_words)
    lower = np.bincount(two.ids[:, 0], unigram[two.ids[:, 1]], num_words)
    weight = np.clip(1 - mass, 1e-4, None) / np.clip(1 - lower, 1e-4, None)
    places = _places(two.ids, wanted)
    return np.where(places >= 0, two.probability[places], weight[wanted[:, 0]] * unigram[wanted[:, 1]])


def _backoff_bytes(contexts: Ints, probability: Reals, below: Reals, number: int) -> NDArray[np.uint8]:
    """Cost of backing off from each context, shifted by 128."""
    mass = np.bincount(contexts, probability, number)
    lower = np.bincount(contexts, below, number)
    weight = np.clip(1 - mass, 1e-4, None) / np.clip(1 - lower, 1e-4, None)
    return np.clip(np.round(-np.log(weight) / COST_STEP) + 128, 0, 255).astype(np.uint8)


def _cost_bytes(probability: Reals) -> NDArray[np.uint8]:
    return np.clip(np.round(-np.log(probability) / COST_STEP), 0, 255).astype(np.uint8)
