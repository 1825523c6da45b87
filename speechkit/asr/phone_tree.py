"""The words of a vocabulary as a tree of phones: words that begin alike share their beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class PhoneTree:
    """Nodes in breadth-first order: 0 is the root, 1 to P are "between words, after phone p", the rest lies inside words.

    The nodes between words share the root's children. They keep a phone, so that CTC's rule holds across words: a phone
    that is said twice needs a blank between.
    """

    phone: Ints
    """int64 [M], phone of each node; -1 for the root."""
    first_child: Ints
    """int64 [M]."""
    num_children: Ints
    """int64 [M]; the children of a node follow each other."""
    first_word: Ints
    """int64 [M], into `words`."""
    num_words: Ints
    """int64 [M], words that end at a node."""
    words: Ints
    """int64 [E], word ids."""
    ahead: NDArray[np.float32]
    """float32 [M], smallest unigram cost of the words at or below a node."""


def build_tree(entries: Sequence[tuple[int, Sequence[int]]], num_phones: int, costs: NDArray[np.float32]) -> PhoneTree:
    """Put words into a tree.

    Args:
        entries: word id and phones, each in [0, num_phones); a word may come with several pronunciations.
        num_phones: P.
        costs: float32 [V], unigram cost by word id.
    """
    inside: list[dict[int, int]] = [{}]  # by node: phone -> child; nodes in the order in which they are met
    ends: list[list[int]] = [[]]
    for word, phones in entries:
        node: int = 0
        for phone in phones:
            if phone not in inside[node]:
                inside[node][phone] = len(inside)
                inside.append({})
                ends.append([])
            node = inside[node][phone]
        if node and word not in ends[node]:
            ends[node].append(word)
    order, labels = [0], [-1]
    starts, sizes = [], []
    for node in order:  # grows while it is walked: breadth first
        starts.append(len(order))
        sizes.append(len(inside[node]))
        for label, child in sorted(inside[node].items()):
            order.append(child)
            labels.append(label)
    here_end = [ends[node] for node in order]
    known = costs.tolist()
    hopes = [min((known[word] for word in here), default=float("inf")) for here in here_end]
    for at in range(len(order) - 1, -1, -1):  # children lie behind their parents
        if sizes[at]:
            hopes[at] = min(hopes[at], *hopes[starts[at] : starts[at] + sizes[at]])
    first, count, ahead = np.array(starts, np.int64), np.array(sizes, np.int64), np.array(hopes, np.float32)
    return _with_boundaries(np.array(labels), first, count, here_end, ahead, num_phones)


def _with_boundaries(
    phone: Ints, first: Ints, count: Ints, words: list[list[int]], ahead: NDArray[np.float32], num_phones: int
) -> PhoneTree:
    """Insert the nodes between words behind the root."""

    def widened(values: NDArray[np.generic], between: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.concatenate([values[:1], between, values[1:]])

    ended = np.array([len(here) for here in words])
    return PhoneTree(
        phone=widened(phone, np.arange(num_phones)),  # type: ignore[arg-type]
        first_child=widened(first, np.repeat(first[:1], num_phones)) + num_phones,  # type: ignore[arg-type]
        num_children=widened(count, np.repeat(count[:1], num_phones)),  # type: ignore[arg-type]
        first_word=widened(np.cumsum(ended) - ended, np.zeros(num_phones, np.int64)),  # type: ignore[arg-type]
        num_words=widened(ended, np.zeros(num_phones, np.int64)),  # type: ignore[arg-type]
        words=np.array([word for here in words for word in here], np.int64),
        ahead=widened(ahead, np.repeat(ahead[:1], num_phones)),  # type: ignore[arg-type]
    )
