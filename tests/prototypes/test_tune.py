"""Tuning: emotions become what judges hear, inside the literature's bounds; a bank changes decoders only where it may."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from singers import Singer, bank
from tiny_models import save_tiny_models

from prototypes.bank import StyleBank
from prototypes.store import load_bank, save_bank
from speechkit.emotion import EmbeddedScorer
from speechkit.emotion.model import EmotionConfig, EmotionNet
from speechkit.errors import CheckpointError, StyleError
from speechkit.prototyping import TuneConfig, Tuner, carry
from speechkit.prototyping.delivered import outside
from speechkit.prototyping.knobs import STEPS
from speechkit.prototyping.tune import cells_of
from speechkit.types import Units
from u2s import U2S

UNITS = [Units(ids=np.zeros(10, np.int64))]


def levelled() -> StyleBank:
    """The calibration test's bank, every style with a level."""
    return bank().having([replace(item, pitch_hz=160.0) for item in bank()])


@pytest.fixture
def judge() -> Iterator[EmbeddedScorer]:
    torch.manual_seed(1)
    yield EmbeddedScorer(EmotionNet(EmotionConfig(width=8, members=1)))


def test_judges_hear_more_of_it_inside_the_bounds(judge: EmbeddedScorer) -> None:
    before = levelled()
    lines: list[str] = []
    config = TuneConfig(laps=1, rounds=1, restraint=0.0, descent=40)
    found = Tuner(Singer(), [judge], UNITS, config, lines.append).tune(before)  # type: ignore[arg-type]
    assert found.names == before.names and len(lines) == 3
    for old, new in zip(before, found, strict=True):
        if new.labels["emotion"] == "neutral":
            assert new is old
            continue
        tuning = dict(new.record["tuning"])  # type: ignore[call-overload]
        assert tuning["after"] >= tuning["before"] and set(STEPS) <= set(tuning)
        assert abs(float(new.style.norm()) - 1) < 1e-5 and new.pitch_hz
    sad = found.find({"emotion": "sad"})
    assert sad.prosody.speed < 1 and sad.prosody.effort_db <= 0 and (sad.pitch_hz or 0) < 160


def test_judges_of_known_speakers_hear_the_neutral_first() -> None:
    torch.manual_seed(1)
    judge = EmbeddedScorer(EmotionNet(EmotionConfig(width=8, members=1, relative=True)))
    config, lines = TuneConfig(laps=1, rounds=1, restraint=0.0, descent=40), list[str]()
    found = Tuner(Singer(), [judge], UNITS, config, lines.append).tune(levelled())  # type: ignore[arg-type]
    tuned = [dict(item.record["tuning"]) for item in found if item.labels["emotion"] != "neutral"]  # type: ignore[call-overload]
    assert len(lines) == 3 and all(record["after"] >= record["before"] for record in tuned)
    assert judge.neutral is None


def test_a_cell_is_what_its_knobs_say() -> None:
    cell = cells_of(levelled())[0]
    low, high = cell.bounds()
    knobs = cell.start()
    assert bool((knobs >= low).all()) and bool((knobs <= high).all())
    knobs[list(STEPS).index("reach")] = 0.0
    knobs[list(STEPS).index("pitch_semitones")] = 3.0
    knobs[list(STEPS).index("speed")] = np.log(1.1)
    for setting, plain in zip(cell.settings(knobs), cell.neutral, strict=True):
        torch.testing.assert_close(setting.style, plain.style)
        assert setting.pitch_hz == pytest.approx(160.0 * 2**0.25) and setting.prosody.speed == 1.1


def test_tuning_takes_judges_and_units(judge: EmbeddedScorer) -> None:
    for judges, units in (([], UNITS), ([judge], [])):
        with pytest.raises(StyleError, match="at least one"):
            Tuner(Singer(), judges, units)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> U2S:
    return U2S.load(save_tiny_models(tmp_path_factory.mktemp("models")) / "u2s")


def other(decoder: U2S, part: str) -> U2S:
    """The decoder with some weights changed."""
    changed = copy.deepcopy(decoder)
    with torch.no_grad():
        next(getattr(changed, part).parameters()).add_(0.1)
    changed.fingerprint = f"other {part}"
    return changed


def test_a_bank_goes_where_the_style_encoder_is_the_same(decoder: U2S, tmp_path: Path) -> None:
    old = bank().having(list(bank()), decoder=decoder.fingerprint)
    new = other(decoder, "generator")
    with pytest.raises(CheckpointError, match="--from"):
        carry(old, new)
    moved = carry(old, new, previous=decoder)
    assert moved.decoder == "other generator" and [a.name for a in moved] == [b.name for b in old]
    save_bank(tmp_path / "bank", moved, card="")
    again = load_bank(tmp_path / "bank", decoder="other generator")
    assert carry(again, decoder).decoder == decoder.fingerprint  # what it needs is in the bank by now
    with pytest.raises(CheckpointError, match="mean nothing"):
        carry(again, other(decoder, "style_encoder"))
    with pytest.raises(CheckpointError, match="belongs to decoder"):
        carry(old, new, previous=new)


def test_what_leaves_the_literatures_bounds_costs() -> None:
    inside = torch.tensor([[np.log(0.5), -2.0, 0.3]] * 2, dtype=torch.float64)
    assert float(outside("sad", inside)) == 0.0
    wild, bright, astray = inside.clone(), inside.clone(), inside.clone()
    wild[:, 0], bright[:, 1], astray[:, 2] = np.log(1.2), 1.0, 5.0
    assert all(float(outside("sad", change)) > 5 for change in (wild, bright, astray))
    one_up_one_down = inside.clone()
    one_up_one_down[:, 2] = torch.tensor([4.0, -4.0])
    assert float(outside("sad", one_up_one_down)) == pytest.approx(4.0)
