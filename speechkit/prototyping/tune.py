"""Tune how the emotions of a bank are spoken, on what the decoder makes of it, until judges hear them.

For every gender and emotion: speak some units, take down what the judges are given (`EmbeddedScorer.describe`) and what is
delivered, then again with every knob of `speechkit.prototyping.knobs` moved a little. What a judge makes of its input is
known exactly, what a knob does to that input is taken as linear nearby; so the best knobs nearby are found without
speaking. Then they are spoken, kept if the judges agree, the linear model learns from what came out (Broyden 1965), and the
next round starts from there.

Judges who know a speaker's neutral (`EmbeddedScorer.enrol`) hear each voice's neutral style first. They should not be the
scorer that the result is measured with: see `recipes.emotion fit --speakers`.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from prototypes.bank import EMOTION, NEUTRAL, Prototype, Setting, StyleBank
from speechkit.direction import controls_of
from speechkit.emotion import EmbeddedScorer
from speechkit.errors import StyleError
from speechkit.prototyping.delivered import FIGURES, delivered, outside
from speechkit.prototyping.knobs import ALLOWED, LOGARITHMIC, STEPS, Cell
from speechkit.types import Units
from u2s import U2S


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """Decisions of the search."""

    laps: int = 2
    """How often every knob is measured afresh."""
    rounds: int = 6
    """Of moving, in each lap."""
    trust: float = 2.0
    """How many steps (`knobs.STEPS`) a knob may move in a round."""
    restraint: float = 0.003
    """Cost of a squared step away from where the bank was, against one nat of the judges' confidence."""
    certainty: float = 1.2
    """The judges' logits are divided by this: what one hears for sure is worth little more than what one just hears."""
    descent: int = 200
    """Steps of Adam on the linear model."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """Utterances as judges and analysis take them: functionals float [U, D]; what is delivered, float [U, 3]."""

    functionals: Tensor
    delivered: Tensor

    def plus(self, slopes: Tensor, moved: Tensor) -> "Heard":
        """A linear guess: slopes float [K, U, D + 3], moved float [K]."""
        change = torch.einsum("k,kud->ud", moved, slopes)
        return Heard(
            functionals=self.functionals + change[:, :-FIGURES], delivered=self.delivered + change[:, -FIGURES:]
        )

    def all(self) -> Tensor:
        """Both side by side, float [U, D + 3]."""
        return torch.cat([self.functionals, self.delivered], dim=1)


class Tuner:
    """The search, for one decoder and some judges."""

    def __init__(
        self,
        decoder: U2S,
        judges: Sequence[EmbeddedScorer],
        units: Sequence[Units],
        config: TuneConfig = TuneConfig(),
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Prepare.

        Args:
            judges: one or more; all must know the emotions that are tuned, and all or none be of the kind for known speakers.
            units: utterances of about two seconds; utterance j is spoken at pitch j modulo the number of pitches.
            tell: gets a line a round.
        Raises:
            StyleError: no judges, or no units.
        """
        if not judges or not units:
            raise StyleError("tuning takes at least one judge and one utterance.")
        self.decoder, self.judges, self.units, self.config, self.tell = decoder, judges, units, config, tell
        self._panels = [list(judges)]
        for judge in judges:
            judge.model.requires_grad_(False)

    def tune(self, bank: StyleBank) -> StyleBank:
        """The bank, its emotions tuned; levels and gains are left to `calibrate_level`.

        Raises:
            StyleError: the bank has no neutral emotion.
        """
        found = {item.name: item for item in bank}
        for cell in cells_of(bank):
            self._panels = [self._acquainted(neutral) for neutral in cell.neutral]
            for item in self._tuned(cell):
                found[item.name] = item
        return bank.having([found[name] for name in bank.names])

    def _acquainted(self, neutral: Prototype) -> list[EmbeddedScorer]:
        """The judges, and those who can have heard the voice say everything in its neutral style."""
        if not any(judge.model.config.relative for judge in self.judges):
            return list(self.judges)
        rate, controls = self.decoder.sample_rate, controls_of(neutral)
        said = [self.decoder.decode_whole(units.ids, neutral.style, controls=controls).numpy() for units in self.units]
        return [judge.enrol([(samples, rate) for samples in said]) for judge in self.judges]

    def _tuned(self, cell: Cell) -> list[Prototype]:
        plain = self._listen(cell.neutral).delivered
        start = best = cell.start()
        heard = self._listen(cell.settings(best))
        first = value = self._value(cell.emotion, heard, plain, best - start)
        for number in range(self.config.laps * self.config.rounds):
            if number % self.config.rounds == 0:
                slopes, trust = self._slopes(cell, best, heard), self.config.trust
            trial = self._goal(cell, best, start, heard, plain, slopes, trust)
            spoken = self._listen(cell.settings(trial))
            worth = self._value(cell.emotion, spoken, plain, trial - start)
            self.tell(f"{_name(cell)} round {number + 1}: {float(value):.3f} -> {float(worth):.3f}")
            slopes = _learned(slopes, trial - best, spoken.all() - heard.all())
            if worth > value:
                best, value, heard = trial, worth, spoken
            else:
                trust /= 2
        return _finished(cell, best, {"before": round(float(first), 4), "after": round(float(value), 4)})

    def _listen(self, settings: Sequence[Setting]) -> Heard:
        rows, figures = [], []
        for number, units in enumerate(self.units):
            setting = settings[number % len(settings)]
            samples = self.decoder.decode_whole(units.ids, setting.style, controls=controls_of(setting)).numpy()
            rows.append(self._panels[number % len(self._panels)][0].describe(samples, self.decoder.sample_rate).double())
            figures.append(delivered(samples, self.decoder.sample_rate, setting.pitch_hz))
        return Heard(functionals=torch.stack(rows), delivered=torch.tensor(figures, dtype=torch.float64))

    def _goal(
        self, cell: Cell, centre: Tensor, start: Tensor, heard: Heard, plain: Tensor, slopes: Tensor, trust: float
    ) -> Tensor:
        """The best knobs within `trust` steps, by the linear model around `centre`."""
        low, high = cell.bounds()
        steps = _steps()
        low, high = torch.maximum(low, centre - trust * steps), torch.minimum(high, centre + trust * steps)
        moved = torch.zeros(len(steps), dtype=torch.float64, requires_grad=True)
        adam = torch.optim.Adam([moved], lr=0.05)
        for _ in range(self.config.descent):
            adam.zero_grad()
            knobs = centre + moved * steps
            loss = -self._value(cell.emotion, heard.plus(slopes, moved * steps), plain, knobs - start)
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
            with torch.no_grad():
                moved.copy_((torch.clamp(centre + moved * steps, low, high) - centre) / steps)
        return (centre + moved * steps).detach()

    def _slopes(self, cell: Cell, centre: Tensor, heard: Heard) -> Tensor:
        """What a unit of every knob does, float [K, U, D + 3]; steps point to the side that has more room."""
        found = []
        low, high = cell.bounds()
        for index, step in enumerate(STEPS.values()):
            side = 1.0 if high[index] - centre[index] >= centre[index] - low[index] else -1.0
            trial = centre.clone()
            trial[index] += side * step
            found.append((self._listen(cell.settings(trial)).all() - heard.all()) / (side * step))
        return torch.stack(found)

    def _value(self, emotion: str, heard: Heard, plain: Tensor, moved: Tensor) -> Tensor:
        """Mean log probability of the emotion, less what restraint and the literature's bounds cost."""
        logs = [
            (judge.model(heard.functionals.float()).mean(0) / (judge.model.config.temperature * self.config.certainty))
            .log_softmax(-1)[:, judge.labels.index(emotion)]
            .mean()
            for judge in self._panels[0]
        ]
        steps = _steps()
        effort = self.config.restraint * ((moved / steps) ** 2).sum()
        return torch.stack(logs).mean().double() - effort - outside(emotion, heard.delivered - plain)


def _steps() -> Tensor:
    return torch.tensor(list(STEPS.values()), dtype=torch.float64)


def _learned(slopes: Tensor, moved: Tensor, change: Tensor) -> Tensor:
    """The least change of the slopes, knobs counted in steps, with which they foretell what a move did (Broyden 1965)."""
    if float(moved.abs().max()) < 1e-6:
        return slopes
    counted = moved / _steps()
    missed = change - torch.einsum("k,kud->ud", moved, slopes)
    return slopes + torch.einsum("k,ud->kud", counted / (_steps() * (counted @ counted)), missed)


def cells_of(bank: StyleBank) -> list[Cell]:
    """Emotions with known bounds, by everything but pitch.

    Raises:
        StyleError: the bank has no neutral to compare with.
    """
    groups: dict[tuple[str, ...], list[Prototype]] = {}
    for item in bank:
        if item.labels.get(EMOTION) in ALLOWED:
            key = tuple(value for axis, value in item.labels.items() if axis != "pitch")
            groups.setdefault(key, []).append(item)
    return [
        Cell(
            emotion=items[0].labels[EMOTION],
            items=items,
            neutral=[bank.find({**item.labels, EMOTION: NEUTRAL}) for item in items],
        )
        for items in groups.values()
    ]


def _name(cell: Cell) -> str:
    return "-".join(value for axis, value in cell.items[0].labels.items() if axis != "pitch")


def _finished(cell: Cell, knobs: Tensor, worth: dict[str, float]) -> list[Prototype]:
    told = {
        name: round(math.exp(value) if name in LOGARITHMIC else value, 4)
        for name, value in zip(STEPS, knobs.tolist(), strict=True)
    }
    return [
        replace(item, **vars(setting), record={**item.record, "tuning": {**told, **worth}})
        for item, setting in zip(cell.items, cell.settings(knobs), strict=True)
    ]


__all__ = ["TuneConfig", "Tuner", "cells_of"]
