"""Beam search over a phone tree with a trigram: CTC posteriors in, word ids out. NumPy, all hypotheses at once.

A hypothesis is a node of the tree, a history of the trigram, and whether the last frame was a blank. Each frame extends all
of them, keeps the best of equals (Viterbi), and drops those that fall behind the best.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speechkit.asr.ngram import END, START, Trigrams
from speechkit.asr.phone_tree import PhoneTree
from speechkit.config import Config
from speechkit.errors import ConfigError

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class SearchConfig(Config):
    """What a path costs, and how many are kept; the weights are tuned by the recipe."""

    lm_weight: float = 0.9
    """Of the trigram against the phones."""
    word_cost: float = 0.0
    """Added a word, in nats; positive makes fewer words."""
    blank_cost: float = 0.0
    """Added a frame of blank, in nats; positive makes more phones."""
    beam: float = 12.0
    """Paths that cost so much more than the best are dropped, in nats."""
    width: int = 600
    """Paths kept at most."""

    def __post_init__(self) -> None:
        if self.beam <= 0 or self.width < 1 or self.lm_weight < 0:
            raise ConfigError("SearchConfig: beam and width are positive, lm_weight is not negative.")


@dataclass(kw_only=True, eq=False)
class _Paths:
    """Columns, one row a path."""

    node: Ints
    history: Ints
    blank: NDArray[np.bool_]
    cost: Floats
    trace: Ints
    """Into the list of word ends; -1 at the beginning."""
    word: Ints
    """The word that has just ended; -1 for none."""

    def __len__(self) -> int:
        return len(self.cost)

    def rows(self, chosen: NDArray[np.generic]) -> _Paths:
        """Some of the rows."""
        return _Paths(**{name: column[chosen] for name, column in vars(self).items()})


class BeamSearch:
    """Finds the cheapest words."""

    def __init__(self, tree: PhoneTree, trigrams: Trigrams, config: SearchConfig) -> None:
        self.tree = tree
        self.trigrams = trigrams
        self.config = config

    def words(self, log_probabilities: Floats) -> list[int]:
        """The words of an utterance.

        Args:
            log_probabilities: float32 [N, P + 1], natural logarithms of phones and, last, the blank.
        Returns:
            Word ids; none when blanks are likelier than any word.
        """
        self._ends: list[tuple[int, int]] = []  # (trace before, word)
        paths = self._start()
        for costs in -np.asarray(log_probabilities, np.float32):
            paths = self._pruned(self._extended(paths, costs))
            self._note_ends(paths)
        return self._best(paths)

    def _start(self) -> _Paths:
        return _Paths(
            node=np.zeros(1, np.int64),
            history=np.full(1, START, np.int64),
            blank=np.ones(1, bool),
            cost=np.full(1, self.config.lm_weight * self.tree.ahead[0], np.float32),
            trace=np.full(1, -1, np.int64),
            word=np.full(1, -1, np.int64),
        )

    def _extended(self, paths: _Paths, costs: Floats) -> list[_Paths]:
        """All continuations by one frame: the same phone again, a blank, a next phone, and the words that end with it."""
        tree, inner = self.tree, ~paths.blank
        stay = paths.rows(inner)
        stay.cost = stay.cost + costs[tree.phone[stay.node]]
        pause = paths.rows(np.arange(len(paths)))
        pause.cost = pause.cost + costs[-1] + np.float32(self.config.blank_cost)
        pause.blank = np.ones(len(pause), bool)
        between = pause.node <= len(costs) - 1  # root and the nodes between words: after a blank all the same
        pause.node = np.where(between, 0, pause.node)
        moved = self._moved(paths, costs)
        limit = min(part.cost.min(initial=np.inf) for part in (stay, pause, moved)) + self.config.beam
        moved = moved.rows(moved.cost <= limit)
        return [stay, pause, self._ended(moved), moved.rows(tree.num_children[moved.node] > 0)]

    def _moved(self, paths: _Paths, costs: Floats) -> _Paths:
        """Each path into each child of its node; into the same phone only after a blank."""
        tree = self.tree
        rows = np.repeat(np.arange(len(paths)), tree.num_children[paths.node])
        steps = np.arange(len(rows)) - np.repeat(
            np.cumsum(tree.num_children[paths.node]) - tree.num_children[paths.node], tree.num_children[paths.node]
        )
        child = tree.first_child[paths.node[rows]] + steps
        allowed = paths.blank[rows] | (tree.phone[child] != tree.phone[paths.node[rows]])
        rows, child = rows[allowed], child[allowed]
        moved = paths.rows(rows)
        hope = tree.ahead[child] - tree.ahead[moved.node]
        moved.cost = moved.cost + costs[tree.phone[child]] + np.float32(self.config.lm_weight) * hope
        moved.node, moved.blank = child, np.zeros(len(child), bool)
        return moved

    def _ended(self, moved: _Paths) -> _Paths:
        """The words that end where paths have moved to, with their true cost in place of the hoped-for one."""
        tree, config = self.tree, self.config
        counts = tree.num_words[moved.node]
        rows = np.repeat(np.arange(len(moved)), counts)
        steps = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        ended = moved.rows(rows)
        ended.word = tree.words[tree.first_word[ended.node] + steps]
        cost, ended.history = self.trigrams.advance(ended.history, ended.word)
        known = np.float32(config.lm_weight) * (cost - tree.ahead[ended.node] + tree.ahead[0])
        ended.cost = ended.cost + known + np.float32(config.word_cost)
        ended.node = tree.phone[ended.node] + 1
        return ended

    def _pruned(self, parts: list[_Paths]) -> _Paths:
        """The best of equal paths, within the beam, at most `width`."""
        names = ("node", "history", "blank", "cost", "trace", "word")
        paths = _Paths(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
        paths = paths.rows(paths.cost <= paths.cost.min() + self.config.beam)
        order = np.argsort(paths.cost, kind="stable")
        states = (paths.history * len(self.tree.phone) + paths.node) * 2 + paths.blank
        _, firsts = np.unique(states[order], return_index=True)
        return paths.rows(order[np.sort(firsts)[: self.config.width]])

    def _note_ends(self, paths: _Paths) -> None:
        """Give the words that have just ended a place in the list of word ends."""
        for row in np.flatnonzero(paths.word >= 0):
            self._ends.append((int(paths.trace[row]), int(paths.word[row])))
            paths.trace[row] = len(self._ends) - 1
        paths.word[:] = -1

    def _best(self, paths: _Paths) -> list[int]:
        """Words of the cheapest path that ends between words; of the cheapest at all where none does."""
        between = paths.node <= int(self.tree.phone.max()) + 1
        if between.any():
            paths = paths.rows(between)
            ending, _ = self.trigrams.advance(paths.history, np.full(len(paths), END))
            said = paths.trace >= 0
            paths.cost += np.float32(self.config.lm_weight) * np.where(said, ending, np.float32(0))
        trace, words = int(paths.trace[int(paths.cost.argmin())]), []
        while trace >= 0:
            trace, word = self._ends[trace]
            words.append(word)
        return words[::-1]
