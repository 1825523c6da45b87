"""Recorded turns: found by content or order, byte for byte the same, damage told."""

from pathlib import Path

import numpy as np
import pytest
from thinker.tiny_thinkers import ScriptedTextModel

from speechkit.errors import ThinkerError, ThoughtsError
from speechkit.protocols import Reply, Turn
from speechkit.thinker.cascade import CascadeThinker
from speechkit.thinker.records import canonical, reply_from_dict, reply_to_dict, turn_to_dict, turns_key
from speechkit.thinker.replay import RecordingThinker, ReplayThinker

ONE, TWO = [Turn(text="Hello")], [Turn(text="你好，我很难过")]


def recording(path: Path) -> list[Reply]:
    thinker = RecordingThinker(CascadeThinker(ScriptedTextModel(["I see.", "我明白。"])), path)
    return [thinker.reply(ONE), thinker.reply(TWO)]


def test_byte_stable(tmp_path: Path) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    replies = recording(first)
    again = RecordingThinker(ReplayThinker(first), second)
    assert [again.reply(ONE), again.reply(TWO)] == replies
    assert first.read_bytes() == second.read_bytes()
    for reply in replies:
        assert reply_from_dict(reply_to_dict(reply)) == reply


def test_by_content_and_by_order(tmp_path: Path) -> None:
    one, two = recording(tmp_path / "a.jsonl")
    by_content = ReplayThinker(tmp_path / "a.jsonl")
    assert [by_content.reply(turns) for turns in (TWO, ONE, TWO)] == [two, one, two]
    with pytest.raises(ThinkerError, match="no answer to these turns"):
        by_content.reply([Turn(text="other")])
    by_order = ReplayThinker(tmp_path / "a.jsonl", match="order")
    assert [by_order.reply([Turn(text="x")]), by_order.reply([Turn(text="y")])] == [one, two]
    with pytest.raises(ThinkerError, match="at its end"):
        by_order.reply(ONE)
    with pytest.raises(ThoughtsError, match="'content' or 'order'"):
        ReplayThinker(tmp_path / "a.jsonl", match="luck")  # type: ignore[arg-type]


def test_a_stream_that_is_left_is_not_recorded(tmp_path: Path) -> None:
    thinker = RecordingThinker(CascadeThinker(ScriptedTextModel()), tmp_path / "a.jsonl")
    next(iter(thinker.stream(ONE)))
    assert not (tmp_path / "a.jsonl").exists()
    with pytest.raises(ThinkerError, match="cannot be written"):
        RecordingThinker(CascadeThinker(ScriptedTextModel()), tmp_path / "no" / "a.jsonl").reply(ONE)


def test_keys_tell_media_apart_and_not_their_places(tmp_path: Path) -> None:
    for name, data in (("a.png", b"1"), ("b.png", b"1"), ("c.png", b"2")):
        (tmp_path / name).write_bytes(data)
    a, b, c = (turns_key([Turn(images=(str(tmp_path / name),))]) for name in ("a.png", "b.png", "c.png"))
    assert a == b != c
    noise = np.ones(10, np.float32)
    assert turns_key([Turn(audio=noise, sample_rate=8000)]) != turns_key([Turn(audio=noise, sample_rate=16000)])
    assert str(tmp_path) not in canonical(turn_to_dict(Turn(video=str(tmp_path / "a.png"))))
    with pytest.raises(ThoughtsError, match="cannot be read"):
        turns_key([Turn(video=str(tmp_path / "gone.mp4"))])


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda text: "", "holds no turn"),
        (lambda text: text[:-20], "damaged"),
        (lambda text: "null\n", "damaged"),
        (lambda text: text.replace('"version":1,"key"', '"version":9,"key"'), "version 9"),
        (lambda text: text.replace('"raw":', '"rw":'), "no recorded reply"),
        (
            lambda text: text.replace('"language":"en","thinker"', '"mood":1,"language":"en","thinker"'),
            "unknown fields",
        ),
    ],
)
def test_damage(change: object, words: str, tmp_path: Path) -> None:
    recording(tmp_path / "a.jsonl")
    text = (tmp_path / "a.jsonl").read_text(encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(change(text), encoding="utf-8")  # type: ignore[operator]
    with pytest.raises(ThoughtsError, match=words):
        ReplayThinker(tmp_path / "b.jsonl")
    with pytest.raises(ThoughtsError, match="cannot be read"):
        ReplayThinker(tmp_path / "gone.jsonl")
