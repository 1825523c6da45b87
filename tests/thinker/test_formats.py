"""Thoughts in every format and back; and whatever a model may write."""

import json
from itertools import product
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ThoughtsError
from speechkit.metrics.judge_scores import VARIANT_FIELDS
from speechkit.protocols import Thoughts
from speechkit.thinker.formats import LABELS, parse_thoughts, serialise_thoughts
from speechkit.thinker.thoughts import (
    FIELDS,
    THOUGHTS_SCHEMA,
    FormatName,
    keep_variant,
    thoughts_from_json,
    thoughts_to_json,
)

FORMATS = get_args(FormatName)
SPICE = [f"<{name}>" for name in FIELDS] + [f"</{name}>" for name in FIELDS]
SPICE += [label + ":" for labels in LABELS.values() for group in labels.values() for label in group]
SPICE += ["&lt;response>", "&amp;lt;", "{", "}", '"', "\\", '{"response": "a', "\n", "```json", "<think>", "，", ", "]
TEXT = st.one_of(st.text(max_size=30), st.lists(st.sampled_from([*SPICE, "a", " ", "好"]), max_size=8).map("".join))
THOUGHTS = st.builds(
    Thoughts,
    **{name: st.none() | TEXT for name in FIELDS[:-1]},
    response=TEXT.filter(lambda text: bool(text.strip())),
)
ENGLISH = Thoughts(
    asr="I failed the exam.",
    emotion_analysis="A trembling voice, eyes cast down: sad.",
    user_intent="She wants to be comforted.",
    response_strategy="Empathise first, then encourage.",
    response="I am sorry. One exam does not decide it all.",
)
CHINESE = Thoughts(
    asr="我考试没过。",
    emotion_analysis="声音发抖，很难过。",
    user_intent="希望得到安慰。",
    response_strategy="先共情，再鼓励。",
    response="别太难过，我陪着你。",
)


@given(THOUGHTS, st.sampled_from(["tagged", "json"]), st.sampled_from(sorted(VARIANT_FIELDS)))
def test_any_thoughts_survive_tags_and_json(thoughts: Thoughts, format: FormatName, variant: str) -> None:
    parsed = parse_thoughts(serialise_thoughts(thoughts, format, variant))
    assert parsed.thoughts == keep_variant(thoughts, variant)
    assert parsed.format == format
    assert not parsed.problems


@given(THOUGHTS, st.sampled_from(sorted(LABELS)), st.sampled_from(sorted(VARIANT_FIELDS)))
def test_labelled_formats_keep_thoughts_or_refuse_them(thoughts: Thoughts, format: FormatName, variant: str) -> None:
    try:
        text = serialise_thoughts(thoughts, format, variant)
    except ThoughtsError:
        return
    assert parse_thoughts(text).thoughts == keep_variant(thoughts, variant)


@pytest.mark.parametrize("thoughts", [ENGLISH, CHINESE], ids=["en", "zh"])
@pytest.mark.parametrize("format, variant", product(FORMATS, VARIANT_FIELDS))
def test_every_variant_in_every_format(format: FormatName, variant: str, thoughts: Thoughts) -> None:
    parsed = parse_thoughts(serialise_thoughts(thoughts, format, variant), expect=variant)
    assert parsed.thoughts == keep_variant(thoughts, variant)
    assert parsed.format == format
    assert not parsed.problems


@given(TEXT, st.sampled_from([None, *VARIANT_FIELDS]))
def test_any_garbage_gives_a_typed_result(text: str, expect: str | None) -> None:
    parsed = parse_thoughts(text, expect)
    assert parsed.thoughts is not None or parsed.problems
    if parsed.thoughts is None:
        with pytest.raises(ThoughtsError):
            parsed.require()


@given(st.sampled_from(FORMATS), st.integers(0, 400))
def test_a_cut_is_never_silent(format: FormatName, end: int) -> None:
    whole = serialise_thoughts(ENGLISH, format, "with_asr")
    parsed = parse_thoughts(whole[:end], expect="with_asr")
    if format in ("tagged", "json") and end < len(whole):
        assert parsed.problems
    if parsed.thoughts and not parsed.problems:
        assert keep_variant(parsed.thoughts, "no_response_strategy").user_intent == ENGLISH.user_intent


@given(THOUGHTS)
def test_strict_json(thoughts: Thoughts) -> None:
    text = thoughts_to_json(thoughts)
    assert thoughts_from_json(text) == thoughts
    assert set(json.loads(text)) == set(THOUGHTS_SCHEMA["properties"])
    assert list(json.loads(text))[1:] == list(FIELDS)


@pytest.mark.parametrize(
    "text, words",
    [
        ("{", "not JSON"),
        ("[]", "object"),
        ('{"version": 2, "response": "a"}', "version 2"),
        ('{"version": true, "response": "a"}', "version"),
        ('{"version": 1, "response": "a", "mood": "b"}', "no field mood"),
        ('{"version": 1, "response": 3}', "response is int"),
        ('{"version": 1}', "needs a response"),
        ("[" * 100000, "not JSON"),
    ],
)
def test_strict_json_refuses(text: str, words: str) -> None:
    with pytest.raises(ThoughtsError, match=words):
        thoughts_from_json(text)


RELEASED = (
    "system\nYou are Qwen, a virtual human.\nuser\n…\nassistant\n"
    "输入的音视频识别文本为:我没事, 情感分析结果为:说话人嘴上说没事，但声音发抖。\n回复策略分析:她在掩饰难过，我会先倾听。\n"
    "因此我的回复路径可以是,先共情，再询问。\n所以我的回复应该是:我听得出来，你今天不太好。"
)


def test_released_strings() -> None:
    parsed = parse_thoughts(RELEASED, expect="with_asr")
    assert parsed.format == "released"
    assert not parsed.problems
    assert parsed.thoughts
    assert parsed.thoughts.asr == "我没事"
    assert parsed.thoughts.emotion_analysis == "说话人嘴上说没事，但声音发抖。"
    assert parsed.thoughts.response == "我听得出来，你今天不太好。"


@pytest.mark.parametrize(
    "text, response, problem",
    [
        ("<response>half a", "half a", "unclosed:response"),
        ("<user_intent>x</user_intent>\nJust this.", "Just this.", "response_outside_markers"),
        ("<response>a</response><response>b</response>", "a", "repeated:response"),
        ('```json\n{"response": "a", "user_intent": "b"}\n```', "a", None),
        ('{"user_intent": "b", "response": "cut of', "cut of", "truncated"),
        ('{"response": "a", "user_intent": 3}', "a", "not_text:user_intent"),
        ("**User Intent:** wants help\n**Response:** Sure.", "Sure.", None),
        ("1. 用户意图：求助\n2. 回复：好的。", "好的。", None),
        ("情感分析结果为：难过。所以我的回复应该是：我在。", "我在。", None),
        ("<think>hm</think>Hello", "Hello", "musing_cut"),
        ("Hello there.", "Hello there.", "no_markers"),
        ('{"user question text": "hi", "assistant response text": "hello"', "hello", "truncated"),
    ],
)
def test_what_models_write(text: str, response: str, problem: str | None) -> None:
    parsed = parse_thoughts(text)
    assert parsed.require().response == response
    assert parsed.problems == () if problem is None else problem in parsed.problems


@pytest.mark.parametrize("text", ["", " \n", "<response></response>", "<think>only this", '{"user_intent": "a"}'])
def test_nothing_to_say(text: str) -> None:
    parsed = parse_thoughts(text)
    assert parsed.thoughts is None
    assert parsed.problems


def test_unknown_names() -> None:
    with pytest.raises(ThoughtsError, match="no format 'xml'"):
        serialise_thoughts(ENGLISH, "xml")  # type: ignore[arg-type]
    with pytest.raises(ThoughtsError, match="no variant 'half'"):
        serialise_thoughts(ENGLISH, "tagged", "half")  # type: ignore[arg-type]
    with pytest.raises(ThoughtsError, match="needs a response"):
        Thoughts(response=" ")
