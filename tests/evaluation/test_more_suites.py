"""The tts, control, emotion and affect suites, layouts of data sets on miniature trees, and comparisons."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from speechkit.asr.fake import FakeTranscriber
from speechkit.errors import ConfigError, ManifestError
from speechkit.evaluation import Item, choose, read_manifest, run
from speechkit.evaluation.adapters.fakes import FakeEmotionScorer, FakeQualityJudge, FakeSpeakerEmbedder
from speechkit.evaluation.compare import compare_reports, read_report, write_comparison
from speechkit.evaluation.layouts import read_layout
from speechkit.evaluation.listening import Listeners
from speechkit.evaluation.suites.affect import AffectSuite
from speechkit.evaluation.suites.control import ControlSuite, PitchTalker, expand_pitches
from speechkit.evaluation.suites.emotion import EmotionConfig, EmotionSuite
from speechkit.evaluation.suites.tts import TTSConfig, TTSSuite, seed_tts_items
from speechkit.metrics.open_vocabulary import SMALL_MAPS
from speechkit.pipeline import Speechkit
from speechkit.types import Speech
from speechkit.waveform import save
from tests.evaluation.conftest import tone


def listeners(text: str = "hello world") -> Listeners:
    return Listeners(
        transcribers=[FakeTranscriber(text)], quality=[FakeQualityJudge()], speakers=[FakeSpeakerEmbedder()]
    )


def items(folder: Path, *rows: dict[str, Any]) -> list[Item]:
    return [Item(id=str(row.get("id", n)), row=row, folder=folder) for n, row in enumerate(rows)]


def values(report: Any) -> dict[str, float | None]:
    return {result.metric: result.value for result in report.results}


class TestTTS:
    class Talker:
        name = "beeper"

        def speak(self, item: Item) -> Speech:
            return Speech(samples=tone(item.seed), sample_rate=16000)

    def test_recordings(self, corpus: Path, tmp_path: Path) -> None:
        rows = [{**item.row, "prompt": "clip00.wav"} for item in read_manifest(corpus)[:3]]
        report = run(TTSSuite(listeners()), items(corpus.parent, *rows), tmp_path)
        found = values(report)
        assert found["WER_fake"] == pytest.approx((0 + 3 / 3 + 3 / 3) / 3)
        assert found["similarity_fake"] is not None
        assert found["dnsmos_ovr"] is not None

    def test_a_talker(self, corpus: Path, tmp_path: Path) -> None:
        suite = TTSSuite(listeners(), talker=self.Talker())
        report = run(suite, items(tmp_path, {"id": "a", "text": "hello world"}, {"id": "b"}), tmp_path / "r")
        assert values(report)["WER_fake"] == 0
        assert report.results[0].skipped_reasons == {"manifest_error": 1}
        assert report.timings[0].metric == "RTF_speak"

    def test_parity_leaves_out_what_the_published_script_leaves_out(self, tmp_path: Path) -> None:
        save(tmp_path / "u.wav", Speech(samples=tone(1), sample_rate=16000))
        rows = items(tmp_path, {"id": "u", "audio": "u.wav", "text": "hello"})
        strict, parity = (
            run(TTSSuite(replace(listeners(""), parity=quirks), config=TTSConfig(protocol="emoomni")), rows, tmp_path / name)
            for name, quirks in (("strict", False), ("parity", True))
        )
        assert values(strict)["WER_fake"] == 1
        assert values(parity)["WER_fake"] is None
        assert parity.results[0].skipped_reasons == {"empty_hypothesis": 1}
        with pytest.raises(ConfigError, match="parameters differ"):
            run(TTSSuite(listeners(""), config=TTSConfig(protocol="emoomni")), rows, tmp_path / "parity")

    def test_seed_tts_list(self, tmp_path: Path) -> None:
        save(tmp_path / "u1.wav", Speech(samples=tone(1), sample_rate=16000))
        (tmp_path / "meta.lst").write_text("u1|hi|u1.wav|hello world\nu2|hi|u1.wav|missing\n")
        report = run(TTSSuite(listeners()), seed_tts_items(tmp_path / "meta.lst", tmp_path), tmp_path / "r")
        assert values(report)["WER_fake"] == 0
        assert report.results[0].skipped_reasons == {"audio_file_error": 1}
        with pytest.raises(ManifestError):
            seed_tts_items(tmp_path / "none.lst")


class TestControl:
    def test_recorded_pitches(self, tmp_path: Path) -> None:
        rows = []
        for level, frequency in (("low", 140), ("normal", 200), ("high", 260)):
            time = np.arange(16000) / 16000
            wave = sum(np.sin(2 * np.pi * frequency * k * time) / k for k in range(1, 6)) * 0.1
            save(tmp_path / f"{level}.wav", Speech(samples=wave.astype(np.float32), sample_rate=16000))
            rows.append({"id": level, "audio": f"{level}.wav", "pitch": level, "group": "g"})
        found = values(run(ControlSuite(), items(tmp_path, *rows), tmp_path / "r"))
        assert (found["pitch_acc"], found["pitch_order_acc"]) == (1, 1)
        assert found["mean_shift_high"] == pytest.approx(12 * np.log2(260 / 200), abs=0.1)
        assert found["emotion_accuracy"] is None

    def test_recorded_scores(self, tmp_path: Path) -> None:
        scores = {"neutral": 0.1, "happy": 0.6, "sad": 0.2, "angry": 0.1}
        rows = [{"id": e, "emotion": e, "scores": scores} for e in ("neutral", "happy", "sad", "surprised")]
        report = run(ControlSuite(), items(tmp_path, *rows, {"id": "z"}), tmp_path / "r")
        assert values(report)["emotion_accuracy"] == pytest.approx(1 / 3)
        accuracy = next(result for result in report.results if result.metric == "emotion_accuracy")
        assert accuracy.skipped_reasons == {"unlisted_emotion": 1, "manifest_error": 1}

    def test_units_with_controls(self, kit: Speechkit, corpus: Path, tmp_path: Path) -> None:
        rows = expand_pitches(choose(read_manifest(corpus), limit=1))
        suite = ControlSuite(talker=PitchTalker(kit), scorer=FakeEmotionScorer())
        report = run(suite, rows, tmp_path)
        assert {item.row["pitch"] for item in rows} == {"low", "normal", "high"}
        assert "pitch_acc" in values(report)


class TestEmotion:
    def test_scorer_answers_and_scores(self, corpus: Path, tmp_path: Path) -> None:
        rows = [
            {"id": "a", "emotion": "angry", "audio": "clip00.wav"},
            {"id": "b", "emotion": "happy", "answer": "<answer>**joy**</answer>"},
            {"id": "c", "emotion": "sadness", "scores": {"sad": 0.9, "angry": 0.1}},
            {"id": "d", "emotion": "neutral", "scores": {"neutral": float("nan"), "sad": 0.1}},
            {"id": "e", "emotion": "bored", "answer": "bored"},
            {"id": "f"},
        ]
        config = EmotionConfig(labels=("angry", "happy", "neutral", "sad"))
        report = run(EmotionSuite(FakeEmotionScorer(), config=config), items(corpus.parent, *rows), tmp_path)
        war = next(result for result in report.results if result.metric == "WAR")
        assert war.n == 4
        assert war.skipped_reasons == {"unlisted_emotion": 1, "manifest_error": 1}
        assert war.value in (0.5, 0.75)
        assert {"WA_printed", "WA_table", "UAR", "macro_F1"} <= set(values(report))
        assert "WA" not in values(report)

    def test_without_scorer_the_row_says_what_is_needed(self, tmp_path: Path) -> None:
        report = run(EmotionSuite(), items(tmp_path, {"id": "a", "emotion": "sad", "audio": "x.wav"}), tmp_path / "r")
        assert values(report)["WAR"] is None
        assert "no emotion scorer" in (tmp_path / "r/items.jsonl").read_text()

    def test_free_words(self, tmp_path: Path) -> None:
        rows = [
            {"id": "a", "gold_words": ["happy"], "predicted_words": ["joyful", "sad"]},
            {"id": "b", "gold_words": ["sad"], "predicted_words": []},
            {"id": "c", "gold_words": ["sad", "angry"], "predicted_words": ["sad"]},
            {"id": "d", "emotion": "sad", "answer": "sad"},
            {"id": "e"},
        ]
        report = run(EmotionSuite(maps=SMALL_MAPS), items(tmp_path, *rows), tmp_path / "r")
        hit = next(result for result in report.results if result.metric.lower().startswith("hit"))
        assert (hit.value, hit.skipped_reasons) == (0.5, {"several_gold_words": 1, "no_words": 1, "manifest_error": 1})


class TestAffect:
    USER: ClassVar = [[0.40, 0.70], [0.38, 0.72], [0.42, 0.68], [0.44, 0.66]]
    AGENT: ClassVar = [[0.48, 0.66], [0.50, 0.64], [0.50, 0.62], [0.52, 0.62], [0.54, 0.60]]

    def test_the_worked_example(self, tmp_path: Path) -> None:
        turn = {"user": self.USER, "agent": self.AGENT, "user_emotion": "neutral", "agent_emotion": "happy"}
        report = run(AffectSuite(), items(tmp_path, {"id": "d", "turns": [turn, turn]}), tmp_path / "r")
        found = values(report)
        assert found["ECS"] == pytest.approx(0.63)
        assert found["EBS"] == pytest.approx(0.860625)
        assert found["ESS"] == pytest.approx(1.0)
        assert found["CT-ECS"] == pytest.approx(0.63)
        assert found["appropriateness_neutral"] == pytest.approx(0.6)

    def test_labels_understanding_and_conflict(self, tmp_path: Path) -> None:
        rows = [
            {
                "id": "r",
                "label": [[0.1, 0.2], [0.4, 0.1], [0.35, 0.5]],
                "prediction": [[0.2, 0.2], [0.3, 0.2], [0.5, 0.4]],
            },
            {"id": "u", "gold": "happy", "predicted": {"AV": "happy", "A": "sad"}},
            {"id": "c", "audio_label": "happy", "visual_label": "sad", "predicted": "happy"},
            {"id": "bad", "turns": [{"user": [[1]]}]},
            {"id": "empty", "turns": [{"user": [], "agent": self.AGENT}]},
        ]
        report = run(AffectSuite(), items(tmp_path, *rows), tmp_path / "r")
        found = values(report)
        assert found["CCC_valence"] is not None
        assert (found["Acc_AV"], found["Acc_A"]) == (1, 0)
        assert (found["AAR"], found["VAR"], found["OLR"]) == (1, 0, 0)
        ecs = next(result for result in report.results if result.metric == "ECS")
        assert ecs.skipped_reasons == {"empty_track": 1, "manifest_error": 1}

    def test_nothing(self, tmp_path: Path) -> None:
        assert values(run(AffectSuite(), [], tmp_path))["ECS"] is None


class TestLayouts:
    def test_ravdess(self, tmp_path: Path) -> None:
        (tmp_path / "Actor_02").mkdir()
        (tmp_path / "Actor_02/03-01-06-02-02-01-02.wav").touch()
        (tmp_path / "Actor_02/03-02-06-02-02-01-02.wav").touch()
        (item,) = read_layout("ravdess", tmp_path)
        assert (item.row["emotion"], item.row["gender"], item.row["intensity"]) == ("fearful", "female", "strong")
        assert item.path() == tmp_path / "Actor_02/03-01-06-02-02-01-02.wav"

    def test_meld(self, tmp_path: Path) -> None:
        header = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID"
        (tmp_path / "test_sent_emo.csv").write_text(
            f'{header}\n1,"Why, no!",Rachel,surprise,negative,3,4\n1,x,y,joy,z,3,5\n'
        )
        (tmp_path / "test/clips").mkdir(parents=True)
        (tmp_path / "test/clips/dia3_utt4.mp4").touch()
        first, second = read_layout("meld", tmp_path)
        assert first.row["video"] == "test/clips/dia3_utt4.mp4"
        assert (first.text, first.row["emotion"], first.row["split"]) == ("Why, no!", "surprise", "test")
        assert "video" not in second.row

    def test_iemocap(self, tmp_path: Path) -> None:
        dialog = tmp_path / "Session1/dialog"
        (dialog / "EmoEvaluation").mkdir(parents=True)
        (dialog / "transcriptions").mkdir()
        name = "Ses01F_impro01_M000"
        lines = f"% header\n\n[6.29 - 8.23]\t{name}\tneu\t[2.5, 2.5, 2.5]\nC-E2:\tNeutral;\n"
        (dialog / "EmoEvaluation/Ses01F_impro01.txt").write_text(lines)
        (dialog / "transcriptions/Ses01F_impro01.txt").write_text(f"{name} [006.29-008.23]: Excuse me.\n")
        (item,) = read_layout("iemocap", tmp_path)
        assert (item.row["emotion"], item.text, item.speaker) == ("neutral", "Excuse me.", "Session1-male")
        assert item.row["audio"] == f"Session1/sentences/wav/Ses01F_impro01/{name}.wav"

    def test_mer2025(self, tmp_path: Path) -> None:
        (tmp_path / "track1.csv").write_text("name,discrete,valence\nsample_1,worried,-1\n")
        (tmp_path / "track2.csv").write_text("name,openset\nsample_2,\"['happy', 'relieved']\"\nsample_3,\n")
        (tmp_path / "audio").mkdir()
        (tmp_path / "audio/sample_1.wav").touch()
        first, second = read_layout("mer2025", tmp_path)
        assert (first.row["emotion"], first.row["audio"]) == ("worried", "audio/sample_1.wav")
        assert second.row["gold_words"] == ["happy", "relieved"]

    def test_dfew(self, tmp_path: Path) -> None:
        table = tmp_path / "EmoLabel_DataSplit/test(single-labeled)/set_1.csv"
        table.parent.mkdir(parents=True)
        table.write_text("video_name,label\n7,4\n8,0\n")
        (tmp_path / "Clip/original").mkdir(parents=True)
        (tmp_path / "Clip/original/00007.mp4").touch()
        (item,) = read_layout("dfew", tmp_path)
        assert (item.row["emotion"], item.row["split"]) == ("angry", "fold1")
        assert item.row["video"] == "Clip/original/00007.mp4"

    def test_unknown_and_empty(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="ravdess"):
            read_layout("nothing", tmp_path)
        with pytest.raises(ManifestError, match="nothing in the layout"):
            read_layout("ravdess", tmp_path)
        with pytest.raises(ManifestError, match="no folder"):
            read_layout("meld", tmp_path / "none")


class TestCompare:
    def report(self, corpus: Path, folder: Path, text: str, count: int = 6) -> Path:
        rows = read_manifest(corpus)[:count]
        run(TTSSuite(listeners(text)), rows, folder)
        return folder

    def test_paired_on_shared_items(self, corpus: Path, tmp_path: Path) -> None:
        a = read_report(self.report(corpus, tmp_path / "a", "hello world"))
        b = read_report(self.report(corpus, tmp_path / "b", "nothing at all", 4))
        comparison = compare_reports(a, b)
        difference = next(result for result in comparison.differences if result.metric == "WER_fake_difference")
        assert difference.n == 4
        assert difference.skipped_reasons == {"unpaired": 2}
        assert difference.value is not None
        assert difference.value > 0
        assert any("items differ" in note for note in comparison.notes)
        write_comparison(tmp_path / "c", a, b, comparison)
        assert json.loads((tmp_path / "c/comparison.json").read_text())["a"] == "a"
        assert "<svg" in (tmp_path / "c/index.html").read_text()

    def test_a_report_equals_itself(self, corpus: Path, tmp_path: Path) -> None:
        a = read_report(self.report(corpus, tmp_path / "a", "hello world"))
        assert all(result.value == 0 for result in compare_reports(a, a).differences)

    def test_refusals(self, corpus: Path, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match="no finished report"):
            read_report(tmp_path)
        a = read_report(self.report(corpus, tmp_path / "a", "x", 1))
        run(AffectSuite(), [], tmp_path / "b")
        with pytest.raises(ConfigError, match="different suites"):
            compare_reports(a, read_report(tmp_path / "b"))
