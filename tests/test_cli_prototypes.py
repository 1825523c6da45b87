"""`speechkit prototypes` and the style options of `decode`, on tiny models."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import Result
from tiny_models import buzz, save_tiny_models, write_wav
from typer.testing import CliRunner

import speechkit
from prototypes.store import bank_report
from prototypes.targets import AXES
from speechkit.cli import app
from speechkit.cli.prototypes import parse_axes
from speechkit.emotion import EmbeddedScorer
from speechkit.emotion.model import EmotionConfig, EmotionNet
from speechkit.errors import StyleError
from speechkit.types import Units
from speechkit.units_file import Utterance, write_units

LEVELS = {"female": 220.0, "male": 110.0, "low": 0.85, "normal": 1.0, "high": 1.2}


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders gender/emotion/pitch/ with one clip each."""
    folder = tmp_path_factory.mktemp("clips")
    for gender, emotion, pitch in product(*AXES.values()):
        place = folder / gender / emotion / pitch
        place.mkdir(parents=True)
        write_wav(place / "a.wav", buzz(LEVELS[gender] * LEVELS[pitch], 0.4, 24000), 24000)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory, clips: Path) -> Path:
    """Tiny models with a bank that the command built."""
    folder = save_tiny_models(tmp_path_factory.mktemp("models"))
    bank = [
        "-o",
        folder / "prototypes",
        "--models",
        folder,
        "--scorer",
        "none",
        "--min-candidates",
        "1",
        "--no-calibrate",
    ]
    assert run("prototypes", "build", clips, *bank).exit_code == 0
    return folder


def test_a_bank_is_built_listed_and_shown(models: Path) -> None:
    rows = json.loads(run("prototypes", "list", "--bank", models / "prototypes", "--json").stdout)
    assert len(rows) == 24 and rows[0]["style"] == "female-neutral-low" and rows[0]["source"].endswith("low/a.wav")
    assert "female-happy-high" in run("prototypes", "list", "--bank", models / "prototypes").stdout
    shown = json.loads(run("prototypes", "show", "happy", "--bank", models / "prototypes").stdout)
    assert len(shown) == 6 and all(len(row["record"]["clips"][0]["sha256"]) == 64 for row in shown)
    assert bank_report(models / "prototypes")["candidates"] == 24
    unknown = run("prototypes", "show", "merry", "--bank", models / "prototypes")
    assert unknown.exit_code == 2 and "female-neutral-low" in unknown.stderr


def test_too_few_clips_are_refused(clips: Path, models: Path, tmp_path: Path) -> None:
    result = run("prototypes", "build", clips, "-o", tmp_path / "bank", "--models", models, "--scorer", "none")
    assert result.exit_code == 2 and "8 candidates" in result.stderr


def test_manifests_and_axes(clips: Path, models: Path, tmp_path: Path) -> None:
    rows = [{"audio": f"female/{mood}/low/a.wav", "mood": mood, "speaker": "ann"} for mood in ("happy", "sad")]
    (clips / "moods.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    options = [
        "--axes",
        "mood=happy,sad",
        "--scorer",
        "none",
        "--min-candidates",
        "1",
        "--no-calibrate",
        "--models",
        models,
    ]
    built = run("prototypes", "build", clips / "moods.jsonl", "-o", tmp_path / "bank", "--speaker", "ann", *options)
    assert built.exit_code == 0, built.stderr
    assert [
        row["style"] for row in json.loads(run("prototypes", "list", "--bank", tmp_path / "bank", "--json").stdout)
    ] == ["happy", "sad"]
    nobody = run("prototypes", "build", clips / "moods.jsonl", "-o", tmp_path / "b", "--speaker", "bob", *options)
    assert nobody.exit_code == 2 and "bob" in nobody.stderr
    with pytest.raises(StyleError, match="axes are given as"):
        parse_axes("gender")


def test_play_writes_a_page_with_every_style(models: Path, clips: Path, tmp_path: Path) -> None:
    audio = next(clips.rglob("*.wav"))
    assert run("prototypes", "play", "--audio", audio, "-o", tmp_path / "page", "--models", models, "-q").exit_code == 0
    assert (tmp_path / "page/index.html").read_text(encoding="utf-8").count("<audio") == 24
    assert len(list((tmp_path / "page/audio").glob("*.flac"))) == 24


@pytest.fixture
def units(models: Path, tmp_path: Path) -> Path:
    kit = speechkit.load(models)
    ids = np.random.default_rng(0).integers(0, kit.decoder.config.num_units, 30)
    write_units(tmp_path / "units.jsonl", [Utterance(id="a", units=Units(ids=ids, codec=kit.decoder.codec))])
    return tmp_path / "units.jsonl"


def spoken(models: Path, units: Path, folder: Path, *options: object) -> np.ndarray:
    result = run("decode", units, "-o", folder, "--models", models, "-q", *options)
    assert result.exit_code == 0, result.stderr
    return speechkit.load_audio(folder / "a.wav")[0]


def test_decode_obeys_the_options_as_the_pipeline_does(models: Path, units: Path, tmp_path: Path) -> None:
    kit = speechkit.load(models)
    ids = next(iter(speechkit.read_units(units))).units
    happy = spoken(
        models,
        units,
        tmp_path / "happy",
        "--gender",
        "male",
        "--emotion",
        "happy",
        "--pitch",
        "high",
        "--intensity",
        "1.2",
    )
    wanted = kit.decode(ids, speechkit.Style(gender="male", emotion="happy", pitch="high"), intensity=1.2)
    np.testing.assert_allclose(happy, wanted.samples, atol=1e-4)
    mixed = spoken(models, units, tmp_path / "mixed", "--style", "0.7*sad+0.3*neutral")
    np.testing.assert_allclose(mixed, kit.decode(ids, kit.styles.mix({"sad": 0.7, "neutral": 0.3})).samples, atol=1e-4)
    assert not np.allclose(happy, mixed)


@pytest.mark.parametrize(
    "options, words",
    [
        (("--emotion", "merry"), "neutral, happy, sad, angry"),
        (("--emotion", "sad", "--voice", "male"), "not both"),
        (("--style", "0.7*"), "0.7*sad+0.3*neutral"),
        (("--emotion", "sad", "--intensity", "3"), "intensity"),
    ],
)
def test_mistakes_are_told(models: Path, units: Path, tmp_path: Path, options: tuple[str, ...], words: str) -> None:
    result = run("decode", units, "-o", tmp_path / "out", "--models", models, *options)
    assert result.exit_code == 2 and words in " ".join(result.stderr.split())


def test_styles_need_a_bank(units: Path, tmp_path: Path) -> None:
    bare = save_tiny_models(tmp_path / "bare")
    result = run("decode", units, "-o", tmp_path / "out", "--models", bare, "--emotion", "sad", "--any-codec")
    assert result.exit_code == 2 and "speechkit prototypes build" in result.stderr


def test_a_bank_is_carried_and_tuned(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speechkit.prototyping.settle", lambda bank, *_: bank)  # an untrained decoder has no pitch
    torch.manual_seed(0)
    EmbeddedScorer(EmotionNet(EmotionConfig(width=8, members=1))).save(tmp_path / "judge", card="A judge.")
    new = run("prototypes", "carry", models / "prototypes", "-o", tmp_path / "carried", "--models", models)
    assert new.exit_code == 0, new.stderr
    asked: list[int] = []
    monkeypatch.setattr("speechkit.prototyping.calibrate", lambda bank, *_: asked.append(len(bank)) or bank)
    anew = run("prototypes", "carry", models / "prototypes", "-o", tmp_path / "anew", "--calibrate", "--models", models)
    assert anew.exit_code == 0 and asked, anew.stderr
    told = ["--judge", tmp_path / "judge", "--rounds", "1", "--models", models]
    tuned = run("prototypes", "tune", tmp_path / "carried", "-o", tmp_path / "tuned", *told)
    assert tuned.exit_code == 0 and "female-happy round 1" in tuned.stderr
    assert "energy_range" in (tmp_path / "tuned" / "README.md").read_text()
