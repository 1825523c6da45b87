"""Every suite without items, and with items that all fail: null with a reason, never 0, NaN or a crash."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from speechkit.asr.fake import FakeTranscriber
from speechkit.evaluation import Item, run
from speechkit.evaluation.adapters.fakes import FakeEmotionScorer, FakeQualityJudge, FakeSpeakerEmbedder
from speechkit.evaluation.judging.offline import StubJudge
from speechkit.evaluation.listening import Listeners
from speechkit.evaluation.suite import Suite
from speechkit.evaluation.suites import dialogue, spoken_dialogue
from speechkit.evaluation.suites.affect import AffectSuite
from speechkit.evaluation.suites.control import ControlSuite
from speechkit.evaluation.suites.emotion import EmotionSuite
from speechkit.evaluation.suites.instruct import InstructSuite, expand_instructions
from speechkit.evaluation.suites.judged import expand_calls
from speechkit.evaluation.suites.tts import TTSSuite
from speechkit.metrics.open_vocabulary import SMALL_MAPS

Expand = Callable[[Sequence[Item]], Sequence[Item]]
MISSING = {"id": "a", "audio": "none.wav", "prompt": "none.wav", "text": "hello", "emotion": "sad", "pitch": "low"}


def listeners() -> Listeners:
    return Listeners(
        transcribers=[FakeTranscriber("a")], quality=[FakeQualityJudge()], speakers=[FakeSpeakerEmbedder()]
    )


def dumb(folder: Path) -> StubJudge:
    """A judge that says nothing that can be read."""
    (folder / "stub.json").write_text('{"default": "NaN"}')
    return StubJudge(folder / "stub.json")


def without_style(item: Item) -> Item:
    """No gold style: an unreadable output is a wrong answer about style, which is a figure."""
    return Item(id=item.id, row={key: item.row[key] for key in ("id", "audio", "text")}, folder=item.folder)


SUITES: dict[str, tuple[Callable[[Path], Suite], Expand]] = {
    "tts": (lambda _: TTSSuite(listeners()), list),
    "control": (lambda _: ControlSuite(scorer=FakeEmotionScorer()), list),
    "emotion": (lambda _: EmotionSuite(FakeEmotionScorer(), maps=SMALL_MAPS), list),
    "affect": (lambda _: AffectSuite(), list),
    "instruct": (lambda folder: InstructSuite(dumb(folder)), expand_instructions),
    "dialogue": (
        lambda folder: dialogue.DialogueSuite(dumb(folder)),
        lambda rows: expand_calls(rows, dialogue.CALLS),
    ),
    "emova": (
        lambda folder: spoken_dialogue.SpokenDialogueSuite(dumb(folder)),
        lambda rows: expand_calls([without_style(row) for row in rows], spoken_dialogue.CALLS),
    ),
}


@pytest.mark.parametrize("name", SUITES)
@pytest.mark.parametrize("rows", [(), (MISSING,)], ids=["no items", "a failing item"])
def test_nothing_measured_is_null_with_reasons(name: str, rows: tuple[dict[str, str], ...], tmp_path: Path) -> None:
    make, expand = SUITES[name]
    chosen = expand([Item(id=row["id"], row=row, folder=tmp_path) for row in rows])
    report = run(make(tmp_path), chosen, tmp_path / "report")
    assert report.results
    for result in report.results:
        if result.metric == "json_parse_rate" and rows:
            assert (result.value, result.n) == (0, 1)  # the one output there is cannot be read: a figure, not a failure
            continue
        assert (result.value, result.ci95) == (None, None), result.metric
        assert result.null_reason
        assert result.n_skipped == sum(result.skipped_reasons.values())
    for file in ("results.json", "timings.json", "items.jsonl"):
        text = (tmp_path / "report" / file).read_text() if (tmp_path / "report" / file).exists() else ""
        assert not any(f": {word}" in text for word in ("NaN", "Infinity", "-Infinity"))
    assert json.loads((tmp_path / "report/results.json").read_text())["items"] == len(chosen)
