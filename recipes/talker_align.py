"""Which symbol of its text a unit says: the best monotonic path through the phone decoder's opinion of every unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speechkit.text import EMOVA240, phone_ids, strip_tone_and_stress

BLANK = len(EMOVA240)
FLOOR, BLANK_SHARE = 1e-4, 0.02
"""Least probability of any symbol, and how much of a blank's counts for a phone that goes on through it."""

_GROUPS = np.array([EMOVA240.index(next(label for label in EMOVA240 if strip_tone_and_stress(label) == base))
                    for base in map(strip_tone_and_stress, EMOVA240)])  # fmt: skip


@dataclass(frozen=True, kw_only=True, eq=False)
class Alignment:
    """A path through a text.

    Attributes:
        places: int64 [N], index of the symbol that each unit says; begins at 0, ends at the last symbol, grows by 0 or 1,
            or by 2 over a mark.
        score: mean log probability of the phones on the path; near 0 is certain.
    """

    places: NDArray[np.int64]
    score: float


def align(log_probabilities: NDArray[np.float32], symbols: Sequence[str]) -> Alignment | None:
    """Align units to a text.

    Args:
        log_probabilities: float32 [N, 241], of the phones and the blank, which stands for silence.
        symbols: language, then phones with marks between the words, then a mark.
    Returns:
        The best path; None when there are fewer units than phones.
    """
    pauses = np.array([symbol not in _LABELS for symbol in symbols])
    scores = emissions(np.exp(log_probabilities), symbols, pauses)
    places = _best_path(scores, pauses)
    if places is None:
        return None
    spoken = ~pauses[places]
    return Alignment(places=places, score=float(scores[np.arange(len(places)), places][spoken].mean()))


_LABELS = frozenset(EMOVA240)


def emissions(probabilities: NDArray[np.float32], symbols: Sequence[str], pauses: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Log probability of every unit under every symbol, float64 [N, M]; another tone or stress of a phone counts half."""
    grouped = np.zeros((len(probabilities), BLANK))
    np.add.at(grouped.T, _GROUPS, probabilities[:, :BLANK].T)
    silence = probabilities[:, BLANK]
    ids = np.array([phone_ids([symbol])[0] if symbol in _LABELS else 0 for symbol in symbols])
    phones = 0.5 * probabilities[:, ids] + 0.5 * grouped[:, _GROUPS[ids]] + BLANK_SHARE * silence[:, None]
    return np.log(np.where(pauses[None], silence[:, None], phones) + FLOOR)


def _best_path(scores: NDArray[np.float64], pauses: NDArray[np.bool_]) -> NDArray[np.int64] | None:
    """Viterbi over moves 0, 1 and 2, the last over a mark only."""
    units, size = scores.shape
    leaps = np.zeros(size, bool)
    leaps[2:] = pauses[1:-1]
    best = np.full(size, -np.inf)
    best[0] = scores[0, 0]
    moves = np.zeros((units, size), np.int64)
    for unit in range(1, units):
        stepped = np.r_[-np.inf, best[:-1]]
        leapt = np.where(leaps, np.r_[-np.inf, -np.inf, best[:-2]], -np.inf)
        options = np.stack([best, stepped, leapt])
        moves[unit] = options.argmax(0)
        best = options.max(0) + scores[unit]
    if not np.isfinite(best[-1]):
        return None
    places = np.zeros(units, np.int64)
    places[-1] = size - 1
    for unit in range(units - 1, 0, -1):
        places[unit - 1] = places[unit] - moves[unit, places[unit]]
    return places


def shorten_pauses(places: NDArray[np.int64], symbols: Sequence[str], longest: int = 16, edge: int = 8) -> NDArray[np.bool_]:
    """Which units stay when every pause is cut to `longest` units, and those at the two ends to `edge`, bool [N]."""
    kept = np.ones(len(places), bool)
    for place in np.unique(places):
        if symbols[place] not in _LABELS:
            units = np.flatnonzero(places == place)
            limit = edge if place in (0, len(symbols) - 1) else longest
            kept[units[limit // 2 : len(units) - (limit - limit // 2)]] = len(units) <= limit
    return kept
