"""`speechkit evaluate`: what a user types, and the exit codes."""

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from prototypes.voices import Voice, write_voices
from speechkit.cli import app
from speechkit.cli.evaluate_options import recordings_in, shared_out
from speechkit.errors import ManifestError
from speechkit.pipeline import Speechkit
from u2s import U2S

runner = CliRunner()


@pytest.fixture(scope="module")
def models(kit: Speechkit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    kit.encoder.save(folder / "s2u", card="tiny")
    kit.decoder.save(folder / "u2s", card="tiny")
    fingerprint = U2S.load(folder / "u2s").fingerprint
    write_voices(folder / "u2s", {"female": Voice(style=kit.voices["female"])}, decoder=fingerprint)
    return folder


def test_tokenizer_resynthesis_and_compare(models: Path, corpus: Path, tmp_path: Path) -> None:
    shared = ["-m", str(corpus), "--limit", "2", "--models", str(models), "--json"]
    found = runner.invoke(app, ["evaluate", "tokenizer", *shared, "-o", str(tmp_path / "t")])
    assert found.exit_code == 0, found.output
    summary = json.loads(found.stdout.strip().splitlines()[-1])
    assert summary["suite"] == "tokenizer"
    assert summary["values"]["nominal_bit_rate"] == 300
    kept: list[set[str]] = []
    for name in "ab":
        listen = ["--asr", "fake:hello world", "--quality", "fake", "-o", str(tmp_path / name)]
        listen += ["--speaker", "fake", "--target", str(corpus.parent), "--cache", str(tmp_path / "heard")]
        found = runner.invoke(app, ["evaluate", "resynthesis", *shared, *listen])
        assert found.exit_code == 0, found.output
        kept.append({path.name for path in (tmp_path / "heard").rglob("*.json")})
    assert len(kept[0]) >= 12 + 3 + 3  # the target's voices, and what was heard on both sides
    assert kept[1] == kept[0]
    found = runner.invoke(
        app, ["evaluate", "compare", str(tmp_path / "a"), str(tmp_path / "b"), "-o", str(tmp_path / "c")]
    )
    assert found.exit_code == 0, found.output
    assert "no clear difference" in found.stdout
    assert (tmp_path / "c/index.html").exists()


def test_several_manifests_are_one_set(models: Path, corpus: Path, tmp_path: Path) -> None:
    shutil.copytree(corpus.parent, tmp_path / "other")
    both = ["-m", str(corpus), "-m", str(tmp_path / "other" / corpus.name), "--limit", "1", "--models", str(models)]
    found = runner.invoke(app, ["evaluate", "tokenizer", *both, "-o", str(tmp_path / "t"), "--quiet"])
    assert found.exit_code == 0, found.output
    rows = (tmp_path / "t" / "items.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(row)["id"].split("/")[0] for row in rows} == {corpus.parent.name, "other"}
    found = runner.invoke(app, ["evaluate", "tokenizer", "-m", str(corpus), "-m", str(corpus), "-o", str(tmp_path / "u")])
    assert found.exit_code == 2 and "same name" in found.output


def test_user_errors_exit_with_2(corpus: Path, tmp_path: Path) -> None:
    wrong = [
        ["affect", "-m", str(tmp_path / "none.jsonl"), "-o", str(tmp_path / "x")],
        ["affect", "-m", str(corpus), "-o", str(tmp_path / "y")],  # all rows are skipped
        ["emotion", "-m", str(corpus), "--split", "nothing", "-o", str(tmp_path / "z")],
        ["tts", "-m", str(corpus), "--asr", "ear", "-o", str(tmp_path / "w")],
        ["dialogue", "-m", str(corpus), "--judge", "oracle", "-o", str(tmp_path / "v")],
        ["compare", str(tmp_path), str(tmp_path)],
        ["resynthesis", "-m", str(corpus), "--target", str(corpus), "-o", str(tmp_path / "u")],
    ]
    for arguments in wrong:
        found = runner.invoke(app, ["evaluate", *arguments])
        assert found.exit_code == 2, (arguments, found.output)
        assert "Traceback" not in found.output


def test_items_and_threads_share_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert [shared_out(None, None), shared_out(1, None), shared_out(1, 6)] == [(4, 1), (1, 1), (1, 6)]
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert [shared_out(*wish) for wish in ((None, None), (None, 1), (2, None), (3, 5), (16, None))] == [
        (4, 2), (1, 1), (2, 4), (3, 5), (16, 1)
    ]  # fmt: skip


def test_recordings_of_a_voice(corpus: Path, tmp_path: Path) -> None:
    assert recordings_in(None) == []
    assert len(recordings_in(corpus.parent)) == 12
    (clip,) = recordings_in(corpus.parent / "clip03.wav")
    assert clip.sample_rate == 16000
    with pytest.raises(ManifestError, match="no recordings"):
        recordings_in(tmp_path)


def test_ctrl_c_says_how_to_go_on(corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("speechkit.evaluation.suites.tts.TTSSuite.measure", interrupted)
    found = runner.invoke(app, ["evaluate", "tts", "-m", str(corpus), "-o", str(tmp_path / "r")])
    assert found.exit_code == 130
    assert "Run the same command again" in found.output
