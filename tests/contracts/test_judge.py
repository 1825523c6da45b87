"""What every Judge keeps."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from speechkit.errors import SpeechkitError
from speechkit.evaluation.judging.client import ChatJudge, JudgeClientConfig
from speechkit.evaluation.judging.offline import RecordingJudge, ReplayJudge, StubJudge
from speechkit.protocols import Judge
from tests.evaluation.test_judging import GOOD, Server

QUESTION = ("be strict", "rate this")


@pytest.fixture(params=["stub", "recording", "replay", "chat"])
def judge(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Judge]:
    (tmp_path / "stub.json").write_text(json.dumps({"default": GOOD}))
    stub = StubJudge(tmp_path / "stub.json")
    if request.param == "stub":
        yield stub
    elif request.param == "chat":
        server = Server("good")
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield ChatJudge(JudgeClientConfig(base_url=server.url, model="judge-1"), sleep=lambda _: None)
        server.shutdown()
        server.server_close()
    else:
        recording = RecordingJudge(stub, tmp_path / "answers.jsonl")
        recording.ask(*QUESTION)
        yield recording if request.param == "recording" else ReplayJudge(tmp_path / "answers.jsonl")


def test_answers_with_text_and_the_same_twice(judge: Judge) -> None:
    assert isinstance(judge, Judge)
    assert judge.name
    assert judge.ask(*QUESTION) == GOOD
    assert judge.ask(*QUESTION) == GOOD


def test_a_medium_that_is_not_there_is_never_a_crash(judge: Judge, tmp_path: Path) -> None:
    try:
        answer = judge.ask(*QUESTION, media=(str(tmp_path / "none.wav"),))
    except SpeechkitError:
        return
    assert isinstance(answer, str)
