"""`speechkit say` end to end with tiny models."""

import io
import json
import wave
from pathlib import Path

import pytest
import soundfile
import torch
from tiny_models import save_tiny_models
from typer.testing import CliRunner

from speechkit.cli import app, player
from speechkit.direction import TEMPO
from speechkit.pipeline import load
from speechkit.talker import Talker, TalkerConfig
from u2s.pace import Pace


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = save_tiny_models(tmp_path_factory.mktemp("models"))
    torch.manual_seed(1)
    config = TalkerConfig(width=16, layers=1, heads=2, feed_forward=24, longest_hold=4, codec=load(folder).decoder.codec)
    Talker(config).save(folder / "talker", card="Tiny.")
    return folder


def run(*arguments: object, code: int = 0, text: str | None = None):
    result = CliRunner().invoke(app, ["say", *map(str, arguments)], input=text)
    assert result.exit_code == code, result.output
    return result


def test_to_a_file_with_a_summary(models: Path, tmp_path: Path) -> None:
    result = run("Hi. Bye.", "--gender", "male", "--seed", 4, "--models", models, "-o", tmp_path / "a.wav", "--json")
    summary = json.loads(result.stdout)
    assert summary["style"]["gender"] == "male" and summary["finish_reason"] == "end" and summary["seed"] == 4
    samples, rate = soundfile.read(tmp_path / "a.wav")
    assert rate == 24000 and len(samples) == 480 * Pace.of(TEMPO).spoken_before(2 * summary["units"])


def test_a_file_says_what_the_text_says(models: Path, tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text("Hi. Bye.", encoding="utf-8")
    run("--file", tmp_path / "story.txt", "--models", models, "-o", tmp_path / "a.wav")
    run("-", "--models", models, "-o", tmp_path / "b.wav", text="Hi. Bye.")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_streamed(models: Path, tmp_path: Path) -> None:
    run("Hi.", "--models", models, "-o", tmp_path / "a.wav")
    streamed = run("Hi.", "--models", models, "--stream").stdout_bytes
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert streamed[44:] == samples.astype("<i2").tobytes()


def test_nothing_to_say_is_said(models: Path, tmp_path: Path) -> None:
    result = run("…", "--models", models, "-o", tmp_path / "a.wav", "--json")
    assert json.loads(result.stdout)["finish_reason"] == "empty"


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["-o", "a.wav"], "say what"),
        (["Hi.", "--file", "b.txt", "-o", "a.wav"], "say what"),
        (["Hi."], "say where"),
        (["Hi.", "--emotion", "merry", "-o", "a.wav"], "emotion is one of neutral, happy, sad, angry"),
        (["--file", "missing.txt", "-o", "a.wav"], "not a readable UTF-8 text"),
        (["Hi.", "--stream", "--json"], "cannot share standard output"),
    ],
)
def test_mistakes_are_explained(models: Path, arguments: list[str], words: str) -> None:
    assert words in " ".join(run(*arguments, "--models", models, code=2).output.split())


def test_played(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = tmp_path / "heard.wav"
    monkeypatch.setattr(player, "PLAYERS", (("nothing-of-this-name",), ("dd", f"of={heard}", "status=none")))
    run("Hi.", "--models", models, "--play")
    content = heard.read_bytes()
    assert content[:4] == b"RIFF" and len(content) > 44
    with wave.open(io.BytesIO(content)) as file:
        assert file.getframerate() == 24000
    monkeypatch.setattr(player, "PLAYERS", (("nothing-of-this-name",),))
    assert "--play needs one of" in run("Hi.", "--models", models, "--play", code=2).output
