"""The commands: what they read, write, print and exit with. Tiny untrained models."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import Result
from tiny_models import buzz, save_tiny_models, write_wav
from typer.testing import CliRunner

import speechkit
from speechkit.cli import app
from speechkit.types import Units
from speechkit.units_file import Utterance, read_units, write_units

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """a.wav: 24 kHz, 1 s; deep/b.flac: 16 kHz, 2 s; notes.txt."""
    folder = tmp_path / "clips"
    (folder / "deep").mkdir(parents=True)
    write_wav(folder / "a.wav", buzz(200.0), 24000)
    write_wav(folder / "deep" / "b.flac", buzz(120.0, 2.0, 16000), 16000)
    (folder / "notes.txt").write_text("not audio, not looked at")
    return folder


def run(*arguments: object, input: bytes | None = None) -> Result:
    result = RUNNER.invoke(app, [str(argument) for argument in arguments], input=input)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.fixture
def units(clips: Path, models: Path, tmp_path: Path) -> Path:
    path = tmp_path / "units.jsonl"
    assert run("encode", clips, "-o", path, "--models", models, "--quiet").exit_code == 0
    return path


def test_encode_a_folder_says_what_it_did(clips: Path, models: Path, tmp_path: Path) -> None:
    path = tmp_path / "units.jsonl"
    result = run("encode", clips, "-o", path, "--models", models, "--json", "--margins", "--threads", 1)
    assert result.exit_code == 0
    rows = list(read_units(path))
    assert [(row.id, len(row.units), row.units.num_samples) for row in rows] == [("a", 25, 16000), ("deep/b", 50, 32000)]
    assert rows[0].units.margins is not None
    summary = json.loads(result.stdout)
    assert summary["encoded"] == 2 and summary["speech_seconds"] == 3.0 and summary["failed"] == []
    assert summary["notes"] == {"resampled 24000 Hz to 16000 Hz": 1} and "resampled" in result.stderr


def test_encode_equals_the_library(clips: Path, models: Path, units: Path) -> None:
    waveform, rate = soundfile.read(clips / "a.wav", dtype="float32")
    kit = speechkit.load(models)
    assert next(read_units(units)).units == kit.encode(speechkit.resample(waveform, rate, 16000), 16000)


def test_encode_from_globs_and_standard_input(clips: Path, models: Path) -> None:
    text = run("encode", clips / "**" / "*.flac", "--format", "text", "--models", models)
    (row,) = read_units(io.BytesIO(text.stdout_bytes))
    assert row.id == "b" and len(row.units) == 50
    piped = run("encode", "-", "--models", models, input=(clips / "deep" / "b.flac").read_bytes())
    (same,) = read_units(io.BytesIO(piped.stdout_bytes))
    assert same.id == "stdin" and same.units.ids.tolist() == row.units.ids.tolist()


def test_packed_and_equal_names(clips: Path, models: Path, tmp_path: Path) -> None:
    path = tmp_path / "u.bin"
    assert run("encode", clips / "a.wav", clips / "a.wav", "-o", path, "--format", "packed", "--models", models).exit_code == 0
    assert [row.id for row in read_units(path)] == ["a", "a-2"]


def test_decode_writes_a_file_a_row(units: Path, models: Path, tmp_path: Path) -> None:
    result = run("decode", units, "-o", tmp_path / "out", "--voice", "male", "--models", models, "--json", "--seed", 5)
    assert result.exit_code == 0 and json.loads(result.stdout)["first_piece_seconds"] > 0
    samples, rate = soundfile.read(tmp_path / "out" / "deep" / "b.wav", dtype="int16")
    assert rate == 24000 and len(samples) == 50 * 960
    row = list(read_units(units))[1]
    kit = speechkit.load(models)
    expected = speechkit.waveform.to_int16(kit.decode(row.units, "male", seed=5).samples)  # type: ignore[attr-defined]
    np.testing.assert_array_equal(samples, expected)


def test_stream_to_standard_output_is_the_same_sound(units: Path, models: Path, tmp_path: Path) -> None:
    run("decode", units, "-o", tmp_path / "out", "--models", models)
    piped = run("decode", units, "--stream", "--models", models)
    samples, rate = soundfile.read(io.BytesIO(piped.stdout_bytes), dtype="int16")
    files = [soundfile.read(tmp_path / "out" / name, dtype="int16")[0] for name in ("a.wav", "deep/b.wav")]
    assert rate == 24000
    np.testing.assert_array_equal(samples, np.concatenate(files))


def test_controls_reach_the_decoder(units: Path, models: Path, tmp_path: Path) -> None:
    assert run("decode", units, "-o", tmp_path, "--speed", 2, "--format", "flac", "--models", models).exit_code == 0
    assert soundfile.info(tmp_path / "deep" / "b.flac").frames == 25 * 960
    refused = run("decode", units, "-o", tmp_path, "--speed", 9, "--models", models)
    assert refused.exit_code == 2 and "speed must lie in [0.25, 4]" in refused.stderr


def test_convert_to_a_file_and_to_a_folder(clips: Path, models: Path, tmp_path: Path) -> None:
    one = run("convert", clips / "a.wav", "--reference", clips / "deep" / "b.flac", "-o", tmp_path / "as.flac", "--models", models)
    assert one.exit_code == 0 and soundfile.info(tmp_path / "as.flac").frames == 25 * 960
    many = run("convert", clips, "--voice", "male", "-o", tmp_path / "as", "--models", models)
    assert many.exit_code == 0 and (tmp_path / "as" / "deep" / "b.wav").exists()
    assert run("convert", clips, "-o", tmp_path / "as.wav", "--models", models).exit_code == 2


def test_convert_never_overwrites_the_recording(clips: Path, models: Path) -> None:
    before = (clips / "a.wav").read_bytes()
    result = run("convert", clips, "-o", clips, "--models", models)
    assert result.exit_code == 2 and "the recording itself" in result.stderr
    assert (clips / "a.wav").read_bytes() == before


def test_ids_cannot_leave_the_folder(models: Path, tmp_path: Path) -> None:
    rows = [Utterance(id=id, units=Units(ids=np.arange(5))) for id in ("../out", "/tmp/out", "fine", "")]
    write_units(tmp_path / "u.jsonl", rows)
    result = run("decode", tmp_path / "u.jsonl", "-o", tmp_path / "in", "--models", models)
    assert result.exit_code == 2 and result.stderr.count("leads out of the folder") == 2
    assert sorted(path.name for path in tmp_path.rglob("*.wav")) == ["fine.wav", "utterance.wav"]


def test_info_of_everything(units: Path, models: Path, clips: Path) -> None:
    facts = json.loads(run("info", units, "--json").stdout)
    assert facts["rows"] == 2 and facts["units"] == 75 and facts["bits per second"] == 300.0 and facts["format"] == "jsonl"
    both = run("info", models).stdout
    assert "female, male" in both and speechkit.load(models).encoder.fingerprint in both
    assert "tiny untrained decoder" in run("info", models / "u2s").stdout
    assert "WAV PCM_16" in run("info", clips / "a.wav").stdout
    assert run("info", clips).exit_code == 2


def test_doctor_measures_and_says_what_is_missing(models: Path, tmp_path: Path) -> None:
    report = json.loads(run("doctor", "--models", models, "--json").stdout)
    assert report["main job"]["works"] and report["main job"]["decode real-time factor"] > 0
    broken = run("doctor", "--models", tmp_path)
    assert broken.exit_code == 2 and "s2u/" in broken.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["encode", "a.wav", "--json"], "cannot share standard output"),
        (["encode", "a.wav", "-o", "u.txt", "--format", "text", "--margins"], "jsonl only"),
        (["decode", "u.jsonl"], "say where the speech goes"),
        (["decode", "u.jsonl", "--stream", "--json"], "cannot share standard output"),
        (["decode", "u.jsonl", "-o", "out", "--seed", "-1"], "--seed"),
    ],
)
def test_contradictory_options_are_explained(arguments: list[str], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2 and words in " ".join(result.stderr.split())


def test_voice_and_reference_exclude_each_other(units: Path, models: Path, clips: Path, tmp_path: Path) -> None:
    both: list[Any] = ["--voice", "male", "--reference", clips / "a.wav"]
    result = run("decode", units, *both, "-o", tmp_path, "--models", models)
    assert result.exit_code == 2 and "not both" in result.stderr
    unknown = run("decode", units, "--voice", "alto", "-o", tmp_path, "--models", models)
    assert unknown.exit_code == 2 and unknown.stderr.count("\n") == 1 and "female, male" in unknown.stderr


@pytest.mark.parametrize("command", ["", "encode", "decode", "convert", "info", "doctor", "demo", "chat"])
def test_help_shows_examples(command: str) -> None:
    result = run(*command.split(), "--help")
    assert result.exit_code == 0 and "speechkit" in result.stdout and len(result.stdout.splitlines()) > 8
    assert run("--version").stdout == f"speechkit {speechkit.__version__}\n"
