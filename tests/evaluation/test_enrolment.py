"""Enrolment: who is heard before a rendition is judged, and who is judged as a stranger."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from prototypes.bank import Prototype, Setting, StyleBank
from speechkit.evaluation.enrolment import Enrolment
from speechkit.types import Speech, Units

AXES = {"gender": ("female", "male"), "emotion": ("neutral", "happy"), "pitch": ("low", "normal")}


class Stranger:
    """Judges everybody alike."""

    name, labels = "stranger", ("neutral", "happy")

    def score(self, waveform: Any, sample_rate: int) -> Mapping[str, float]:
        return {"neutral": 1.0, "happy": 0.0}


class Friend(Stranger):
    """Remembers what it heard at enrolment."""

    heard: tuple[float, ...] = ()

    def enrol(self, clips: Sequence[tuple[Any, int]]) -> "Friend":
        known = Friend()
        known.heard = tuple(float(samples[0]) for samples, _ in clips)
        return known


def kit() -> Any:
    """Says one sample: ten times the style's place in the bank, plus the sentence."""
    places = [dict(zip(AXES, (g, e, p), strict=True)) for g in AXES["gender"] for e in AXES["emotion"] for p in AXES["pitch"]]
    items = [Prototype(style=torch.eye(8)[n], labels=labels) for n, labels in enumerate(places)]

    def decode(units: Units, setting: Setting, seed: int) -> Speech:
        value = 10.0 * float(setting.style.argmax()) + int(units.ids[0])
        return Speech(samples=np.full(10, value, np.float32), sample_rate=24000)

    return SimpleNamespace(styles=StyleBank(AXES, items), decode=decode)


def units_of(sentence: str) -> Units:
    return Units(ids=np.array([int(sentence)]))


def test_the_voices_neutral_says_the_other_sentences() -> None:
    enrolment = Enrolment(kit(), Friend(), ["1", "2", "3"], units_of, 0)
    assert enrolment.knows
    female = enrolment.scorer_for({"gender": "female", "emotion": "happy", "pitch": "low"}, "2")
    male = enrolment.scorer_for({"gender": "male", "emotion": "neutral", "pitch": "normal"}, "3")
    assert female.heard == (1.0, 3.0) and male.heard == (51.0, 52.0)  # type: ignore[attr-defined]
    again = enrolment.scorer_for({"gender": "female", "emotion": "neutral", "pitch": "low"}, "2")
    assert again is female


@pytest.mark.parametrize(("scorer", "sentences"), [(Stranger(), ["1", "2"]), (Friend(), ["1"]), (Friend(), [])])
def test_strangers(scorer: Any, sentences: list[str]) -> None:
    enrolment = Enrolment(kit(), scorer, sentences, units_of, 0)
    assert not enrolment.knows
    assert enrolment.scorer_for({"gender": "female", "emotion": "happy", "pitch": "low"}, "1") is scorer
