"""The endpoint thinker against a real server on the loopback, well and badly behaved."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from thinker.chat_server import ANSWER, ChatServer, patience

from speechkit.errors import ConfigError, ThinkerError, ThinkerTimeoutError
from speechkit.protocols import Reply, Turn
from speechkit.thinker.chat_client import ChatClient, ChatConfig
from speechkit.thinker.endpoint import EndpointConfig, EndpointThinker
from speechkit.thinker.text_endpoint import EndpointTextModel

HELLO = [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize("behaviour", ["stream", "whole", "parts"])
def test_answers(behaviour: str) -> None:
    with ChatServer(behaviour) as server:
        assert ChatClient(patience(server.url)).complete(HELLO) == ANSWER
        request = server.requests[0]
    assert request["path"] == "/v1/chat/completions"
    assert (request["model"], request["temperature"], request["stream"]) == ("m", 0.0, True)


@pytest.mark.parametrize(
    "behaviour, words",
    [
        ("html", "Welcome to the router"),
        ("half_json", "not a chat completion"),
        ("drop", "failed 1 times"),
        ("drop_body", "broke off"),
        ("busy", "503.*overloaded"),
        ("null", "not a chat completion"),
        ("denied", "refused.*404.*no such model"),
        ("error", "reports an error.*out of memory"),
        ("drop_stream", "in the middle"),
    ],
)
def test_failures_have_a_type_and_say_what_came(behaviour: str, words: str) -> None:
    with ChatServer(behaviour) as server, pytest.raises(ThinkerError, match=words) as caught:
        ChatClient(patience(server.url)).complete(HELLO)
    assert not isinstance(caught.value, ThinkerTimeoutError)


def test_a_server_that_hangs() -> None:
    with ChatServer("hang") as server, pytest.raises(ThinkerTimeoutError, match="no byte"):
        ChatClient(patience(server.url, timeout_seconds=0.2)).complete(HELLO)


def test_the_deadline_holds_where_it_is_shorter() -> None:
    with ChatServer("hang") as server, pytest.raises(ThinkerTimeoutError, match=r"did not finish within 0\.3 s"):
        ChatClient(patience(server.url, deadline_seconds=0.3)).complete(HELLO)


def test_a_server_that_drips() -> None:
    with ChatServer("drip") as server, pytest.raises(ThinkerTimeoutError, match="did not finish"):
        ChatClient(patience(server.url, deadline_seconds=0.4)).complete(HELLO)


def test_no_server() -> None:
    with ChatServer() as server:
        url = server.url
    with pytest.raises(ThinkerError, match="failed 2 times"):
        ChatClient(patience(url, retries=1)).complete(HELLO)


@pytest.mark.parametrize("first", ["busy", "drop", "half_json", "html"])
def test_failures_that_pass(first: str) -> None:
    with ChatServer(first, first, "stream") as server:
        assert ChatClient(patience(server.url, retries=2)).complete(HELLO) == ANSWER
        assert len(server.requests) == 3


def test_refusals_are_not_repeated() -> None:
    with ChatServer("denied") as server, pytest.raises(ThinkerError):
        ChatClient(patience(server.url, retries=3)).complete(HELLO)
    assert len(server.requests) == 1


def test_the_key_comes_from_the_environment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer() as server:
        ChatClient(patience(server.url)).complete(HELLO)
        monkeypatch.setenv("SPEECHKIT_API_KEY", "abc")
        ChatClient(patience(server.url)).complete(HELLO)
    assert "Authorization" not in server.headers[0]
    assert server.headers[1]["Authorization"] == "Bearer abc"


@pytest.mark.parametrize("url", ["", "127.0.0.1:80", "file:///etc", "http://"])
def test_bad_addresses(url: str) -> None:
    with pytest.raises(ConfigError, match="address"):
        ChatConfig(base_url=url)
    with pytest.raises(ConfigError, match="positive"):
        ChatConfig(base_url="http://a", timeout_seconds=0)


def test_config_there_and_back() -> None:
    config = EndpointConfig(chat=patience("http://a/v1"), media_style="vllm")
    assert EndpointConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize("style", ["openai", "vllm"])
def test_media_parts(style: str, tmp_path: Path, noise: np.ndarray) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    (tmp_path / "a.mp4").write_bytes(b"film")
    turn = Turn(
        text="Hm?", audio=noise, sample_rate=16000, images=(str(tmp_path / "a.png"),), video=str(tmp_path / "a.mp4")
    )
    with ChatServer() as server:
        EndpointThinker(EndpointConfig(chat=patience(server.url), media_style=style)).reply([turn])
    system, user = server.requests[0]["messages"]
    assert "<response_strategy>" in system["content"]
    kinds = [part["type"] for part in user["content"]]
    assert kinds == ["video_url", "image_url", "audio_url" if style == "vllm" else "input_audio", "text"]
    assert user["content"][0]["video_url"]["url"] == "data:video/mp4;base64," + base64.b64encode(b"film").decode()
    sound = user["content"][2]
    data = sound["audio_url"]["url"].partition(",")[2] if style == "vllm" else sound["input_audio"]["data"]
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(data)))
    assert rate == 16000
    np.testing.assert_allclose(samples, noise, atol=1e-4)


@pytest.mark.parametrize(
    "name, words", [("gone.mp4", "cannot be read"), ("a.txt", "no video"), ("empty.mp4", "0 bytes")]
)
def test_bad_media(name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    thinker = EndpointThinker(EndpointConfig(chat=patience("http://127.0.0.1:9/v1")))
    with pytest.raises(ThinkerError, match=words):
        thinker.reply([Turn(video=str(tmp_path / name))])


def test_cut_and_empty_answers_are_told() -> None:
    with ChatServer("length") as server:
        assert "length" in EndpointThinker(EndpointConfig(chat=patience(server.url))).reply([Turn(text="a")]).problems
    with ChatServer("nothing") as server, pytest.raises(ThinkerError, match="nothing to say"):
        EndpointThinker(EndpointConfig(chat=patience(server.url))).reply([Turn(text="a")])


def test_chinese_is_prompted_in_chinese() -> None:
    with ChatServer(answer="<response>我在。</response>") as server:
        reply = EndpointThinker(EndpointConfig(chat=patience(server.url))).reply([Turn(text="你好")])
    assert "伙伴" in server.requests[0]["messages"][0]["content"]
    assert reply.language == "zh"
    assert "missing:user_intent" in reply.problems
    assert isinstance(reply, Reply)


@pytest.mark.parametrize(
    "answer, index, problems",
    [
        ("2", 1, ()),
        ("It is 3.", 2, ()),
        ("9", 0, ("choice_by_default",)),
        ("no", 0, ("choice_by_default",)),
    ],
)
def test_choices(answer: str, index: int, problems: tuple[str, ...]) -> None:
    with ChatServer(answer=answer) as server:
        choice = EndpointTextModel(patience(server.url)).choose(HELLO, ["a", "b", "c"])
    assert (choice.index, choice.problems) == (index, problems)
