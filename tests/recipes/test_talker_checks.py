"""The talker's checks: they count what they say they count."""

import itertools

import pytest
from tiny_models import save_tiny_models

pytest.importorskip("lightning")

from recipes.talker_checks import content_words, hostile, hostile_texts, leaks, main
from speechkit.asr.fake import FakeTranscriber
from speechkit.pipeline import Speechkit, load
from speechkit.protocols import Waveform
from speechkit.talker import Talker
from speechkit.talker.config import TalkerConfig


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Speechkit:
    folder = save_tiny_models(tmp_path_factory.mktemp("models"))
    config = TalkerConfig(width=16, layers=1, heads=2, feed_forward=24, longest_hold=4, codec=load(folder).decoder.codec)
    Talker(config).save(folder / "talker", card="Tiny.")
    return load(folder)


@pytest.mark.parametrize(("heard", "leaked"), [("hello there", 0), ("", 0)])
def test_what_the_text_says_is_no_leak(kit: Speechkit, heard: str, leaked: int) -> None:
    found = leaks(kit, [{"text": "Hello there.", "language": "en"}], FakeTranscriber(heard), 2)
    assert found["leaked"] == leaked and found["instructions"] == 2


class Hears:
    """A listener that hears these texts one after another, over and over."""

    def __init__(self, *texts: str) -> None:
        self.name, self._texts = "hears", itertools.cycle(texts)

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        return next(self._texts)


def test_a_word_of_the_instruction_in_the_speech_is_a_leak(kit: Speechkit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recipes.talker_checks.phrase", lambda *_, **__: "Say it sadly, my friend.")
    rows = [{"text": "Hello there, friend.", "language": "en"}]
    found = leaks(kit, rows, Hears("hello sadly friend", "hello there friend"), 3)
    assert found["leaked"] == 3 and found["examples"][0]["words"] == ["sadly"]
    same = leaks(kit, rows, FakeTranscriber("hello sadly friend"), 3)
    assert same["leaked"] == 0  # this listener hears it without the instruction too
    assert content_words("A whisper; it's SAD.") == {"whisper", "it's"}


def test_hostile_texts_are_as_many_as_asked_for_and_all_end(kit: Speechkit) -> None:
    assert len(list(hostile_texts(40))) == 40
    found = hostile(kit, 11)
    assert found["texts"] == 11 == sum(found["finish_reason"].values()) and found["unexplained"] == 0


def test_a_check_without_its_texts_says_what_to_give(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["phones"])
    assert "--manifest FILE" in capsys.readouterr().err
