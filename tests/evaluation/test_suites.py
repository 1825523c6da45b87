"""The tokenizer and resynthesis suites on tiny random models with fake listeners."""

import json
import random
from pathlib import Path

import numpy as np
import pytest

from speechkit.asr.fake import FakeTranscriber
from speechkit.errors import StyleError
from speechkit.evaluation import Item, choose, read_manifest, run
from speechkit.evaluation.adapters.fakes import FakeQualityJudge, FakeSpeakerEmbedder
from speechkit.evaluation.listening import Listeners
from speechkit.evaluation.suites.resynthesis import ResynthesisConfig, ResynthesisSuite
from speechkit.evaluation.suites.tokenizer import TokenizerConfig, TokenizerSuite
from speechkit.pipeline import Speechkit
from speechkit.types import Speech
from speechkit.waveform import save
from tests.evaluation.conftest import tone

QUICK = TokenizerConfig(augmented_items=4)


def listeners() -> Listeners:
    return Listeners(
        transcribers=[FakeTranscriber("hello world")], quality=[FakeQualityJudge()], speakers=[FakeSpeakerEmbedder()]
    )


@pytest.fixture
def rows(corpus: Path) -> list[Item]:
    return choose(read_manifest(corpus), split="dev")


def test_tokenizer_report(kit: Speechkit, rows: list[Item], tmp_path: Path) -> None:
    report = run(TokenizerSuite(kit.encoder, rows, decoder=kit.decoder, config=QUICK), rows, tmp_path)
    names = {result.metric for result in report.results}
    augmented = {f"ued_frames_{name}" for name in ("noise", "pitch_up", "pitch_down", "faster", "slower", "reverb")}
    wanted = {"PER", "PER_base", "PER_charsiu", "TER", "pnmi", "perplexity", "nominal_bit_rate", "units_speaker_nsl"}
    assert (
        wanted
        | augmented
        | {"PER_noise", "level_agreement_noise", "style_speaker_nsl", "units_gender_nsl", "mi_speaker"}
        <= names
    )
    assert report.value("nominal_bit_rate") == 300
    by_name = {result.metric: result for result in report.results}
    assert by_name["ued_frames_noise"].n == 4
    assert by_name["units_emotion_nsl"].skipped_reasons == {"no_label": 10}
    assert report.value("RTF_encode") is not None
    page = (tmp_path / "index.html").read_text()
    assert "<svg" in page
    assert "<audio" in page


def test_tokenizer_killed_and_resumed(kit: Speechkit, rows: list[Item], tmp_path: Path) -> None:
    suite = TokenizerSuite(kit.encoder, rows, config=QUICK)
    run(suite, rows, tmp_path / "whole")
    killed = TokenizerSuite(kit.encoder, rows, config=QUICK)
    left, measure = random.randrange(1, len(rows)), killed.measure

    def dies(item: Item, folder: Path) -> object:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return measure(item, folder)

    killed.measure = dies  # type: ignore[assignment, method-assign]
    with pytest.raises(KeyboardInterrupt):
        run(killed, rows, tmp_path / "killed")
    log = tmp_path / "killed" / "items.jsonl"
    log.write_bytes(log.read_bytes()[:-5])
    run(suite, rows, tmp_path / "killed")
    assert (tmp_path / "killed/results.json").read_bytes() == (tmp_path / "whole/results.json").read_bytes()


def test_resynthesis_report(kit: Speechkit, rows: list[Item], tmp_path: Path) -> None:
    target = [Speech(samples=tone(20), sample_rate=16000)]
    report = run(ResynthesisSuite(kit, rows, listeners(), target=target), rows, tmp_path, workers=2)
    assert report.value("WER_fake_added") == 0
    assert report.value("WER_fake_original") == report.value("WER_fake_respoken")
    by_name = {result.metric: result for result in report.results}
    assert by_name["round_trip_unit_error_rate"].n == len(rows)
    assert {"dnsmos_ovr_original", "dnsmos_ovr_respoken", "similarity_fake", "VDE", "logF0_corr", "MCD"} <= set(by_name)
    assert report.value("RTF_decode") is not None
    assert len(list((tmp_path / "audio").iterdir())) == 10
    assert {"similarity_target_fake", "similarity_target_fake_original"} <= set(by_name)
    assert by_name["MCD"].params["align"] == "frames" and by_name["MCD"].n == len(rows)
    document = json.loads((tmp_path / "results.json").read_text())
    assert {"MCD", "similarity_target_fake", "rate_fake_respoken"} <= set(document["item_metrics"])
    models = document["models"]
    assert (models["s2u"], models["u2s"], len(models["target_voice"])) == ("tiny-s2u", "tiny-u2s", 16)


def test_several_items_at_once_share_the_models(kit: Speechkit, rows: list[Item], tmp_path: Path) -> None:
    few = rows[:6]
    for workers in (1, 3):
        suites = (ResynthesisSuite(kit, few, listeners()), TokenizerSuite(kit.encoder, few, config=QUICK))
        for suite in suites:
            run(suite, few, tmp_path / str(workers) / suite.name, workers=workers)  # type: ignore[arg-type]
    for name in ("resynthesis", "tokenizer"):
        one, many = ((tmp_path / workers / name / "results.json").read_bytes() for workers in "13")
        assert one == many


def test_resynthesis_in_each_items_own_voice(kit: Speechkit, rows: list[Item], tmp_path: Path) -> None:
    config = ResynthesisConfig(voice="self", pitch=None, audio_kept=0)
    report = run(ResynthesisSuite(kit, rows[:2], Listeners(), config=config), rows[:2], tmp_path)
    assert report.value("round_trip_unit_error_rate") is not None
    with pytest.raises(StyleError, match="female"):
        ResynthesisSuite(kit, rows, Listeners(), config=ResynthesisConfig(voice="nobody"))


def broken_rows(folder: Path) -> list[Item]:
    """A missing file, an empty one, a text named .wav, NaN, and silence."""
    silence = Speech(samples=np.zeros(8000, np.float32), sample_rate=16000)
    save(folder / "silence.wav", silence)
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("no audio")
    names = ("missing", "empty", "text", "silence")
    return [Item(id=name, row={"id": name, "audio": f"{name}.wav", "text": "a"}, folder=folder) for name in names]


def test_broken_items_are_counted(kit: Speechkit, tmp_path: Path) -> None:
    rows = broken_rows(tmp_path)
    tokens = run(TokenizerSuite(kit.encoder, rows, decoder=kit.decoder, config=QUICK), rows, tmp_path / "t")
    per = next(result for result in tokens.results if result.metric == "PER")
    assert per.skipped_reasons == {"audio_file_error": 3}
    speech = run(ResynthesisSuite(kit, rows, listeners()), rows, tmp_path / "r")
    quality = next(result for result in speech.results if result.metric == "dnsmos_ovr_original")
    assert quality.skipped_reasons == {"empty_audio": 1, "audio_file_error": 3}
    assert quality.null_reason == "all_items_skipped"


@pytest.mark.parametrize("count", [0, 1])
def test_no_item_and_one_item(kit: Speechkit, rows: list[Item], tmp_path: Path, count: int) -> None:
    few = rows[:count]
    for suite in (TokenizerSuite(kit.encoder, few, config=QUICK), ResynthesisSuite(kit, few, listeners())):
        report = run(suite, few, tmp_path / suite.name)  # type: ignore[arg-type]
        for result in report.results:
            assert result.value is None or count or result.metric == "nominal_bit_rate"  # needs no item
            assert (result.value is None) == bool(result.null_reason)
        text = (tmp_path / suite.name / "results.json").read_text()
        assert "NaN" not in text
        assert "Infinity" not in text
