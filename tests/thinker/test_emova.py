"""EMOVA's seven keys both ways, and every cut of them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ThoughtsError
from speechkit.metrics.spoken_dialogue import parse_dialogue_output
from speechkit.protocols import Thoughts
from speechkit.thinker.emova import (
    EMOVA_EMOTIONS,
    EMOVA_KEYS,
    EMOVA_PITCHES,
    ChainOfModality,
    emova_from_thoughts,
    parse_emova,
)
from speechkit.thinker.json_repair import read_json_object

CHAINS = st.builds(
    ChainOfModality,
    user_text=st.text(max_size=20),
    user_emotion=st.sampled_from(EMOVA_EMOTIONS),
    user_pitch=st.sampled_from(EMOVA_PITCHES),
    response_text=st.text(min_size=1, max_size=20).filter(lambda text: bool(text.strip())),
    response_emotion=st.sampled_from(EMOVA_EMOTIONS),
    response_pitch=st.sampled_from(EMOVA_PITCHES),
    response_speech=st.lists(st.integers(0, 4095), max_size=4).map(
        lambda units: "".join(f"<|speech_{unit}|>" for unit in units)
    ),
)


@given(CHAINS)
def test_there_and_back(chain: ChainOfModality) -> None:
    parsed = parse_emova(chain.to_json())
    assert parsed.record == chain
    assert not parsed.problems
    assert tuple(json.loads(chain.to_json())) == EMOVA_KEYS
    assert parse_dialogue_output(chain.to_json()) == json.loads(chain.to_json())


@given(CHAINS, st.data())
def test_every_cut_is_repaired_with_a_flag(chain: ChainOfModality, data: st.DataObject) -> None:
    text = chain.to_json()
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    parsed = parse_emova(cut)
    assert parsed.repaired or "no_json" in parsed.problems
    if parsed.record:
        assert chain.response_text.startswith(parsed.record.response_text)
        assert chain.response_speech.startswith(parsed.record.response_speech)


@given(st.text(alphabet='{}[]",:\\ua1 \n', max_size=40))
def test_any_text_reads(text: str) -> None:
    read = read_json_object(text)
    assert read.value is None or isinstance(read.value, dict)
    parse_emova(text)


def test_labels_and_types() -> None:
    chain = {**json.loads(ChainOfModality(user_text="a", response_text="b").to_json()), EMOVA_KEYS[1]: " Happy "}
    parsed = parse_emova(
        json.dumps({**chain, EMOVA_KEYS[4]: "bored", EMOVA_KEYS[2]: 3, EMOVA_KEYS[6]: "<|speech_1|><|spe"})
    )
    assert parsed.record
    assert parsed.record.user_emotion == "happy"
    assert parsed.record.response_speech == "<|speech_1|>"
    assert set(parsed.problems) == {f"unknown_label:{EMOVA_KEYS[4]}", f"not_text:{EMOVA_KEYS[2]}", "speech_cut"}


def test_from_and_to_thoughts() -> None:
    thoughts = Thoughts(asr="hi", response="hello")
    chain = emova_from_thoughts(thoughts, user_emotion="sad", user_pitch="low", style={"emotion": "neutral"})
    assert chain.response_pitch == "normal"
    again = chain.to_thoughts()
    assert (again.asr, again.response) == ("hi", "hello")
    assert "sad" in (again.emotion_analysis or "")
    with pytest.raises(ThoughtsError, match="no label 'bored'"):
        emova_from_thoughts(thoughts, user_emotion="bored", user_pitch="low", style={})


@pytest.mark.parametrize("text", ["[" * 50000, "{" * 50000, '{"a":' * 5000, "{}}", "x}{"])
def test_hostile_nesting(text: str) -> None:
    assert read_json_object(text).value in (None, {})
