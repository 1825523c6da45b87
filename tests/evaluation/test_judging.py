"""Judges: prompts, the client against a real server on the loopback, strict reading, stub, recording, replay."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from speechkit.errors import AudioFileError, ConfigError, WaveformError
from speechkit.evaluation.judging.client import ChatJudge, JudgeClientConfig, JudgeError
from speechkit.evaluation.judging.conduct import ConductConfig, ask_until_readable
from speechkit.evaluation.judging.media import media_parts
from speechkit.evaluation.judging.offline import RecordingJudge, ReplayJudge, StubJudge
from speechkit.evaluation.judging.prompts import VERSIONS, prompt
from speechkit.evaluation.judging.registry import judge_of
from speechkit.evaluation.suites.judged import parse_scores
from speechkit.metrics.result import Skip
from speechkit.protocols import Judge
from speechkit.types import Speech
from speechkit.waveform import save

GOOD = '{"response_content": {"score": 2, "reason": "apt"}}'


class Server(ThreadingHTTPServer):
    """Behaves as told, one behaviour a request; the last one again when there are no more."""

    daemon_threads = True

    def __init__(self, *behaviours: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours = list(behaviours)
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is part of the test."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.requests.append(json.loads(self.rfile.read(length)))
        self.server.headers.append(dict(self.headers))
        behaviour = self.server.behaviours[min(len(self.server.requests), len(self.server.behaviours)) - 1]
        body = json.dumps({"choices": [{"message": {"role": "assistant", "content": GOOD}}]}).encode()
        if behaviour == "slow":
            time.sleep(1.0)
        status = int(behaviour) if behaviour.isdigit() else 200
        body = {"html": b"<html>gateway</html>", "half": body[: len(body) // 2], "empty": b'{"choices": []}'}.get(
            behaviour, body
        )
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) + (50 if behaviour == "cut" else 0)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def serve() -> Iterator[Any]:
    running: list[Server] = []

    def start(*behaviours: str) -> Server:
        server = Server(*behaviours)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def client(server: Server, **changes: Any) -> tuple[ChatJudge, list[float]]:
    waits: list[float] = []
    config = JudgeClientConfig(base_url=server.url, model="judge-1", **changes)
    return ChatJudge(config, sleep=waits.append), waits


def test_a_good_answer(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHKIT_JUDGE_KEY", "secret-key")
    server = serve("good")
    judge, waits = client(server)
    assert isinstance(judge, Judge)
    assert judge.ask("be strict", "rate this") == GOOD
    (request,) = server.requests
    assert (request["model"], request["temperature"], request["seed"]) == ("judge-1", 0, 0)
    assert [message["role"] for message in request["messages"]] == ["system", "user"]
    assert server.headers[0]["Authorization"] == "Bearer secret-key"
    assert waits == []


@pytest.mark.parametrize("trouble", ["500", "503", "429", "html", "half", "empty", "cut"])
def test_trouble_is_retried_with_growing_waits(serve: Any, trouble: str) -> None:
    judge, waits = client(serve(trouble, trouble, "good"))
    assert judge.ask("", "rate this") == GOOD
    assert waits == [2.0, 4.0]


def test_a_slow_server_times_out_and_is_retried(serve: Any) -> None:
    judge, waits = client(serve("slow", "good"), timeout_seconds=0.3)
    assert judge.ask("", "rate this") == GOOD
    assert waits == [2.0]


@pytest.mark.parametrize(("trouble", "asked"), [("500", 4), ("html", 4), ("401", 1), ("404", 1)])
def test_trouble_that_stays_is_an_error(serve: Any, trouble: str, asked: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHKIT_JUDGE_KEY", "secret-key")
    server = serve(trouble)
    judge, _ = client(server)
    with pytest.raises(JudgeError, match="judge-1") as caught:
        judge.ask("", "rate this")
    assert len(server.requests) == asked
    assert "secret-key" not in str(caught.value)


def test_nobody_listens(serve: Any) -> None:
    config = JudgeClientConfig(base_url="http://127.0.0.1:9", model="m", retries=1)
    with pytest.raises(JudgeError, match="127"):
        ChatJudge(config, sleep=lambda _: None).ask("", "hello")


@pytest.mark.parametrize("changes", [{"base_url": "ftp://x"}, {"media_style": "telepathy"}, {"retries": -1}])
def test_config_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        JudgeClientConfig(**{"base_url": "http://x", "model": "m", **changes})


class TestMedia:
    @pytest.fixture
    def clip(self, tmp_path: Path) -> str:
        path = tmp_path / "clip.wav"
        save(path, Speech(samples=np.sin(np.arange(8000) / 9).astype(np.float32) * 0.3, sample_rate=16000))
        return str(path)

    @pytest.fixture
    def video(self, tmp_path: Path) -> str:
        (tmp_path / "clip.mp4").write_bytes(b"not really a video")
        return str(tmp_path / "clip.mp4")

    def test_gemini(self, clip: str, video: str) -> None:
        parts = media_parts((video, clip), "gemini_image_url", 10**6)
        assert [part["type"] for part in parts] == ["image_url", "image_url"]
        assert parts[0]["image_url"]["url"].startswith("data:video/mp4;base64,")
        assert parts[1]["image_url"]["url"].startswith("data:audio/wav;base64,")

    def test_vllm(self, clip: str, video: str) -> None:
        parts = media_parts((video, clip), "vllm", 10**6)
        assert [part["type"] for part in parts] == ["video_url", "audio_url"]

    def test_openai_audio(self, clip: str) -> None:
        (part,) = media_parts((clip,), "openai", 10**6)
        assert part["input_audio"]["format"] == "wav"

    def test_openai_video_becomes_frames_and_sound(self, tmp_path: Path) -> None:
        av = pytest.importorskip("av")
        pytest.importorskip("PIL")
        path = tmp_path / "real.mp4"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mpeg4", rate=10)
            stream.width = stream.height = 32
            stream.pix_fmt = "yuv420p"
            for index in range(12):
                frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), index * 20, np.uint8), format="rgb24")
                for packet in stream.encode(frame):
                    container.mux(packet)
            for packet in stream.encode():
                container.mux(packet)
        parts = media_parts((str(path),), "openai", 10**6)
        assert [part["type"] for part in parts] == ["image_url"] * 8

    def test_large_audio_shrinks_and_large_video_is_refused(self, clip: str, video: str) -> None:
        (part,) = media_parts((clip,), "openai", 8000)
        assert part["input_audio"]["format"] == "mp3"
        with pytest.raises(WaveformError, match="cut it"):
            media_parts((clip,), "openai", 10)
        with pytest.raises(WaveformError, match="downscale"):
            media_parts((video,), "vllm", 10)

    def test_missing_and_foreign_files(self, tmp_path: Path) -> None:
        with pytest.raises(AudioFileError, match="does not exist"):
            media_parts((str(tmp_path / "none.wav"),), "vllm", 10)
        (tmp_path / "x.txt").write_text("x")
        with pytest.raises(AudioFileError, match="ends in"):
            media_parts((str(tmp_path / "x.txt"),), "vllm", 10)


class Script:
    """A judge that says what it is told, in order."""

    name = "script"

    def __init__(self, *replies: str | Exception) -> None:
        self.replies, self.prompts = list(replies), list[str]()

    def ask(self, system: str, prompt: str, media: tuple[str, ...] = ()) -> str:
        self.prompts.append(prompt)
        reply = self.replies[min(len(self.prompts), len(self.replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply


def conduct(judge: Script, **changes: Any) -> Any:
    fields = {"response": "I am here."}
    return ask_until_readable(
        judge, prompt("VT_RC"), fields, (), parse_scores("VT_RC"), config=ConductConfig(**changes)
    )


def test_repair_then_fresh_tries() -> None:
    judge = Script("no idea", '{"response_content": {"score": true}}', GOOD)
    verdict = conduct(judge)
    assert verdict.value == {"VT-RC": 2}
    assert verdict.attempts == 3
    assert "no idea" in judge.prompts[1]
    assert judge.prompts[0] == judge.prompts[2]


def test_it_gives_up_with_the_problem() -> None:
    verdict = conduct(Script('{"response_content": {"score": 3}}'))
    assert verdict.value == Skip("bad_score:response_content")
    assert verdict.attempts == 5
    assert conduct(Script("x"), repair=False, fresh_tries=0).attempts == 1


def test_a_judge_without_an_answer_ends_it() -> None:
    verdict = conduct(Script("no", JudgeError("gone")))
    assert verdict.value == Skip("JudgeError")
    assert verdict.attempts == 2


@pytest.mark.parametrize("name", VERSIONS)
def test_every_prompt_is_there(name: str) -> None:
    found = prompt(name)
    assert found.system
    assert "{" in found.text
    assert len(found.sha256) == 64
    assert found.id == f"{name}.v{VERSIONS[name]}"


def test_fields_are_filled_once() -> None:
    text = prompt("dialogue_text").fill({"question": "{answer}", "answer": "{predicted}", "predicted": "42"})
    assert "{answer}" in text
    assert "{predicted}" in text
    assert "42" in text
    with pytest.raises(ConfigError):
        prompt("VS").fill({"nothing": ""})
    with pytest.raises(ConfigError):
        prompt("nothing")


def test_stub(tmp_path: Path) -> None:
    path = tmp_path / "stub.json"
    path.write_text(json.dumps({"default": {"score": 1}, "rules": [{"contains": "weather", "reply": "sunny"}]}))
    judge = StubJudge(path)
    assert judge.ask("", "how is the weather?") == "sunny"
    assert judge.ask("", "else") == '{"score": 1}'
    path.write_text("{}")
    with pytest.raises(JudgeError):
        StubJudge(path).ask("", "else")
    path.write_text("[]")
    with pytest.raises(ConfigError):
        StubJudge(path)


def test_record_and_replay(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    recording = RecordingJudge(Script("first", "second"), path)
    assert [recording.ask("s", "p"), recording.ask("s", "p")] == ["first", "second"]
    replay = ReplayJudge(path)
    assert [replay.ask("s", "p") for _ in range(3)] == ["first", "second", "second"]
    assert replay.name == "script"
    with pytest.raises(JudgeError, match="not in the recording"):
        replay.ask("s", "another")
    path.write_text("{")
    with pytest.raises(ConfigError):
        ReplayJudge(path)


def test_judges_by_name(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"default": "x"}')
    assert judge_of(f"stub:{tmp_path / 's.json'}").ask("", "") == "x"
    assert judge_of("http://127.0.0.1:1/v1", model="m").name == "m"
    with pytest.raises(ConfigError, match="--judge-model"):
        judge_of("http://127.0.0.1:1/v1")
    with pytest.raises(ConfigError, match="stub:FILE"):
        judge_of("oracle")
