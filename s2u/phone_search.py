"""From scores of codes to units: a beam search for the most plausible phones, then codes that say them.

An encoder that learned from a few hours knows sounds better than words: alone, unit by unit, it names sequences that no language
has. The search weighs what was heard against what phones usually follow, as recognisers do; each unit then is the code that the
code table has for its phone, or, in languages that the table knows too little of, the one that sound and phone together make most
probable.

Sources: tied phone contexts and Viterbi beams, Young et al. 1994; shallow fusion, Gulcehre et al. 2015, arXiv:1503.03535.
EMOVA's S2U takes each unit's nearest code alone (section 3.2); `search: null` in the config does that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from s2u.config import SearchConfig
from s2u.phone_ngram import PhoneNGram
from s2u.spelling import SILENCE, CodeTable, contexts
from speechkit.text import EMOVA240

FLOOR = 1e-4
"""Least probability of a phone in a unit."""


Path = tuple[int, int, Any]
"""Phones so far, as a chain: the last one, the unit at which it began, and the path before it or None."""

Beam = dict[tuple[tuple[int, ...], int], tuple[float, Path]]
"""Hypotheses by history and last phone: score and path."""


class PhoneSearch(nn.Module):
    """Scores of codes to codes. Deterministic; depends on the scores that it is given and on nothing else."""

    contexts: Tensor
    codes: Tensor
    weights: Tensor

    def __init__(self, config: SearchConfig, num_codes: int) -> None:
        super().__init__()
        self.config, self.num_codes = config, num_codes
        self.ngram = PhoneNGram(config.grams, SILENCE + 1)
        self.register_buffer("contexts", torch.zeros(config.votes, 3, dtype=torch.int16))
        self.register_buffer("codes", torch.zeros(config.votes, dtype=torch.int16))
        self.register_buffer("weights", torch.zeros(config.votes))
        self._spelled = np.array([label.startswith(tuple(config.spelled)) for label in EMOVA240] + [False])
        self._table: tuple[CodeTable, Tensor] | None = None

    @property
    def table(self) -> CodeTable:
        """The code table."""
        return self._tables()[0]

    def forward(self, scores: Tensor, begins: bool = True) -> Tensor:
        """Codes of one stretch of speech.

        A phone of a spelled language gets the code that the table has for it between its neighbours, if that code is clearly
        this phone's; any other unit the most probable code, given that it says its phone: P(code | sound) P(phone | code).

        Args:
            scores: float [N, K], logits of the codes.
            begins: whether the stretch begins an utterance.
        Returns:
            int64 [N].
        """
        path = self.phones(scores, begins)
        saying = self._tables()[1].to(scores.device).T[torch.from_numpy(path).to(scores.device)]
        codes = (scores.float().softmax(-1) * saying).argmax(-1)
        if self._spelled[path].any():
            usual = torch.from_numpy(self.table.spell(contexts(path))).to(codes.device)
            clear = saying.gather(1, usual[:, None])[:, 0] > 0.5
            codes = torch.where(clear & torch.from_numpy(self._spelled[path]).to(codes.device), usual, codes)
        return codes

    def phones(self, scores: Tensor, begins: bool = True) -> NDArray[np.int64]:
        """The phone, or SILENCE, that every unit says: int64 [N]."""
        return best_path(self.emissions(scores), self.ngram, self.config, (SILENCE,) if begins else ())

    def emissions(self, scores: Tensor) -> NDArray[np.float32]:
        """Natural log of how probable each phone, last silence, is in each unit: float32 [N, 241]."""
        phones = self._tables()[1].to(scores.device)
        return torch.log(scores.float().softmax(-1) @ phones + FLOOR).cpu().numpy()

    def _tables(self) -> tuple[CodeTable, Tensor]:
        if self._table is None:
            arrays = [tensor.cpu().numpy() for tensor in (self.contexts, self.codes, self.weights)]
            table = CodeTable(arrays[0].astype(np.int64), arrays[1].astype(np.int64), arrays[2])
            self._table = table, torch.from_numpy(table.phones(self.num_codes))
        return self._table

    def _load_from_state_dict(self, state: dict[str, Tensor], prefix: str, *rest: object) -> None:
        self._table = None
        super()._load_from_state_dict(state, prefix, *rest)  # type: ignore[arg-type]


def best_path(
    emissions: NDArray[np.float32], ngram: PhoneNGram, config: SearchConfig, history: tuple[int, ...]
) -> NDArray[np.int64]:
    """The phones that sound and sequence make most plausible, int64 [N].

    Maximises the sum of the units' log probabilities and, for every phone that begins, of entry + language_weight * log p(phone |
    phones before). Silence is free and no part of the history. Kept apart are hypotheses with another last phone or another
    history, as far as the n-gram tells them apart.

    Args:
        emissions: float32 [N, 241], natural log; history: phones before the first unit.
    """
    if not len(emissions):
        return np.zeros(0, np.int64)
    beam: Beam = {(history, SILENCE): (0.0, (SILENCE, 0, None))}
    for unit, heard in enumerate(emissions):
        found = _extended(beam, unit, heard.tolist(), _plausible(heard, config), ngram, config)
        least = max(score for score, _ in found.values()) - config.margin
        kept = sorted((item for item in found.items() if item[1][0] >= least), key=_score)[-config.beam :]
        beam = {(ngram.shorten(before), phone): hypothesis for (before, phone), hypothesis in kept}  # the best comes last
    return _unrolled(max(beam.items(), key=_score)[1][1], len(emissions))


def _plausible(heard: NDArray[np.float32], config: SearchConfig) -> list[int]:
    """The phones that a unit may begin."""
    best = np.argpartition(-heard, config.candidates)[: config.candidates]
    return [phone for phone in best.tolist() if phone != SILENCE and heard[phone] >= heard.max() - config.margin]


def _extended(
    beam: Beam, unit: int, heard: list[float], begin: list[int], ngram: PhoneNGram, config: SearchConfig
) -> Beam:
    """Every hypothesis one unit longer: it goes on, falls silent, or begins a phone; the best of each kind."""
    found: Beam = {}
    for (before, phone), (score, path) in beam.items():
        ways = [((before, phone), score + heard[phone], path)]
        if phone != SILENCE:
            ways.append(((before, SILENCE), score + heard[SILENCE], (SILENCE, unit, path)))
        usual = ngram.log_probabilities(before) if begin else None
        for other in begin:
            if other != phone and usual is not None:
                gain = heard[other] + config.entry + config.language_weight * float(usual[other])
                ways.append((((*before, other), other), score + gain, (other, unit, path)))
        for key, total, longer in ways:
            if key not in found or found[key][0] < total:
                found[key] = total, longer
    return found


def _score(item: tuple[object, tuple[float, Path]]) -> float:
    return item[1][0]


def _unrolled(path: Path | None, units: int) -> NDArray[np.int64]:
    labels, end = np.empty(units, np.int64), units
    while path is not None:
        phone, begin, path = path
        labels[begin:end] = phone
        end = begin
    return labels
