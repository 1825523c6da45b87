"""An utterance in the making, by the talker's own model: the pointer walks through the text while units are written."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from speechkit.talker.header import ATTRIBUTES
from speechkit.talker.layers import Cache
from speechkit.talker.model import LEAP, STAY, STEP, Talker
from speechkit.talker.sequence import STYLE_SYMBOLS, after_header, before_header, style_symbol
from speechkit.talker.spelled import SILENCE, SpelledText, Speller
from speechkit.text import MARKS


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """Where in the text the next unit is spoken."""

    place: int = 0
    """Index of the symbol."""
    held: int = 0
    """Units it has had."""
    staying: float = 1.0
    """Probability, by the model, that it would have had as many."""
    patience: float = 0.5
    """The pointer goes on when `staying` falls to this; 0.5 is the median length."""
    before: int = SILENCE
    """The phone that was said before this one."""


class GuidedBackbone:
    """The talker's own model as `speechkit.talker.decoding.Backbone`.

    Attributes:
        speller: the code table that units are chosen from; None: from all units.
    """

    silent_units: frozenset[int] = frozenset()

    def __init__(self, model: Talker, speller: Speller | None = None) -> None:
        self.model, self.speller = model, speller
        self.name = f"talker:{model.fingerprint}"
        self.num_units, self.unit_rate, self.codec = model.config.num_units, model.config.unit_rate, model.config.codec

    def utterance(self, instruction: str) -> GuidedUtterance:
        """Begin a sequence: the instruction, up to the header."""
        return GuidedUtterance(self.model, instruction, self.speller)


class GuidedUtterance:
    """See `speechkit.talker.decoding.Utterance`. Cannot skip, repeat or run away: see `Talker`."""

    guided = True

    def __init__(self, model: Talker, instruction: str, speller: Speller | None = None) -> None:
        self.model, self.speller = model, speller
        self.cache: Cache = model.cache()
        words = model.vocabulary
        self.state = model.extend(before_header(words.instruction_ids(instruction), words.ids), self.cache)
        self.text: list[int] = []
        self.pointer = Pointer()
        self.marks = frozenset(words.ids[mark] for mark in MARKS)

    @torch.inference_mode()
    def style_scores(self, attribute: str) -> Tensor:
        """Logits of an attribute's values, float [values]."""
        first = STYLE_SYMBOLS.index(style_symbol(attribute, ATTRIBUTES[attribute][0]))
        return self.model.style_logits(self.state)[first : first + len(ATTRIBUTES[attribute])]

    def write_style(self, attribute: str, value: str) -> None:
        """Write a header value."""
        self.state = self.model.extend([self.model.vocabulary.ids[style_symbol(attribute, value)]], self.cache)

    @torch.inference_mode()
    def read_text(self, text: str, language: str, patience: float) -> int:
        """Close the header and read the text; returns how many symbols it has, 0 when there is nothing to say."""
        words = self.model.vocabulary
        self.text = words.text_ids(text, language)
        if not self.text:
            return 0
        self.spelled = SpelledText([words.symbols[token] for token in self.text], self.speller) if self.speller else None
        self.around = self.model.surroundings(torch.tensor([self.text], device=self.state.device))[0]
        self.pointer = Pointer(patience=patience)
        self.state = self.model.extend(after_header(self.text, words.ids), self.cache, self._aid())
        return len(self.text)

    @property
    def ended(self) -> bool:
        """Whether the pointer has left the text."""
        return self.pointer.place >= len(self.text)

    @torch.inference_mode()
    def unit_scores(self) -> Tensor:
        """Logits of the next unit, float [num_units]; with a speller, -inf but for the units that say the symbol."""
        scores = self.model.unit_logits(self.state)
        if self.spelled is None:
            return scores
        allowed = torch.tensor(self.spelled.units(self.pointer.place, self.pointer.before), device=scores.device)
        return torch.full_like(scores, -torch.inf).index_copy(0, allowed, scores[allowed])

    def write_unit(self, unit: int, patience: float) -> None:
        """Write a unit and move the pointer; a symbol that it comes to gets this `patience`."""
        self.pointer = self._moved(patience)
        if not self.ended:
            self.state = self.model.extend([self.model.first_unit + unit], self.cache, self._aid())

    def mark(self) -> tuple[int, Pointer, Tensor]:
        """For `rewind`."""
        return self.cache.length, self.pointer, self.state

    def rewind(self, mark: tuple[int, Pointer, Tensor]) -> None:
        """Go back to where `mark` was called."""
        self.cache.length, self.pointer, self.state = mark

    @torch.inference_mode()
    def _aid(self) -> Tensor:
        held = torch.tensor(min(self.pointer.held, self.model.config.longest_hold), device=self.state.device)
        return self.around[self.pointer.place] + self.model.held(held)

    @torch.inference_mode()
    def _moved(self, patience: float) -> Pointer:
        """The pointer behind this unit."""
        now = self.pointer
        scores = self.model.moves(self.state)
        if not self._can_leap():
            scores[LEAP] = -torch.inf
        chances = scores.softmax(0).tolist()
        staying = now.staying * chances[STAY]
        if staying > now.patience and now.held + 1 < self.model.config.longest_hold:
            return replace(now, held=now.held + 1, staying=staying)
        place = now.place + (LEAP if chances[LEAP] > chances[STEP] else STEP)
        inside = self.spelled is not None and place < len(self.text)
        before = self.spelled.before(place, now.place, now.before) if inside and self.spelled else SILENCE
        return Pointer(place=place, patience=patience, before=before)

    def _can_leap(self) -> bool:
        place = self.pointer.place
        return place + 2 < len(self.text) and self.text[place + 1] in self.marks
