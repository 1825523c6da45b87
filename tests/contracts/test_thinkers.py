"""One contract for every thinker: the same turns, the same promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from thinker.chat_server import ChatServer, patience
from thinker.tiny_thinkers import FakeScorer, FakeTranscriber, tiny_lm, tiny_omni

from speechkit.errors import ThinkerError, ThoughtsError, WaveformError
from speechkit.protocols import Direction, Reply, Thinker, Thoughts, Turn
from speechkit.thinker.answers import check_turns, make_reply
from speechkit.thinker.cascade import CascadeConfig, CascadeThinker
from speechkit.thinker.endpoint import EndpointConfig, EndpointThinker
from speechkit.thinker.formats import parse_thoughts, serialise_thoughts
from speechkit.thinker.records import record_line, reply_from_dict, reply_to_dict
from speechkit.thinker.replay import RecordingThinker, ReplayThinker
from speechkit.thinker.strategies import HEADER_EMOTIONS, HEADER_PITCHES, HEADER_SPEEDS, STRATEGIES

NOISE = (0.1 * np.random.default_rng(0).standard_normal(16000)).astype(np.float32)
CONVERSATIONS: dict[str, list[Turn]] = {
    "text": [Turn(text="I failed the exam.")],
    "chinese": [Turn(text="我考试没过。", language="zh")],
    "sound": [Turn(audio=NOISE, sample_rate=16000, text="What do you hear?")],
    "history": [
        Turn(role="system", text="Be brief."),
        Turn(text="Hello"),
        Turn(role="assistant", text="Hi."),
        Turn(audio=NOISE[:8000], sample_rate=8000),
    ],
}


class FakeThinker:
    """Echoes: the smallest thing that keeps the contract."""

    name = "fake"

    def reply(self, turns: Sequence[Turn]) -> Reply:
        last = check_turns(turns)
        thoughts = Thoughts(response_strategy="Chat.", response=last.text or "I heard you.")
        direction = Direction(strategy="chat", instruction="Speak.", style=STRATEGIES["chat"].style)
        return make_reply(thoughts, thinker=self.name, direction=direction)

    def stream(self, turns: Sequence[Turn]) -> Iterator[str | Reply]:
        reply = self.reply(turns)
        yield serialise_thoughts(reply.thoughts)
        yield reply


def _cascade(tmp_path: Path) -> Thinker:
    from speechkit.thinker.text_model import WritingConfig
    from speechkit.thinker.text_transformers import TransformersTextModel

    return CascadeThinker(
        TransformersTextModel(*tiny_lm(), WritingConfig(max_new_tokens=8)),
        transcriber=FakeTranscriber("I am lost."),
        scorer=FakeScorer({"sad": 0.7, "neutral": 0.3}),
        config=CascadeConfig(),
    )


def _qwen_omni(tmp_path: Path) -> Thinker:
    from speechkit.thinker.qwen_omni import QwenOmniConfig, QwenOmniThinker

    return QwenOmniThinker(*tiny_omni(), QwenOmniConfig(max_new_tokens=6))


def _replay(tmp_path: Path) -> Thinker:
    recorder = RecordingThinker(FakeThinker(), tmp_path / "session.jsonl")
    for turns in CONVERSATIONS.values():
        recorder.reply(turns)
    return ReplayThinker(tmp_path / "session.jsonl")


BACKENDS: dict[str, Callable[[Path], Thinker]] = {
    "fake": lambda tmp_path: FakeThinker(),
    "recording": lambda tmp_path: RecordingThinker(FakeThinker(), tmp_path / "a.jsonl"),
    "replay": _replay,
    "cascade": _cascade,
    "endpoint": lambda tmp_path: pytest.fail("made by the fixture"),
    "qwen-omni": _qwen_omni,
}


@pytest.fixture(scope="module", params=sorted(BACKENDS))
def thinker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thinker]:
    if request.param != "endpoint":
        yield BACKENDS[request.param](tmp_path_factory.mktemp(request.param))
        return
    with ChatServer() as server:
        yield EndpointThinker(EndpointConfig(chat=patience(server.url)))


@pytest.mark.parametrize("turns", CONVERSATIONS.values(), ids=CONVERSATIONS)
def test_answers(thinker: Thinker, turns: list[Turn]) -> None:
    assert isinstance(thinker, Thinker)
    *items, reply = thinker.stream(turns)
    assert isinstance(reply, Reply)
    pieces = [item for item in items if isinstance(item, str)]
    early = [item for item in items if isinstance(item, Direction)]
    assert pieces and len(pieces) + len(early) == len(items)
    assert early in ([], [reply.direction])
    assert parse_thoughts("".join(pieces)).thoughts == reply.thoughts
    assert reply.text == reply.thoughts.response != ""
    assert reply.language in ("en", "zh")
    assert reply.direction.instruction
    assert reply.direction.strategy in STRATEGIES
    style = reply.direction.style
    assert tuple(style) == ("emotion", "pitch", "speed")
    assert style["emotion"] in HEADER_EMOTIONS
    assert style["pitch"] in HEADER_PITCHES
    assert style["speed"] in HEADER_SPEEDS
    again = thinker.reply(turns)
    assert again == reply
    assert record_line(turns, again) == record_line(turns, reply)
    assert reply_from_dict(reply_to_dict(reply)) == reply


def test_leaving_a_stream_does_no_harm(thinker: Thinker) -> None:
    turns = CONVERSATIONS["text"]
    whole = thinker.reply(turns)
    next(iter(thinker.stream(turns)))
    assert thinker.reply(turns) == whole


@pytest.mark.parametrize(
    "turns, kind, words",
    [
        ([], ThoughtsError, "last turn"),
        ([Turn(role="assistant", text="Hi")], ThoughtsError, "last turn"),
        ([Turn(text="a"), Turn(role="system", text="b"), Turn(text="c")], ThoughtsError, "system turn comes first"),
        ([Turn(audio=np.full(100, np.nan, np.float32), sample_rate=16000)], WaveformError, "NaN"),
        ([Turn(audio=np.zeros(0, np.float32), sample_rate=16000)], WaveformError, "empty"),
        ([Turn(audio=np.zeros(600 * 1000, np.float32), sample_rate=1000)], ThinkerError, r"600\.0 s.*nothing is cut"),
    ],
)
def test_bad_turns(thinker: Thinker, turns: list[Turn], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        thinker.reply(turns)
    with pytest.raises(kind, match=words):
        list(thinker.stream(turns))


@pytest.mark.parametrize(
    "fields, words",
    [
        ({}, "needs text"),
        ({"text": " "}, "needs text"),
        ({"role": "robot", "text": "a"}, "role"),
        ({"audio": NOISE}, "sample_rate"),
        ({"audio": NOISE[None], "sample_rate": 16000}, "mono"),
        ({"text": "a", "language": "fr"}, "language"),
    ],
)
def test_turns_check_themselves(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ThoughtsError, match=words):
        Turn(**fields)  # type: ignore[arg-type]
