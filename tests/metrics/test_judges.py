"""Judge replies are read strictly; scores keep value, strict value and coverage apart."""

import json
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ConfigError
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.ecot import check_ecot, serialize_ecot
from speechkit.metrics.judge_reply import (
    JUDGE_CALLS,
    coerce_score,
    first_json_object,
    parse_judge_reply,
    remove_trailing_commas,
)
from speechkit.metrics.judge_scores import (
    EMOOMNI_SCORES,
    NOT_APPLICABLE,
    VARIANT_FIELDS,
    applicable_scores,
    compare_judged,
    judge_result,
    released_score,
)
from speechkit.metrics.result import Skip
from speechkit.metrics.spoken_dialogue import (
    OUTPUT_KEYS,
    StyleVerdict,
    fold_emotion,
    json_parse_rate,
    parse_dialogue_output,
    parse_style_verdict,
    style_accuracy,
    style_exact,
)

QUICK = BootstrapConfig(resamples=20)
VS = {"response_content": {"score": 2, "reason": "apt"}, "response_emotional_strategy": {"score": 1}}


@pytest.mark.parametrize(
    "value,score",
    [
        (0, 0), (2, 2), (1.0, 1), ("2", 2), (np.int64(1), 1), (True, None), (False, None), (np.bool_(True), None),
        (None, None), (3, None), (-1, None), (1.5, None), ("2.0", None), (" 2", None), ("٢", None), ("", None),
        ([2], None), ({"score": 2}, None), (float("nan"), None), (float("inf"), None),
    ],
)  # fmt: skip
def test_score_coercion(value: object, score: int | None) -> None:
    assert coerce_score(value, 2) == score


@pytest.mark.parametrize(
    "raw",
    [
        json.dumps(VS),
        f"Here you are:\n```json\n{json.dumps(VS, indent=1)}\n```\nthanks",
        f"```\n{json.dumps(VS)}\n```",
        f"The verdict {json.dumps(VS)} stands. {{not this}}",
        '{"response_content": {"score": 2, "reason": "apt",}, "response_emotional_strategy": {"score": 1},}',
        '```json\n{"Response_Content": {"score": "2", "reason": "apt"}, "Response_Emotional_Strategy": 1.0,\n}\n```',
        'x {"response_content": {"score": 2, "reason": "apt"}, "a": "}{,}", "response_emotional_strategy": 1} y }',
    ],
)
def test_replies_that_can_be_read(raw: str) -> None:
    reply = parse_judge_reply("VS", raw)
    assert (reply.status, reply.scores) == ("scored", {"VS-RC": 2, "VS-RES": 1})
    assert reply.reasons == {"VS-RC": "apt"}
    assert reply.problem is None


@pytest.mark.parametrize(
    "raw,problem",
    [
        ("", "no_json"),
        ("I cannot answer.", "no_json"),
        ("[1, 2]", "no_json"),
        ('{"response_content": {"score": NaN}}', "no_json"),
        ('{"response_content": {"score": 2', "no_json"),
        ("{" * 5000, "no_json"),
        ('{"response_emotional_strategy": {"score": 1}}', "missing:response_content"),
        (
            '{"response_content": {"score": true}, "response_emotional_strategy": {"score": 1}}',
            "bad_score:response_content",
        ),
        (
            '{"response_content": {"score": 2}, "response_emotional_strategy": {}}',
            "bad_score:response_emotional_strategy",
        ),
        (
            '{"response_content": {"score": 3}, "response_emotional_strategy": {"score": 1}}',
            "bad_score:response_content",
        ),
        ('{"response_content": null, "response_emotional_strategy": {"score": 1}}', "bad_score:response_content"),
    ],
)
def test_replies_that_cannot(raw: str, problem: str) -> None:
    reply = parse_judge_reply("VS", raw)
    assert (reply.status, reply.scores, reply.problem) == ("unscored", None, problem)


def test_other_calls() -> None:
    instruction = '{"description": {"pitch": "low"}, "consistency": {"score": 2, "reason": "fits"}}'
    assert parse_judge_reply("IF", instruction).scores == {"IF": 2}
    assert parse_judge_reply("IF", '{"一致性": 1}').scores == {"IF": 1}
    dialogue = parse_judge_reply("dialogue", '{"reason": "good", "score": 10}')
    assert (dialogue.scores, dialogue.reasons) == ({"dialogue": 10}, {"dialogue": "good"})
    assert parse_judge_reply("dialogue", '{"score": 8.5}').problem == "bad_score:score"
    assert set(JUDGE_CALLS) == {"VS", "VT_EA_RES", "VT_RC", "IF", "dialogue"}
    with pytest.raises(ConfigError, match="unknown judge call"):
        parse_judge_reply("other", "")


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), JSON, max_size=3), st.text("abc \n", max_size=9))
def test_any_object_is_found_in_any_prose(value: dict[str, object], prose: str) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert first_json_object(prose + text + prose) == value
    assert first_json_object(remove_trailing_commas(text)) == value


@given(st.text('{}[],:"\\ 1a`', max_size=30))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert parse_judge_reply("VT_RC", text).status == "unscored"
    assert remove_trailing_commas(remove_trailing_commas(text)) == remove_trailing_commas(text)


def test_trailing_commas_inside_strings_stay() -> None:
    assert remove_trailing_commas('["a,]", "b\\",}" , ]') == '["a,]", "b\\",}"  ]'


def test_judge_result_counts_every_item() -> None:
    result = judge_result("IF", [2, 0, Skip("api_error"), NOT_APPLICABLE], params={"judge": "stub"}, bootstrap=QUICK)
    assert (result.value, result.n, result.unit) == (1.0, 2, "score")
    assert result.skipped_reasons == {"api_error": 1, "not_applicable": 1}
    assert result.details["coverage"] == pytest.approx(2 / 3)
    assert result.details["strict_value"] == pytest.approx(2 / 3)
    assert result.details["histogram"] == {"0": 1, "1": 0, "2": 1}
    assert "coverage" in result.warnings[0]
    assert judge_result("IF", [2] * 20, bootstrap=QUICK).warnings == ()


def test_judge_result_nulls() -> None:
    assert judge_result("IF", []).null_reason == "no_items"
    assert judge_result("IF", [NOT_APPLICABLE]).null_reason == "not_applicable"
    failed = judge_result("IF", [Skip("api_error")])
    assert (failed.null_reason, failed.details["strict_value"], failed.details["coverage"]) == (
        "all_items_skipped",
        0.0,
        0.0,
    )


@pytest.mark.parametrize("score", [True, 3, -1, 1.5])
def test_scores_outside_the_scale_are_refused(score: int) -> None:
    with pytest.raises(ConfigError, match="integer score"):
        judge_result("IF", [score])


def test_which_scores_exist() -> None:
    assert applicable_scores("thinking_speech") == dict.fromkeys(EMOOMNI_SCORES, "own")
    text = applicable_scores("thinking_text")
    assert [name for name, talker in text.items() if talker == "common"] == ["VS-RES", "VS-RC", "IF"]
    assert list(applicable_scores("direct_text")) == ["VT-RC"]
    assert list(applicable_scores("thinking_speech", "no_emotion_analysis")) == ["VS-RES", "VS-RC", "VT-RES", "VT-RC"]
    assert list(applicable_scores("thinking_speech", "no_response_strategy")) == ["VT-EA", "VT-RC"]
    assert list(applicable_scores("thinking_speech", "no_ecot")) == ["VT-RC"]
    with pytest.raises(ConfigError, match="unknown mode"):
        applicable_scores("other")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no chain of thought"):
        applicable_scores("direct_speech", "no_ecot")


def test_released_score_reproduces_the_quirks() -> None:
    scored, keyless = {"Response_Content": {"score": 2}}, {"other": 1}
    replies = [scored, keyless, None, scored]
    assert released_score("VT-RC", replies, [10, 10, 10, 9000]) == 1.0
    assert released_score("VS-RC", replies, [10, 10, 10, 10]) == 2.0
    assert released_score("VS-RC", [keyless], [1]) is None
    assert released_score("VT-EA", [{"Emotion_Analysis": {"score": 2}}] * 300, [1] * 300) is None
    assert released_score("VT-EA", [{"Emotion_Analysis": {"score": 2}}] * 301, [1] * 301) == 2.0
    assert released_score("IF", [{"一致性": True}] * 201, [1] * 201) == 1.0
    with pytest.raises(ConfigError):
        released_score("other", [], [])


def test_paired_comparison() -> None:
    result = compare_judged("VT-RC", {"a": 2, "b": None}, {"a": 1, "b": 2}, bootstrap=QUICK)
    assert (result.metric, result.value, result.skipped_reasons) == ("VT-RC_difference", 1.0, {"unpaired": 1})


CHAIN = {
    "asr": "hi",
    "emotion_analysis": "sad",
    "user_intent": "comfort",
    "response_strategy": "soft",
    "response": "there",
}


@pytest.mark.parametrize("variant", VARIANT_FIELDS)
def test_chain_of_thought_holds_the_fields_of_its_variant(variant: str) -> None:
    text = serialize_ecot(CHAIN, variant)  # type: ignore[arg-type]
    found = dict(re.findall(r"<(\w+)>(.*?)</\1>", text))
    assert list(found) == list(VARIANT_FIELDS[variant])
    assert all(found[name] == CHAIN[name] for name in VARIANT_FIELDS[variant])


@pytest.mark.parametrize("chain", [{}, {"response": " "}, {"response": "a", "mood": "b"}])
def test_bad_chains_are_refused(chain: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        check_ecot(chain)


def test_chains_that_cannot_be_written() -> None:
    with pytest.raises(ConfigError, match="tag"):
        serialize_ecot({"response": "a </response>"})
    with pytest.raises(ConfigError, match="variant"):
        serialize_ecot({"response": "a"}, "other")  # type: ignore[arg-type]


OUTPUT = dict.fromkeys(OUTPUT_KEYS, "x")


def test_dialogue_outputs() -> None:
    assert parse_dialogue_output(json.dumps(OUTPUT)) == OUTPUT
    assert parse_dialogue_output("no") == Skip("no_json")
    assert parse_dialogue_output(json.dumps({**OUTPUT, OUTPUT_KEYS[0]: 1})) == Skip("missing_key")
    rate = json_parse_rate([json.dumps(OUTPUT), "no", "no", "{}"])
    assert (rate.value, rate.n, rate.details["problems"]) == (0.25, 4, {"no_json": 2, "missing_key": 1})
    assert json_parse_rate([]).null_reason == "no_items"


def verdict(**changes: object) -> str:
    reply = {
        "Assistant's Emotion Analysis": "fits",
        "Assistant's Emotion Classification Score": 1,
        "Assistant's Pitch Analysis": "fits",
        "Assistant's Pitch Classification Score": 0,
    }
    return json.dumps({**reply, **{f"Assistant's {name.replace('_', ' ')}": value for name, value in changes.items()}})


def test_style_verdicts() -> None:
    assert parse_style_verdict(verdict()) == StyleVerdict(emotion=1, pitch=0)
    assert parse_style_verdict(verdict(Pitch_Analysis=" ")) == Skip("missing_analysis")
    assert parse_style_verdict(verdict(Emotion_Classification_Score=True)) == Skip("bad_score")
    assert parse_style_verdict(verdict(Pitch_Classification_Score=2)) == Skip("bad_score")
    assert parse_style_verdict("") == Skip("no_json")
    results = style_accuracy(
        [StyleVerdict(emotion=1, pitch=0), StyleVerdict(emotion=1, pitch=1), Skip("bad_score")], bootstrap=QUICK
    )
    assert [results[f"style_{axis}_acc"].value for axis in ("emotion", "pitch")] == [1.0, 0.5]
    assert results["style_pitch_acc"].details["strict_value"] == pytest.approx(1 / 3)


def test_style_labels() -> None:
    assert [fold_emotion(e) for e in ("surprised", "FEARFUL ", "disgusted", "happy")] == [
        "happy",
        "sad",
        "angry",
        "happy",
    ]
    results = style_exact(["surprised", "sad", "angry", "bored"], ["Happy", "fearful", None, "sad"], bootstrap=QUICK)
    assert results["style_exact_emotion"].value == pytest.approx(2 / 3)
    assert results["style_exact_emotion"].skipped_reasons == {"unknown_gold_label": 1}
    assert results["style_macro_f1_emotion"].value == pytest.approx(2 / 4)
    assert results["style_macro_f1_emotion"].n_skipped == 1
    pitch = style_exact(["low", "high"], ["low", "normal"], axis="pitch", bootstrap=QUICK)
    assert pitch["style_exact_pitch"].value == 0.5
    assert style_exact([], [])["style_macro_f1_emotion"].null_reason == "no_items"
