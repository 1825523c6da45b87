"""Hostile input through the whole dialogue: a typed error or a stated fallback, in time, and the history as it was."""

import time
from pathlib import Path

import numpy as np
import pytest
from thinker.chat_server import ChatServer, patience
from thinker.tiny_thinkers import FakeScorer, FakeTranscriber, ScriptedTextModel

from speechkit.dialogue import Dialogue, ToneSpeaker
from speechkit.errors import SpeechkitError, ThinkerError, ThinkerTimeoutError, ThoughtsError, WaveformError
from speechkit.protocols import Thinker
from speechkit.thinker.cascade import CascadeThinker
from speechkit.thinker.endpoint import EndpointConfig, EndpointThinker
from speechkit.thinker.text_endpoint import EndpointTextModel

NOISE = (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32)


def cascade() -> CascadeThinker:
    return CascadeThinker(ScriptedTextModel(), transcriber=FakeTranscriber("I failed."), scorer=FakeScorer({"sad": 1.0}))


def begun(thinker: Thinker) -> Dialogue:
    """A dialogue with one exchange."""
    talk = Dialogue(thinker=cascade(), speaker=ToneSpeaker())
    talk.turn(text="Hello.")
    talk.thinker = thinker
    return talk


def refuses(talk: Dialogue, kind: type[SpeechkitError], words: str, **turn: object) -> None:
    """The turn raises, nothing is remembered, and the next turn is answered."""
    before = [(turn.role, turn.text) for turn in talk.history.turns]
    with pytest.raises(kind, match=words):
        talk.turn(**turn)  # type: ignore[arg-type]
    assert [(turn.role, turn.text) for turn in talk.history.turns] == before
    talk.thinker = cascade()
    assert talk.turn(text="Still there?").text
    assert len(talk.history.turns) == len(before) + 2


@pytest.mark.parametrize(
    "behaviour, kind, words",
    [
        ("hang", ThinkerTimeoutError, "no byte for"),
        ("drip", ThinkerTimeoutError, "did not finish"),
        ("drop", ThinkerError, "failed 1 times"),
        ("drop_body", ThinkerError, "broke off"),
        ("drop_stream", ThinkerError, "middle of its answer"),
        ("html", ThinkerError, "not a chat completion"),
        ("half_json", ThinkerError, "not a chat completion"),
        ("busy", ThinkerError, "503"),
        ("denied", ThinkerError, "404"),
        ("nothing", ThinkerError, "nothing to say"),
    ],
)
@pytest.mark.parametrize("role", ["thinker", "text model"])
def test_servers_that_misbehave(behaviour: str, kind: type[SpeechkitError], words: str, role: str) -> None:
    with ChatServer(behaviour) as server:
        config = patience(server.url, timeout_seconds=0.3, deadline_seconds=0.6)
        if role == "thinker":
            begin = time.monotonic()
            refuses(begun(EndpointThinker(EndpointConfig(chat=config))), kind, words, text="And now?")
            assert time.monotonic() - begin < 15
        elif behaviour != "nothing":  # an empty answer has a stated fallback there
            thinker = CascadeThinker(EndpointTextModel(config))
            refuses(begun(thinker), kind, words, text="And now?")


def test_a_text_model_that_says_nothing_has_a_stated_fallback() -> None:
    with ChatServer("nothing") as server:
        talk = begun(CascadeThinker(EndpointTextModel(patience(server.url)), scorer=FakeScorer({"sad": 1.0})))
        answer = talk.turn(text="And now?")
    assert {"choice_by_default", "response_fallback"} <= set(answer.problems)
    assert len(answer.speech.samples)


def test_silence_is_a_turn() -> None:
    talk = begun(cascade())
    answer = talk.turn(audio=np.zeros(16000, np.float32), sample_rate=16000)
    assert "nothing_heard" in answer.problems and answer.strategy == "ask"
    assert len(talk.history.turns) == 4


def test_bad_sound() -> None:
    refuses(begun(cascade()), ThinkerError, r"600\.0 s.*nothing is cut", audio=np.zeros(9_600_000, np.float32), sample_rate=16000)
    refuses(begun(cascade()), WaveformError, "NaN", audio=np.full(100, np.nan, np.float32), sample_rate=16000)
    refuses(begun(cascade()), WaveformError, "empty", audio=np.zeros(0, np.float32), sample_rate=16000)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 5000, b"RIFF\x24\x00\x00\x00WAVEfmt ", b"\x00\x00\x00\x18ftypmp42" + b"\x7f" * 3000]
)
def test_corrupt_videos(content: bytes, tmp_path: Path) -> None:
    pytest.importorskip("av")
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    refuses(begun(cascade()), ThinkerError, r"clip\.mp4", video=path)
    refuses(begun(cascade()), ThoughtsError, r"gone\.mp4", video=tmp_path / "gone.mp4")


def test_media_that_the_server_cannot_take(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no video")
    with ChatServer() as server:
        thinker = EndpointThinker(EndpointConfig(chat=patience(server.url)))
        talk = begun(thinker)
        refuses(talk, ThinkerError, "no video by its name", video=tmp_path / "notes.txt")
    refuses(begun(cascade()), ThoughtsError, r"file cannot be read.*gone\.png", text="Look.", image="gone.png")
    picture = tmp_path / "a.png"
    picture.write_bytes(b"not looked at by a cascade")
    answer = begun(cascade()).turn(audio=NOISE, sample_rate=16000, image=[picture, picture])
    assert "images_unseen" in answer.problems
