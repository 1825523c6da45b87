"""Bad input: each gives the right result, or one line that says what to do and exit code 2; never a traceback."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import Result
from tiny_models import buzz, save_tiny_models, write_wav
from typer.testing import CliRunner

from speechkit.cli import app
from speechkit.units_file import read_units, write_units

RUNNER = CliRunner()
TONE = buzz(150.0, 1.0, 16000)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_models(tmp_path_factory.mktemp("models"))


def run(*arguments: object) -> Result:
    result = RUNNER.invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.stderr
    return result


def encoded(path: Path, models: Path) -> int:
    """Number of units of a recording, which must work."""
    target = path.with_suffix(".jsonl")
    result = run("encode", path, "-o", target, "--models", models)
    assert result.exit_code == 0, result.stderr
    (row,) = read_units(target)
    return len(row.units)


def refused(words: str, *arguments: object) -> None:
    """One clear line, exit code 2, nothing else."""
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr and result.stderr.count("\n") == 1 and result.stderr.startswith("error: ")


def test_one_sample(models: Path, tmp_path: Path) -> None:
    assert encoded(write_wav(tmp_path / "x.wav", TONE[:1]), models) == 1


def test_silence(models: Path, tmp_path: Path) -> None:
    assert encoded(write_wav(tmp_path / "x.wav", np.zeros(16000, np.float32)), models) == 25


def test_eight_bits(models: Path, tmp_path: Path) -> None:
    assert encoded(write_wav(tmp_path / "x.wav", TONE, subtype="PCM_U8"), models) == 25


def test_float64(models: Path, tmp_path: Path) -> None:
    assert encoded(write_wav(tmp_path / "x.wav", TONE.astype(np.float64), subtype="DOUBLE"), models) == 25


def test_seven_channels_are_averaged_and_it_is_said(models: Path, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", np.repeat(TONE[:, None], 7, axis=1))
    assert encoded(path, models) == 25
    assert "averaged 7 channels" in run("encode", path, "-o", tmp_path / "u.jsonl", "--models", models).stderr
    refused("no channel 7", "encode", path, "--channel", 7, "-o", tmp_path / "u.jsonl", "--models", models)


def test_three_kilohertz_are_resampled_and_it_is_said(models: Path, tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", buzz(150.0, 1.0, 3000), 3000)
    assert encoded(path, models) == 25
    assert "nothing above 1500 Hz" in run("encode", path, "-o", tmp_path / "u.jsonl", "--models", models).stderr


def test_not_a_number(models: Path, tmp_path: Path) -> None:
    broken = TONE.copy()
    broken[77] = np.nan
    path = write_wav(tmp_path / "x.wav", broken, subtype="FLOAT")
    refused("NaN", "encode", path, "-o", tmp_path / "u.jsonl", "--models", models)
    refused(str(path), "convert", path, "-o", tmp_path / "y.wav", "--models", models)
    assert not (tmp_path / "u.jsonl").exists() and not (tmp_path / "y.wav").exists()


def test_files_that_are_no_recordings(models: Path, tmp_path: Path) -> None:
    (tmp_path / "zero.wav").touch()
    (tmp_path / "text.wav").write_text("It was a bright cold day.")
    (tmp_path / "folder").mkdir()
    cut = write_wav(tmp_path / "cut.wav", TONE).read_bytes()[:9000]
    (tmp_path / "cut.wav").write_bytes(cut)
    write_wav(tmp_path / "header.wav", TONE[:0])
    for name, words in {
        "zero.wav": "empty (0 bytes)",
        "text.wav": "not an audio file",
        "folder": "is a folder",
        "missing.wav": "does not exist",
        "cut.wav": "truncated",
        "header.wav": "holds no samples",
        "*.flac": "does not exist",
    }.items():
        refused(words, "encode", tmp_path / name, "-o", tmp_path / "u.jsonl", "--models", models)


def test_a_batch_goes_on_and_names_what_failed(models: Path, tmp_path: Path) -> None:
    for name in ("a", "c"):
        write_wav(tmp_path / f"{name}.wav", TONE)
    (tmp_path / "b.wav").write_text("no")
    result = run("encode", tmp_path, "-o", tmp_path / "u.jsonl", "--models", models, "--json")
    assert result.exit_code == 2
    assert [row.id for row in read_units(tmp_path / "u.jsonl")] == ["a", "c"]
    assert result.stderr.splitlines()[-1] == f"failed 1 of 3: {tmp_path / 'b.wav'}"
    assert json.loads(result.stdout)["failed"][0]["error"] == "AudioFileError"
    refused("b.wav", "encode", tmp_path, "-o", tmp_path / "f.jsonl", "--models", models, "--fail-fast")
    assert not (tmp_path / "f.jsonl").exists()


def test_units_of_another_codec(models: Path, tmp_path: Path) -> None:
    other = save_tiny_models(tmp_path / "other", seed=1)
    run("encode", write_wav(tmp_path / "x.wav", TONE), "-o", tmp_path / "u.jsonl", "--models", other)
    refused("made by codec", "decode", tmp_path / "u.jsonl", "-o", tmp_path / "out", "--models", models)
    assert run("decode", tmp_path / "u.jsonl", "-o", tmp_path / "out", "--models", models, "--any-codec").exit_code == 0


def test_unit_4096(models: Path, tmp_path: Path) -> None:
    (tmp_path / "u.txt").write_text("<|speech_17|><|speech_4096|>\n")
    refused("4096", "decode", tmp_path / "u.txt", "-o", tmp_path / "out", "--models", models)


def test_truncated_units_file(models: Path, tmp_path: Path) -> None:
    for format in ("jsonl", "packed"):
        path = tmp_path / f"u.{format}"
        run("encode", write_wav(tmp_path / "x.wav", TONE), "-o", path, "--format", format, "--models", models)
        path.write_bytes(path.read_bytes()[:50])
        refused("damaged", "decode", path, "-o", tmp_path / "out", "--models", models)
    refused("No such file", "decode", tmp_path / "none.jsonl", "-o", tmp_path / "out", "--models", models)


def test_reduced_units_are_not_spoken_by_accident(models: Path, tmp_path: Path) -> None:
    run("encode", write_wav(tmp_path / "x.wav", TONE), "-o", tmp_path / "u.jsonl", "--models", models)
    write_units(tmp_path / "r.jsonl", read_units(tmp_path / "u.jsonl"), reduced=True)
    refused("no durations", "decode", tmp_path / "r.jsonl", "-o", tmp_path / "out", "--models", models)


@pytest.mark.parametrize(("seconds", "level", "words"), [(0.1, 1.0, "at least 0.3 s"), (1.0, 0.0, "silent")])
def test_a_reference_that_shows_no_voice(seconds: float, level: float, words: str, models: Path, tmp_path: Path) -> None:
    clip = write_wav(tmp_path / "clip.wav", level * buzz(150.0, seconds))
    run("encode", write_wav(tmp_path / "x.wav", TONE), "-o", tmp_path / "u.jsonl", "--models", models)
    refused(words, "decode", tmp_path / "u.jsonl", "--reference", clip, "-o", tmp_path / "out", "--models", models)


def test_places_that_cannot_be_written(models: Path, tmp_path: Path) -> None:
    clip = write_wav(tmp_path / "x.wav", TONE)
    refused("cannot write", "encode", clip, "-o", tmp_path / "none" / "u.jsonl", "--models", models)
    refused("cannot make the folder", "convert", clip, "-o", clip / "below", "--models", models)


HOUR = """
    import sys, re
    from typer.testing import CliRunner
    from speechkit.cli import app

    def peak():
        return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) // 1024

    models, minute, hour = sys.argv[1:]
    for name in (minute, hour):
        for job in (["encode", name, "-o", name + ".jsonl"], ["decode", name + ".jsonl", "-o", name + ".wav"]):
            assert CliRunner().invoke(app, [*job, "--models", models]).exit_code == 0
        print(peak())
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_an_hour_needs_no_more_memory_than_a_minute(models: Path, tmp_path: Path) -> None:
    for name, minutes in (("minute.flac", 1), ("hour.flac", 60)):
        with soundfile.SoundFile(tmp_path / name, "w", samplerate=16000, channels=1, subtype="PCM_16") as file:
            for _ in range(minutes):
                file.write(np.tile(TONE, 60))
    command = [sys.executable, "-c", textwrap.dedent(HOUR), str(models), str(tmp_path / "minute.flac"), str(tmp_path / "hour.flac")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    minute, hour = map(int, done.stdout.split())
    assert hour - minute < 60  # megabytes; the waveform alone has 230, the speech 345
    (row,) = read_units(tmp_path / "hour.flac.jsonl")
    assert len(row.units) == 90000
