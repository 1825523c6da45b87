"""Corpora are made with a fake engine that hums a sine per voice: fast, no weights, no network."""

import json
import sys
from itertools import islice
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from recipes.corpora import engines
from recipes.corpora.checks import inspect
from recipes.corpora.engine import PINNED, Voice, check_voice, require, verified
from recipes.corpora.engines import EngineSpec, open_engine
from recipes.corpora.phonemes_kokoro import mandarin_phonemes, syllable_phonemes
from recipes.corpora.synthesise import main, render
from recipes.corpora.texts import (
    Item,
    as_sentence,
    choose_sentences,
    deal,
    interleave,
    parse_voices,
    read_manifest,
    split_of,
    text_key,
)
from speechkit.errors import AudioFileError, ConfigError, DependencyError, ManifestError, StyleError, TextError
from speechkit.waveform import load

SAMPLE_RATE = 8000
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
TEXTS = [f"We counted {first} and {second} birds" for first in WORDS for second in WORDS]


def hum(seconds: float, pitch: float = 200.0, amplitude: float = 0.5) -> np.ndarray:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


class HummingEngine:
    """As long as its text; refuses the word seven, and makes NaN of the word nine."""

    name = "hum"
    voices: ClassVar[dict[str, Voice]] = {
        "low": Voice(gender="male", languages=("en",)),
        "high": Voice(gender="female", languages=("en",)),
        "mid": Voice(gender="female", languages=("zh",)),
    }

    def __init__(self, spec: EngineSpec | None = None) -> None:
        self.spec = spec

    def speak(self, text: str, voice: str, language: str) -> tuple[np.ndarray, int]:
        check_voice(self, voice, language)
        if "seven" in text:
            raise TextError("'seven' is not in the lexicon.")
        seconds = (0.3 if language == "zh" else 0.08) * len(text)
        waveform = hum(seconds, {"low": 120.0, "high": 240.0, "mid": 180.0}[voice])
        return np.concatenate([silence(0.4), waveform * (np.nan if "nine" in text else 1), silence(0.6)]), SAMPLE_RATE


@pytest.fixture
def humming(monkeypatch):
    monkeypatch.setitem(engines.ENGINES, "hum", HummingEngine)
    yield
    open_engine.cache_clear()


@pytest.fixture
def manifest(tmp_path):
    rows = [{"text": text, "language": "en", "split": "train"} for text in TEXTS]
    rows += [{"text": "今天天气很好我们去公园", "language": "zh", "split": "train"}]
    rows += [{"text": TEXTS[0].upper(), "language": "en", "split": "dev"}]
    path = tmp_path / "texts.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def make(manifest: Path, output: Path, *more: str) -> int:
    return main(["synthesise", "--engine", "hum", "--texts", str(manifest), "-o", str(output), *more])


def test_a_corpus_has_rows_audio_and_reasons(humming, manifest, tmp_path):
    assert make(manifest, tmp_path / "out", "--minutes", "2", "--languages", "en", "zh") == 0
    rows = read_manifest(tmp_path / "out/manifest.jsonl")
    assert sum(row["duration_seconds"] for row in rows) >= 120
    assert {row["speaker"] for row in rows} == {"hum_low", "hum_high", "hum_mid"}
    assert {row["language"] for row in rows} == {"en", "zh"}
    assert list(rows[0]) == ["audio", "text", "language", "speaker", "gender", "split", "duration_seconds"]
    waveform, sample_rate = load(tmp_path / "out" / rows[0]["audio"])
    assert (sample_rate, len(waveform)) == (SAMPLE_RATE, round(rows[0]["duration_seconds"] * SAMPLE_RATE))
    refused = read_manifest(tmp_path / "out/rejected.jsonl")
    assert {row["reason"] for row in refused} == {"'seven' is not in the lexicon.", "empty, or not finite"}


def test_a_corpus_is_resumed_without_saying_anything_twice(humming, manifest, tmp_path):
    make(manifest, tmp_path / "parts", "--minutes", "0.2")
    first = read_manifest(tmp_path / "parts/manifest.jsonl")
    make(manifest, tmp_path / "parts", "--minutes", "0.4")
    make(manifest, tmp_path / "whole", "--minutes", "0.4")
    parts, whole = (read_manifest(tmp_path / name / "manifest.jsonl") for name in ("parts", "whole"))
    assert parts == whole
    assert parts[: len(first)] == first
    assert len({row["audio"] for row in parts}) == len(parts)


def test_enough_minutes_ask_for_no_clip(humming, manifest, tmp_path, monkeypatch):
    make(manifest, tmp_path / "out", "--minutes", "0.1")
    monkeypatch.setattr(HummingEngine, "speak", None)
    assert make(manifest, tmp_path / "out", "--minutes", "0.1") == 0


@pytest.mark.parametrize(
    "more, words",
    [
        (("--voices", "low,bass"), "no voices ['bass']"),
        (("--voices", "low*0"), "expected voices such as"),
        (("--shortest", "30", "--longest", "40"), "no 'en' sentence of 30 to 40 words"),
        (("--languages", "en", "--texts", "nowhere.jsonl"), "cannot read the manifest"),
    ],
)
def test_mistakes_on_the_command_line_are_one_line(humming, manifest, tmp_path, capsys, more, words):
    assert make(manifest, tmp_path / "out", *more) == 1
    assert words in capsys.readouterr().out


def test_dev_rows_and_their_words_are_never_said(manifest):
    sentences = choose_sentences(read_manifest(manifest), "en")
    assert len(sentences) == len(TEXTS) - 1
    assert text_key(TEXTS[0]) not in map(text_key, sentences)
    assert all(sentence.endswith(".") for sentence in sentences)
    assert sentences != sorted(sentences)
    assert sentences == choose_sentences(read_manifest(manifest), "en")


@pytest.mark.parametrize("text", ["Room 12 is here now.", "He said “yes” to me.", "Too short.", "word " * 15])
def test_sentences_that_need_guessing_are_left_out(text):
    assert choose_sentences([{"text": text, "language": "en"}], "en") == []


@pytest.mark.parametrize(
    "text, language, sentence",
    [
        ("i know", "en", "I know."),
        ("Is it?", "en", "Is it?"),
        ("and so;", "en", "And so."),
        ("你好，", "zh", "你好。"),
        ("你好吗？", "zh", "你好吗？"),
    ],
)
def test_transcripts_become_sentences(text, language, sentence):
    assert as_sentence(text, language) == sentence


def test_a_sentence_has_one_split_and_few_are_dev():
    assert split_of("We counted birds.") == split_of("we counted birds")
    assert 0 < sum(split_of(f"{a} {b} {c}") == "dev" for a in WORDS for b in WORDS for c in WORDS) < 60


def test_any_prefix_of_the_deal_keeps_the_weights():
    weights = {"a": 3.0, "b": 3.0, "c": 1.0, "d": 1.0, "e": 1.0}
    items = list(deal(TEXTS, "en", weights, 3))
    for size in (45, 120, len(items)):
        said = [item.voice for item in islice(items, size)]
        assert all(abs(said.count(voice) - size * weight / 9) <= 3 for voice, weight in weights.items())
    assert all(len({item.voice for item in items[start : start + 3]}) == 3 for start in range(0, len(items), 3))


def test_parts_take_turns():
    one, two = ([Item(text=text, language="en", voice="a") for text in texts] for texts in ("abc", "xy"))
    assert "".join(item.text for item in interleave([one, two])) == "axbyc"


@pytest.mark.parametrize("spec", ["", "a,", "a*-1", "a*0", "a,a*2", "a b"])
def test_wrong_voice_lists_are_refused(spec):
    with pytest.raises(ConfigError, match="expected voices"):
        parse_voices(spec)


@pytest.mark.parametrize(
    "line, words", [("{", "line 2: not JSON"), ('{"text": "a"}', "expected an object"), ("[]", "line 2")]
)
def test_wrong_manifest_lines_are_named(tmp_path, line, words):
    (tmp_path / "m.jsonl").write_text('{"text": "a", "language": "en"}\n' + line, encoding="utf-8")
    with pytest.raises(ManifestError, match=words):
        read_manifest(tmp_path / "m.jsonl")


def test_clips_are_trimmed_to_their_margins_and_turned_down():
    clip = np.concatenate([silence(1.0), hum(1.0, amplitude=1.4), silence(2.0)])
    trimmed = inspect(clip, SAMPLE_RATE, "twelve letters", "en").waveform
    assert trimmed is not None
    assert len(trimmed) == pytest.approx(1.3 * SAMPLE_RATE, abs=160)
    assert np.abs(trimmed).max() == pytest.approx(0.98, abs=0.01)
    tight = inspect(hum(1.0), SAMPLE_RATE, "twelve letters", "en").waveform
    assert tight is not None
    assert (tight[0], tight[-1]) == (0.0, 0.0)
    assert len(tight) == round(1.3 * SAMPLE_RATE)


@pytest.mark.parametrize(
    "waveform, reason",
    [
        (silence(0.0), "empty"),
        (np.append(hum(1.0), np.float32(np.inf)), "not finite"),
        (hum(1.0, amplitude=0.01), "peak 0.01"),
        (hum(1.0, amplitude=2.0), "peak 2.00"),
        (np.concatenate([hum(0.5), silence(1.5), hum(0.5)]), "a pause of 1.5"),
        (hum(0.1), "s a letter"),
        (hum(9.0), "s a letter"),
        (hum(0.005), "silent"),
    ],
)
def test_bad_clips_are_refused_with_a_reason(waveform, reason):
    verdict = inspect(waveform, SAMPLE_RATE, "twelve letters", "en")
    assert verdict.waveform is None
    assert reason in verdict.reason


@pytest.mark.parametrize(
    "syllable, phonemes",
    [
        ("ni3", "ni↓"), ("yuan2", "ɥɛ↗n"), ("xue2", "ɕɥe↗"), ("lv4", "ly↘"), ("jiu3", "ʨjou↓"), ("gui4", "kwei↘"),
        ("shi4", "ʂɨ↘"), ("zi5", "ʦɨ"), ("er2", "ɚ↗"), ("wen2", "wə↗n"), ("yi1", "i→"), ("wu3", "u↓"), ("bo1", "pwo→"),
    ],
)  # fmt: skip
def test_pinyin_becomes_kokoro_phonemes(syllable, phonemes):
    assert syllable_phonemes(syllable) == phonemes


@pytest.mark.parametrize("syllable", ["", "ni", "ni6", "3", "bxng1", "ong", "hello1", "你3"])
def test_what_is_no_pinyin_is_refused(syllable):
    with pytest.raises(TextError, match="pinyin syllable"):
        syllable_phonemes(syllable)


def test_mandarin_sentences_keep_words_and_punctuation():
    pytest.importorskip("jieba")
    assert mandarin_phonemes("中国，你好。") == "ꭧʊ→ŋkwo↗, ni↓xau↓."
    with pytest.raises(TextError, match="spell 'MP3'"):
        mandarin_phonemes("买MP3")


def test_a_missing_engine_names_the_package_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "hibari", None)
    open_engine.cache_clear()
    with pytest.raises(DependencyError, match="pip install hibari-tts"):
        open_engine(EngineSpec(name="hibari"))
    assert require("json", "json", "this test") is json


def test_unknown_engines_voices_and_folders_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="no engine 'parrot'"):
        open_engine(EngineSpec(name="parrot"))
    with pytest.raises(ConfigError, match="needs --model"):
        open_engine(EngineSpec(name="kokoro", model=tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match="no voice files"):
        open_engine(EngineSpec(name="kokoro", model=tmp_path))
    with pytest.raises(StyleError, match="no voice 'bass'"):
        HummingEngine().speak("hello", "bass", "en")
    with pytest.raises(StyleError, match="speaks en, not 'zh'"):
        HummingEngine().speak("你好", "low", "zh")


def test_weights_are_checked_against_their_hash(tmp_path):
    path = tmp_path / "af_heart.bin"
    with pytest.raises(ConfigError, match="missing"):
        verified(path)
    path.write_bytes(b"other")
    with pytest.raises(ConfigError, match="pinned is d583cc"):
        verified(path)
    assert verified(path, allow_unpinned=True) == path
    assert all(len(digest) == 64 for digest in PINNED.values())


class FakeSession:
    """Hums for as long as there are ids; keeps what it was asked."""

    def __init__(self, path: str, *_: object, **__: object) -> None:
        self.inputs: dict[str, np.ndarray] = {}

    def run(self, _: None, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.inputs = inputs
        return [hum(0.1 * inputs["input_ids"].shape[1])[None]]


@pytest.fixture
def kokoro(tmp_path, monkeypatch):
    onnxruntime = type(sys)("onnxruntime")
    onnxruntime.SessionOptions = type("SessionOptions", (), {})
    onnxruntime.InferenceSession = FakeSession
    monkeypatch.setitem(sys.modules, "onnxruntime", onnxruntime)
    monkeypatch.setattr(engines, "english_phonemizer", lambda british: lambda text: text.lower())
    (tmp_path / "voices").mkdir()
    styles = np.arange(510 * 4, dtype=np.float32).reshape(510, 4)
    for voice in ("af_heart", "bm_george", "zf_xiaobei", "jf_alpha"):
        styles.tofile(tmp_path / f"voices/{voice}.bin")
    vocab = {letter: index for index, letter in enumerate("$abcdefghijklmnopqrstuvwxyz .")}
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocab}}))
    (tmp_path / "kokoro.onnx").touch()
    return tmp_path


def test_kokoro_takes_the_style_row_of_the_phoneme_count(kokoro):
    engine = open_engine(EngineSpec(name="kokoro", model=kokoro, allow_unpinned=True))
    assert engine.voices.keys() == {"af_heart", "bm_george", "zf_xiaobei"}
    assert engine.voices["bm_george"] == Voice(gender="male", languages=("en",))
    waveform, sample_rate = engine.speak("abc", "af_heart", "en")
    assert (waveform.ndim, sample_rate) == (1, 24000)
    inputs = engine._session.inputs
    assert inputs["input_ids"].tolist() == [[0, 1, 2, 3, 0]]
    assert inputs["style"].tolist() == [[8.0, 9.0, 10.0, 11.0]]
    with pytest.raises(TextError, match="unknown: "):
        engine.speak("a1", "af_heart", "en")


def test_kokoro_wants_its_own_weights(kokoro):
    with pytest.raises(ConfigError, match="SHA-256"):
        open_engine(EngineSpec(name="kokoro", model=kokoro))
    (kokoro / "second.onnx").touch()
    with pytest.raises(ConfigError, match="exactly one"):
        open_engine(EngineSpec(name="kokoro", model=kokoro, allow_unpinned=True))
    (kokoro / "tokenizer.json").write_text("{")
    with pytest.raises(ConfigError, match="cannot read"):
        open_engine(EngineSpec(name="kokoro", model=kokoro))


def test_recordings_are_an_engine_too(humming, manifest, tmp_path):
    make(manifest, tmp_path / "out", "--minutes", "0.1")
    spec = EngineSpec(name="recordings", model=tmp_path / "out")
    row = read_manifest(tmp_path / "out/manifest.jsonl")[0]
    engine = open_engine(spec)
    assert engine.voices[row["speaker"]].languages == ("en",)
    waveform, sample_rate = engine.speak(row["text"].upper(), row["speaker"], "en")
    assert (waveform.dtype, len(waveform) / sample_rate) == (np.float32, row["duration_seconds"])
    clip = render(spec, Item(text="Never said.", language="en", voice=row["speaker"]))
    assert "did not record" in clip.verdict.reason
    (tmp_path / "out" / row["audio"]).unlink()
    with pytest.raises(AudioFileError):
        engine.speak(row["text"], row["speaker"], "en")


def test_two_workers_make_the_same_corpus_as_one(humming, manifest, tmp_path):
    make(manifest, tmp_path / "hummed", "--minutes", "0.2", "--voices-per-text", "1")
    clips = {}
    for workers in ("1", "2"):
        source, output = tmp_path / "hummed", tmp_path / f"by{workers}"
        command = ["synthesise", "--engine", "recordings", "--model", str(source), "--workers", workers]
        assert main([*command, "--texts", str(source / "manifest.jsonl"), "-o", str(output)]) == 0
        clips[workers] = {row["audio"]: row["text"] for row in read_manifest(output / "manifest.jsonl")}
    assert clips["1"] == clips["2"] != {}
