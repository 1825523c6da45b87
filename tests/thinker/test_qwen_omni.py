"""The Qwen omni thinker on tiny random models of the real classes; video and loading where torchvision can be used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from thinker.tiny_thinkers import SPECIAL, byte_tokenizer, has_torchvision, tiny_omni

from speechkit.errors import CheckpointError, ThinkerError
from speechkit.protocols import Turn
from speechkit.thinker.qwen_omni import QwenOmniConfig, QwenOmniThinker, end_tokens, load_qwen_omni

SHORT = QwenOmniConfig(max_new_tokens=6)
NOISE = (0.1 * np.random.default_rng(0).standard_normal(16000)).astype(np.float32)


@pytest.fixture(scope="module")
def parts() -> tuple[Any, Any]:
    return tiny_omni()


@pytest.fixture
def vision() -> None:
    if not has_torchvision():
        pytest.skip("torchvision is not installed")


def film(path: Path, *, sound: bool) -> str:
    """Three seconds of growing grey, with noise or silent."""
    av = pytest.importorskip("av")
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=8)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 64, "yuv420p"
        voice = container.add_stream("aac", rate=16000) if sound else None
        for index in range(24):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), index * 10, np.uint8), format="rgb24")
            frame.pts = index
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode())
        if voice is not None:
            for start in range(0, 46 * 1024, 1024):
                block = np.resize(NOISE, 46 * 1024)[None, start : start + 1024]
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
                frame.sample_rate, frame.pts = 16000, start
                container.mux(voice.encode(frame))
            container.mux(voice.encode())
    return str(path)


def picture(path: Path) -> str:
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (60, 60), (200, 10, 10)).save(path)
    return str(path)


def test_sound_is_counted_and_never_cut(parts: tuple[Any, Any]) -> None:
    thinker = QwenOmniThinker(*parts, SHORT)
    longer_than_the_extractor = np.resize(NOISE, 12 * 16000)
    inputs = thinker._inputs([Turn(audio=longer_than_the_extractor, sample_rate=16000)])
    audio = parts[1].tokenizer.get_vocab()[SPECIAL["audio_token"]]
    assert int((inputs["input_ids"] == audio).sum()) == 300  # 25 a second
    assert thinker.reply([Turn(audio=longer_than_the_extractor, sample_rate=16000)]).problems[0] == "length"


def test_limits_are_errors(parts: tuple[Any, Any]) -> None:
    thinker = QwenOmniThinker(*parts, QwenOmniConfig(max_prompt_tokens=40, max_audio_seconds=2.0))
    with pytest.raises(ThinkerError, match="nothing is cut"):
        thinker.reply([Turn(text="a" * 100)])
    with pytest.raises(ThinkerError, match="the limit is 2 s"):
        thinker.reply([Turn(audio=np.resize(NOISE, 40000), sample_rate=16000)])


def test_the_system_turn_is_a_list_of_dicts_and_asks_for_the_format(parts: tuple[Any, Any]) -> None:
    thinker = QwenOmniThinker(*parts, SHORT)
    inputs = thinker._inputs([Turn(role="system", text="Be brief."), Turn(text="Hi")])
    text = parts[1].tokenizer.decode(inputs["input_ids"][0])
    assert "system\nBe brief." in text
    seen: list[Any] = []

    class Spy:
        tokenizer = parts[1].tokenizer

        def __call__(self, **arguments: Any) -> Any:
            return parts[1](**arguments)

        def apply_chat_template(self, conversation: Any, **arguments: Any) -> Any:
            seen.extend(conversation)
            return parts[1].apply_chat_template(conversation, **arguments)

    QwenOmniThinker(parts[0], Spy(), SHORT).reply([Turn(text="Hi")])
    assert seen[0]["content"][0]["type"] == "text"
    assert "<user_intent>" in seen[0]["content"][0]["text"]


def test_ends_and_pads_are_passed(parts: tuple[Any, Any]) -> None:
    given: dict[str, Any] = {}

    class Spy:
        device, dtype = parts[0].device, parts[0].dtype

        def generate(self, **arguments: Any) -> Any:
            given.update(arguments)
            return parts[0].generate(**arguments)

    QwenOmniThinker(Spy(), parts[1], SHORT).reply([Turn(text="Hi")])
    ids = parts[1].tokenizer.get_vocab()
    assert given["eos_token_id"] == sorted([ids["<|im_end|>"], ids["<|endoftext|>"]])
    assert given["pad_token_id"] == ids["<|endoftext|>"]
    assert given["use_audio_in_video"] is False
    tokenizer = byte_tokenizer()
    tokenizer.eos_token = None
    assert end_tokens(tokenizer)


def test_a_failing_model_and_a_stream_that_is_left(parts: tuple[Any, Any]) -> None:
    class Broken:
        device, dtype = parts[0].device, parts[0].dtype

        def generate(self, **_: Any) -> Any:
            raise RuntimeError("out of memory")

    with pytest.raises(ThinkerError, match="out of memory"):
        QwenOmniThinker(Broken(), parts[1], SHORT).reply([Turn(text="Hi")])
    stream = QwenOmniThinker(*parts, SHORT).stream([Turn(text="Hi")])
    next(stream)
    stream.close()  # joins the thread


def test_pictures_and_films(vision: None, parts: tuple[Any, Any], tmp_path: Path) -> None:
    loud, silent = film(tmp_path / "loud.mp4", sound=True), film(tmp_path / "silent.mp4", sound=False)
    image = picture(tmp_path / "a.png")
    thinker = QwenOmniThinker(*parts, SHORT)
    ids = parts[1].tokenizer.get_vocab()

    def counts(*turns: Turn) -> tuple[int, int, int]:
        row = thinker._inputs(turns)["input_ids"]
        return tuple(int((row == ids[SPECIAL[name]]).sum()) for name in ("audio_token", "video_token", "image_token"))  # type: ignore[return-value]

    heard, seen, none = counts(Turn(video=loud))
    assert heard > 60
    assert seen > 0
    assert none == 0
    assert counts(Turn(video=silent))[0] == 0
    assert counts(Turn(video=loud), Turn(audio=NOISE, sample_rate=16000, images=(image,)))[0] == heard + 25
    for turn in (
        Turn(images=(image,), text="Hi"),
        Turn(video=silent),
        Turn(video=loud, audio=NOISE, sample_rate=16000, images=(image, image)),
    ):
        assert thinker.reply([turn]).text


@pytest.mark.parametrize("data", [b"", b"no film at all", b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 50])
def test_corrupt_files(data: bytes, parts: tuple[Any, Any], tmp_path: Path) -> None:
    pytest.importorskip("av")
    (tmp_path / "a.mp4").write_bytes(data)
    thinker = QwenOmniThinker(*parts, SHORT)
    with pytest.raises(ThinkerError, match=r"a\.mp4"):
        thinker.reply([Turn(video=str(tmp_path / "a.mp4"))])
    with pytest.raises(ThinkerError, match=r"a\.mp4"):
        thinker.reply([Turn(images=(str(tmp_path / "a.mp4"),))])
    with pytest.raises(ThinkerError):
        thinker.reply([Turn(video=str(tmp_path / "gone.mp4"))])


def test_save_load_and_adapter(vision: None, parts: tuple[Any, Any], tmp_path: Path) -> None:
    import torch

    for part in parts:
        part.save_pretrained(tmp_path / "m")
    loaded = load_qwen_omni(str(tmp_path / "m"), SHORT, dtype="float32")
    turn = Turn(text="Hi")
    plain = loaded.reply([turn])
    assert plain.thoughts == QwenOmniThinker(*parts, SHORT).reply([turn]).thoughts
    assert loaded.name == "qwen-omni:m"
    with pytest.raises(CheckpointError, match=r"adapter_config\.json"):
        load_qwen_omni(str(tmp_path / "m"), SHORT, adapter=str(tmp_path))
    peft = pytest.importorskip("peft")
    tuned = peft.get_peft_model(loaded.model, peft.LoraConfig(r=2, lora_alpha=32, target_modules=["q_proj", "v_proj"]))
    for name, weight in tuned.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=1.0)
    tuned.save_pretrained(tmp_path / "lora")
    adapted = load_qwen_omni(str(tmp_path / "m"), SHORT, adapter=str(tmp_path / "lora"))
    assert adapted.reply([turn]).raw != plain.raw


def test_what_is_not_there(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(CheckpointError, match="cannot load"):
        load_qwen_omni(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(CheckpointError, match="is a llama model"):
        load_qwen_omni(str(tmp_path))
