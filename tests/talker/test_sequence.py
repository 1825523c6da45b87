"""Header, sequence and spelling."""

import hypothesis.strategies as st
import pytest
from hypothesis import given
from talker.tiny_talkers import tiny_model

from speechkit.errors import ConfigError, StyleError, TextError
from speechkit.talker import ATTRIBUTES, DEFAULTS, StyleHeader, TalkerConfig, header_of
from speechkit.talker.sequence import added_symbols, unit_symbol, whole
from speechkit.talker.vocabulary import Vocabulary
from speechkit.text import phones
from speechkit.thinker.strategies import HEADER_EMOTIONS, HEADER_PITCHES, HEADER_SPEEDS
from speechkit.types import Units


def test_header_refuses_the_unknown() -> None:
    with pytest.raises(StyleError, match=r"emotion is one of neutral, happy, sad, angry; got 'merry'"):
        StyleHeader(emotion="merry")
    with pytest.raises(StyleError, match="got age"):
        header_of({"age": "old"})


def test_header_is_filled_where_open() -> None:
    header = StyleHeader(emotion="sad").filled(DEFAULTS)
    assert dict(header.items()) == {**DEFAULTS, "emotion": "sad"}
    assert list(dict(header.items())) == list(ATTRIBUTES)


def test_thinkers_and_talkers_speak_of_the_same_styles() -> None:
    assert ATTRIBUTES["emotion"] == HEADER_EMOTIONS
    assert ATTRIBUTES["pitch"] == HEADER_PITCHES
    assert ATTRIBUTES["speed"] == HEADER_SPEEDS


def test_whole_sequence() -> None:
    ids = {symbol: index for index, symbol in enumerate(added_symbols(8))}
    names = {index: symbol for symbol, index in ids.items()}
    tokens = whole([90], StyleHeader(gender="male", pitch="low"), [91, 92], [3, 3], ids)
    spelled = [names.get(token, str(token)) for token in tokens]
    assert spelled == [
        "<instruction>", "90", "</instruction>", "<style>", "<|gender_male|>", "<|pitch_low|>", "</style>", "<text>", "91", "92",
        "</text>", "<units>", "<|speech_3|>", "<|speech_3|>", "</units>",
    ]  # fmt: skip


def test_units_are_named_as_in_text() -> None:
    assert Units(ids=[5, 6]).to_text() == unit_symbol(5) + unit_symbol(6)


def test_added_symbols_are_distinct() -> None:
    assert len(set(added_symbols())) == len(added_symbols()) == 8 + 15 + 4096


@given(st.text(max_size=40))
def test_instructions_are_spelled_without_loss(text: str) -> None:
    vocabulary = tiny_model().vocabulary
    ids = vocabulary.instruction_ids(text)
    assert vocabulary.bytes_of(ids).decode() == text.strip().lower()
    assert all(vocabulary.first_byte <= token < len(vocabulary) for token in ids)


def test_merges_shorten() -> None:
    merged = tiny_model().vocabulary
    assert len(merged.instruction_ids("sadly")) == 2 < len(Vocabulary(num_units=64).instruction_ids("sadly")) == 5


def test_a_text_begins_with_its_language() -> None:
    vocabulary = Vocabulary()
    ids = vocabulary.text_ids("Hi", "en")
    assert ids == [vocabulary.ids[name] for name in ("<|en|>", *phones("Hi", "en"), ".")]
    assert vocabulary.text_ids("...", "en") == []


def test_bytes_are_checked() -> None:
    with pytest.raises(TextError, match="spells no bytes"):
        Vocabulary().bytes_of([0])


def test_config_refuses() -> None:
    with pytest.raises(ConfigError, match="multiple of twice the 4 heads"):
        TalkerConfig(width=12)
    with pytest.raises(ConfigError, match="layers must be at least 1"):
        TalkerConfig(layers=0)
