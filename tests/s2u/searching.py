"""A small phone search over made-up phones, for tests."""

import numpy as np

from recipes.phone_ngram import Grams, count, prune, smooth, with_search
from s2u import S2U
from s2u.spelling import SILENCE, CodeTable

PHONES = (3, 5, 9, 12, 30)


def sentences(number: int = 60, seed: int = 0) -> list[list[int]]:
    """Random walks over `PHONES` that never repeat a phone at once and prefer to go up."""
    random, spoken = np.random.default_rng(seed), []
    for _ in range(number):
        at, walk = int(random.integers(5)), []
        for _ in range(int(random.integers(2, 12))):
            walk.append(PHONES[at])
            at = (at + int(random.choice([1, 1, 1, 2, 3]))) % 5
        spoken.append(walk)
    return spoken


def table(num_codes: int = 4096) -> CodeTable:
    """Every phone and silence has codes of its own; which one, its neighbours say."""
    random = np.random.default_rng(1)
    symbols = np.array([*PHONES, SILENCE])
    contexts = np.array([[a, b, c] for a in symbols for b in symbols for c in symbols])
    share = num_codes // len(symbols)
    own = np.searchsorted(np.sort(symbols), contexts[:, 1]) * share
    return CodeTable(contexts, own + random.integers(0, share, len(contexts)), np.ones(len(contexts), np.float32))


def levels(order: int = 3, budget: int = 10_000) -> list[Grams]:
    """An n-gram of `sentences`."""
    return prune(smooth(count(sentences(), order)), budget)


def searching(s2u: S2U) -> S2U:
    """The same S2U with the search."""
    return with_search(s2u, table(s2u.config.num_units), levels())
