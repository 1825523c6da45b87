"""The benchmarks of thinker and dialogue count what they say they count."""

import numpy as np
from thinker.tiny_thinkers import FakeScorer, FakeTranscriber, ScriptedTextModel

from benchmarks.first_audio import STAGES, Clock, Timed, medians, one_turn
from benchmarks.thoughts import Hears, faults, run, scripted
from speechkit.dialogue import DialogueConfig, ToneSpeaker
from speechkit.thinker.cascade import CascadeThinker
from speechkit.thinker.text_template import TemplateTextModel

NOISE = (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32)


def test_valid_thoughts_are_counted() -> None:
    hears = Hears()
    report = run(CascadeThinker(TemplateTextModel(), transcriber=hears, scorer=hears), hears, 40)
    assert report["valid"] == 40 and not report["faults"] and sum(report["strategies"].values()) == 40
    assert report["problems"]["nothing_heard"] == 2


def test_faults_are_seen() -> None:
    hears = Hears()
    kind, turns = next(scripted(hears, 1))
    items = list(CascadeThinker(TemplateTextModel(), transcriber=hears, scorer=hears).stream(turns))
    assert faults(kind, hears, items) == []
    hears.scores = {"angry": 1.0, "happy": 0.0}
    assert faults(kind, hears, items) == ["strategy table"]
    assert "reads back" in faults(kind, hears, ["<response>", *items[-1:]])


def test_stages_add_up_to_the_first_sound() -> None:
    model = ScriptedTextModel(("I am ", "here. ", "Tell me."))
    parts = Timed(Clock(), FakeTranscriber("I failed."), FakeScorer({"sad": 1.0}), model, ToneSpeaker())
    row = one_turn(parts, NOISE, 16000, DialogueConfig())
    assert row["heard"] == "I failed." and row["said"] == "I am here."
    assert set(row["stages"]) == {*STAGES, "rest"}
    assert sum(stage["wall"] for stage in row["stages"].values()) - row["wall"] < 1e-6
    assert all(row["stages"][stage]["wall"] > 0 for stage in STAGES)
    assert medians([row, row, row])["wall"] == round(row["wall"], 3)
