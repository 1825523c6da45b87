"""`speechkit chat`: one turn, a conversation, a session said again. Tiny models, a voice of tones, no language model."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile
from click.testing import Result
from tiny_models import buzz, save_tiny_models, write_wav
from typer.testing import CliRunner

from speechkit.cli import app, chat
from speechkit.dialogue import SilentSpeaker, ToneSpeaker
from speechkit.types import Speech

RUNNER = CliRunner()
BARE = ("--thinker", "cascade:template", "--scorer", "none", "--asr", "fake:I failed.")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(autouse=True)
def tones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "_speaker", lambda kit, silent: SilentSpeaker() if silent else ToneSpeaker())


@pytest.fixture
def question(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "question.wav", buzz(200.0), 24000)


def run(*arguments: object, input: str | None = None) -> Result:
    result = RUNNER.invoke(app, ["chat", *[str(argument) for argument in arguments]], input=input)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def facts_of(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_turn_with_sound(models: Path, question: Path, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "answer.wav"
    result = run("--audio", question, "-o", path, "--show-thoughts", "--models", models, *BARE)
    assert result.exit_code == 0, result.stderr
    words = result.stdout
    for label in ("heard", "perception", "intent", "strategy", "instruction", "style"):
        assert f"  {label}" in words
    assert "I failed." in words and words.splitlines()[-1] == "Here is what I can tell you."
    assert soundfile.info(path).samplerate == 24000
    (facts,) = facts_of(run("--text", "Hi there", "--gender", "male", "--json", "--models", models, *BARE))
    assert facts["style"] == {"gender": "male", "emotion": "neutral", "pitch": "normal", "speed": "normal"}
    assert facts["strategy"] == "inform" and facts["output"] is None and facts["speech_seconds"] > 0
    assert "response_fallback" in facts["problems"] and facts["thoughts"]["response"] == facts["text"]


def test_a_conversation_is_saved_and_said_again(models: Path, question: Path, tmp_path: Path) -> None:
    session = tmp_path / "session.jsonl"
    lines = ["Hello.", f'/audio "{question}" listen', "", "/nonsense", "/audio gone.wav", "/save", "/style male", "/style",
             "/style robot", "/thoughts", "And now?", "/help", f"/save {session}", "/quit", "never read"]  # fmt: skip
    result = run("-o", tmp_path / "out", "--models", models, *BARE, input="\n".join(lines))
    assert result.exit_code == 0
    for words in ("no command /nonsense", "gone.wav", "/save FILE", "gender is 'female' or 'male'"):
        assert words in result.stderr
    assert "voice: male" in result.stdout and "  strategy" in result.stdout and "Ctrl-D" in result.stdout
    files = sorted((tmp_path / "out").glob("*.wav"))
    assert [path.name for path in files] == ["answer_001.wav", "answer_002.wav", "answer_003.wav"]
    again = run("--replay", session, "-o", tmp_path / "again", "--json", "--models", models)
    assert [row["identical"] for row in facts_of(again)] == [True] * 3
    for path in files:
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
    said = run("--replay", session, "--show-thoughts", "--models", models)
    assert "you: Hello." in said.stdout and "  strategy" in said.stdout
    silent = run("--replay", session, "--silent", "--models", models)
    assert silent.exit_code == 0


def test_a_session_of_another_voice_is_told(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = tmp_path / "session.jsonl"
    facts = facts_of(run("--json", "--save", session, "--models", models, *BARE, input="Hello.\nBye."))
    assert len(facts) == 2 and session.read_text(encoding="utf-8").count("\n") == 2

    class Louder(ToneSpeaker):
        def speak(self, line: Any) -> Iterator[Speech]:
            for speech in super().speak(line):
                yield Speech(samples=2 * speech.samples, sample_rate=speech.sample_rate)

    monkeypatch.setattr(chat, "_speaker", lambda kit, silent: Louder())
    result = run("--replay", session, "--models", models)
    assert result.exit_code == 2 and "2 of the answers sound different" in result.stderr


def test_ctrl_c_breaks_into_an_answer(models: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Interrupted(ToneSpeaker):
        def speak(self, line: Any) -> Iterator[Speech]:
            yield next(iter(super().speak(line)))
            raise KeyboardInterrupt

    monkeypatch.setattr(chat, "_speaker", lambda kit, silent: Interrupted())
    session = tmp_path / "session.jsonl"
    result = run("--save", session, "--models", models, *BARE, input="Hello.\n")
    assert result.exit_code == 0 and "(interrupted)" in result.stderr
    assert '"interrupted":true' in session.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--audio", "gone.wav"], "gone.wav"),
        (["--text", "hi", "--thinker", "nonsense"], "no thinker"),
        (["--text", "hi", "--gender", "robot", "--scorer", "none"], "gender"),
        (["--text", "hi", *BARE, "--modality", "video"], "nothing to see"),
        (["--text", "hi", *BARE, "--modality", "smell"], "first-frame"),
        (["--replay", "gone.jsonl"], "cannot be read"),
        (["--text", "hi", "--thinker", "replay:gone.jsonl"], "cannot be read"),
    ],
)
def test_mistakes_are_explained(arguments: list[str], words: str, models: Path) -> None:
    result = run(*arguments, "--models", models)
    assert result.exit_code == 2 and words in result.stderr, result.stderr


def test_help() -> None:
    result = run("--help")
    assert result.exit_code == 0 and "--show-thoughts" in result.stdout
