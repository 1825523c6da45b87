"""The control gate: it passes what obeys, names what does not, and runs on tiny models from end to end."""

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_models import buzz, save_tiny_models, write_wav
from typer.testing import CliRunner

import speechkit
from prototypes.bank import Prototype, StyleBank
from prototypes.prosody import StyleProsody
from prototypes.store import save_bank
from prototypes.targets import AXES, EMOTION_PROSODY, PITCH_PROSODY
from speechkit.cli import app
from speechkit.errors import WaveformError
from speechkit.evaluation.suites.style_checks import failed
from speechkit.evaluation.suites.style_control import at_pace
from speechkit.evaluation.suites.style_requests import SHORT, StyleControlConfig, requests
from speechkit.evaluation.suites.style_results import changes, confidence, results_of
from speechkit.metrics.delivery import delivery

LABELS = ("neutral", "happy", "sad", "angry")
PLAIN = {"gender": "female", "emotion": "neutral", "pitch": "normal"}


def obedient(labels: Mapping[str, str], axis: str, value: float, controls: Mapping[str, float]) -> dict[str, Any]:
    """A row of a decoder that does exactly what is asked."""
    intensity = value if axis == "intensity" else 1.0
    asked = EMOTION_PROSODY[labels["emotion"]].scaled(intensity).plus(PITCH_PROSODY[labels["pitch"]])
    tones = asked.pitch_semitones + controls.get("pitch_semitones", 0)
    hertz = {"female": 200.0, "male": 110.0}[labels["gender"]] * 2 ** (tones / 12)
    sure = {"neutral": 0.5}.get(labels["emotion"], min(0.9, 0.3 + 0.3 * intensity))
    scores = {label: sure if label == labels["emotion"] else (1 - sure) / 3 for label in LABELS}
    return {
        "utterance": "u", "labels": dict(labels), "axis": axis, "value": value, "controls": dict(controls), "scores": scores,
        "pitch_hz": hertz, "voiced_f0": [hertz] * 20, "range_semitones": 6.0 * asked.pitch_range * controls.get("pitch_range", 1),
        "level_db": -20 + asked.energy_db + controls.get("energy_db", 0), "tilt_db": -6 + asked.tilt_db,
        "seconds": 2 / asked.speed / controls.get("speed", 1), "unit_edits": 1, "units": 10, "same_units": 0.9,
        "words_judge": [1 if labels["emotion"] == "angry" else 0, 10],
        "voice": [1.0, 0.0 if labels["emotion"] == "neutral" else 0.1],
    }  # fmt: skip


def rows(config: StyleControlConfig = SHORT) -> list[dict[str, Any]]:
    return [obedient(r.labels, r.axis, r.value, r.controls) for r in requests(AXES, PLAIN, config, sweeps=True)]


def test_the_obedient_pass() -> None:
    found = failed(rows(StyleControlConfig()), StyleControlConfig())
    assert found.value == 0 and found.n == 1 + 14 + 4 + 3 and found.details["broken"] == []


def test_figures_are_those_that_were_asked_for() -> None:
    results = {result.metric: result.value for result in results_of(rows(), LABELS, SHORT)}
    assert results["pitch_acc"] == results["pitch_order_acc"] == 1.0
    assert results["pitch_semitones_error"] == pytest.approx(0, abs=1e-9)
    assert results["energy_db_error"] == pytest.approx(0) and results["speed_error"] == pytest.approx(0)
    assert results["emotion_UAR"] == results["recall_sad"] == results["recall_sad_male"] == 1.0
    assert results["unit_error_rate"] == pytest.approx(0.1) and results["changed_units"] == pytest.approx(0.1)
    assert results["judge_error_rate_angry"] == pytest.approx(0.1) and results["judge_errors_added"] == pytest.approx(
        0.1 / 3
    )
    assert results["angry_tilt"] == pytest.approx(EMOTION_PROSODY["angry"].tilt_db)
    assert results["voice_similarity"] == pytest.approx(np.mean([1.0] * 4 + [1 / np.sqrt(1.01)] * 18))
    assert list(confidence(rows(), "sad")) == [0.0, 1.0, 1.5]


@pytest.mark.parametrize(
    "name, wrong",
    [
        (
            "pitch: low < normal < high",
            lambda row: row["labels"]["pitch"] == "high" and row.update(voiced_f0=[90.0] * 20),
        ),
        ("sad: level below neutral", lambda row: row["labels"]["emotion"] == "sad" and row.update(level_db=-3.0)),
        (
            "pitch_semitones: pitch_hz grows",
            lambda row: row["axis"] == "pitch_semitones" and row.update(pitch_hz=200.0),
        ),
        ("speed: seconds falls", lambda row: row["axis"] == "speed" and row.update(seconds=9.0)),
        (
            "happy: confidence grows",
            lambda row: row["axis"] == "intensity" and row.update(scores=dict.fromkeys(LABELS, 0.25)),
        ),
    ],
)
def test_a_broken_order_is_named(name: str, wrong: Any) -> None:
    found = rows()
    for row in found:
        wrong(row)
    broken = failed(found, SHORT).details["broken"]
    assert any(name in entry for entry in broken)


def test_changes_are_paired_within_utterance_gender_and_pitch() -> None:
    found = changes([row for row in rows() if row["axis"] == "grid"], "happy")
    assert found["pitch"] == pytest.approx([EMOTION_PROSODY["happy"].pitch_semitones] * 6)


@pytest.mark.parametrize("gain, tone", product([0.5, 1.0], [200.0]))
def test_delivery_of_known_sounds(gain: float, tone: float) -> None:
    samples = gain * buzz(tone, 1.0, 16000)
    found = delivery(np.pad(samples, 8000), 16000, np.array([0.0] * 5 + [tone] * 10 + [2 * tone] * 10))
    assert found.seconds == pytest.approx(1.0, abs=0.05)
    assert found.level_db == pytest.approx(10 * np.log10(np.mean(samples**2)), abs=0.2)
    assert found.range_semitones == pytest.approx(12) and found.pitch_hz == pytest.approx(1.5 * tone)
    assert delivery(samples, 16000, np.zeros(50)).pitch_hz is None
    with pytest.raises(WaveformError):
        delivery(np.zeros(16000), 16000, np.zeros(100))


def test_delivery_hears_brightness() -> None:
    noise = np.random.default_rng(0).standard_normal(32000)
    dull = np.convolve(noise, [0.5, 0.5])
    assert delivery(noise, 16000, np.zeros(1)).tilt_db == pytest.approx(0.0, abs=0.3)
    assert delivery(dull, 16000, np.zeros(1)).tilt_db < -0.5


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny models with a bank of 24 random styles."""
    folder = save_tiny_models(tmp_path_factory.mktemp("models"))
    kit = speechkit.load(folder)
    values = list(product(*AXES.values()))
    vectors = torch.nn.functional.normalize(torch.randn(24, 12, generator=torch.Generator().manual_seed(0)), dim=1)
    items = [
        Prototype(labels=dict(zip(AXES, value, strict=True)), style=vector, prosody=StyleProsody(), pitch_hz=150.0)
        for value, vector in zip(values, vectors, strict=True)
    ]
    save_bank(folder / "prototypes", StyleBank(AXES, items, decoder=kit.decoder.fingerprint), card="")
    return folder


def test_the_gate_runs_and_fails_loudly_on_models_that_obey_nothing(models: Path, tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", buzz(150.0, 0.6, 16000), 16000)
    row = {"id": "a", "audio": "a.wav", "text": "a", "language": "en"}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(row), encoding="utf-8")
    options = [
        "-m",
        tmp_path / "manifest.jsonl",
        "--short",
        "--scorer",
        "fake",
        "--models",
        models,
        "-o",
        tmp_path / "report",
    ]
    result = CliRunner().invoke(app, ["evaluate", "control", *map(str, options)])
    assert result.exit_code == 1, result.output
    assert "broken: " in result.stderr
    document = json.loads((tmp_path / "report/results.json").read_text(encoding="utf-8"))
    figures = {entry["metric"]: entry for entry in document["results"]}
    assert figures["gate_failures"]["value"] == len(figures["gate_failures"]["details"]["broken"]) > 0
    assert (tmp_path / "report/index.html").read_text(encoding="utf-8").count("<audio") > 0
    again = CliRunner().invoke(app, ["evaluate", "control", *map(str, options)])
    assert (
        again.exit_code == 1 and json.loads((tmp_path / "report/results.json").read_text(encoding="utf-8")) == document
    )


@pytest.mark.slow
@pytest.mark.models
def test_the_default_models_pass_the_gate_in_short(tmp_path: Path) -> None:
    bundled = Path(speechkit.__file__).parent / "bundled"
    if not all((bundled / name / "config.json").is_file() for name in ("prototypes", "emotion")):
        pytest.skip("the default styles or scorer are not in speechkit/bundled")
    result = CliRunner().invoke(app, ["evaluate", "control", "--short", "--threads", "1", "-o", str(tmp_path / "report")])
    assert result.exit_code == 0, result.output + result.stderr


def test_at_pace_looks_as_often_as_ever() -> None:
    ids = np.arange(10)
    assert at_pace(ids, 1.0).tolist() == ids.tolist()
    assert at_pace(ids, 2.0).tolist() == [1, 3, 5, 7, 9]
    assert at_pace(ids, 0.5).tolist() == np.repeat(ids, 2).tolist()
    assert len(at_pace(ids, 1.14)) == 9 and at_pace(ids[:0], 1.14).tolist() == []
