"""The dialogue, EMOVA and instruct suites with judges that follow a script."""

import json
from pathlib import Path
from typing import Any

import pytest

from speechkit.errors import ConfigError, ManifestError
from speechkit.evaluation import Item, run
from speechkit.evaluation.judging.offline import StubJudge
from speechkit.evaluation.layouts.meld import read_meld_list
from speechkit.evaluation.suites import dialogue as omni
from speechkit.evaluation.suites import spoken_dialogue as emova
from speechkit.evaluation.suites.instruct import InstructSuite, expand_instructions
from speechkit.evaluation.suites.judged import expand_calls

CHAIN = {"emotion_analysis": "sad voice", "user_intent": "wants comfort", "response_strategy": "soothe"}


def stub(folder: Path, default: Any, *rules: tuple[str, Any]) -> StubJudge:
    path = folder / "stub.json"
    path.write_text(json.dumps({"default": default, "rules": [{"contains": c, "reply": r} for c, r in rules]}))
    return StubJudge(path)


def scores(**values: Any) -> dict[str, Any]:
    return {key: {"score": value, "reason": "because"} for key, value in values.items()}


ALL = scores(response_content=2, response_emotional_strategy=1, emotion_analysis=0, consistency=2)


def rows(folder: Path, count: int = 3, **changes: Any) -> list[Item]:
    output = {"ecot": CHAIN, "response": "I am here.", "instruction": "softly", "audio": "reply.wav", **changes}
    return [
        Item(id=f"d{n}", row={"id": f"d{n}", "video": "v.mp4", "output": output, "dialogue_id": str(n)}, folder=folder)
        for n in range(count)
    ]


def test_six_scores(tmp_path: Path) -> None:
    report = run(omni.DialogueSuite(stub(tmp_path, ALL)), expand_calls(rows(tmp_path), omni.CALLS), tmp_path / "r")
    values = {result.metric: result.value for result in report.results}
    assert values == {"VS-RES": 1, "VS-RC": 2, "VT-EA": 0, "VT-RES": 1, "VT-RC": 2, "IF": 2}
    document = json.loads((tmp_path / "r/results.json").read_text())
    assert document["parameters"]["prompts"]["VS"]["id"] == "VS.v1"
    assert all(len(p["sha256"]) == 64 for p in document["parameters"]["prompts"].values())


def test_unscored_items_lower_the_strict_value_only(tmp_path: Path) -> None:
    judge = stub(tmp_path, ALL, ("mumble", {"response_content": {"score": True}}))
    items = [
        *rows(tmp_path, 3),
        Item(id="x", row={**rows(tmp_path, 1, response="mumble")[0].row, "id": "x"}, folder=tmp_path),
    ]
    report = run(omni.DialogueSuite(judge), expand_calls(items, omni.CALLS), tmp_path / "r")
    content = next(result for result in report.results if result.metric == "VT-RC")
    assert content.value == 2
    assert content.details["strict_value"] == 1.5
    assert content.details["coverage"] == 0.75
    assert content.skipped_reasons == {"bad_score:response_content": 1}
    assert content.warnings


@pytest.mark.parametrize(
    ("mode", "variant", "present"),
    [
        ("direct_speech", "full", {"VS-RES", "VS-RC", "VT-RC"}),
        ("direct_text", "full", {"VT-RC"}),
        ("thinking_speech", "no_response_strategy", {"VT-EA", "VT-RC"}),
        ("thinking_speech", "no_emotion_analysis", {"VS-RES", "VS-RC", "VT-RES", "VT-RC"}),
    ],
)
def test_what_does_not_apply_is_null(tmp_path: Path, mode: str, variant: str, present: set[str]) -> None:
    suite = omni.DialogueSuite(stub(tmp_path, ALL), config=omni.DialogueConfig(mode=mode, variant=variant))
    report = run(suite, expand_calls(rows(tmp_path, 1), omni.CALLS), tmp_path / "r")
    assert {result.metric for result in report.results if result.value is not None} == present
    assert {result.null_reason for result in report.results if result.value is None} == {"not_applicable"}


def test_missing_inputs_do_not_apply(tmp_path: Path) -> None:
    items = [Item(id="a", row={"id": "a", "output": {"response": "hi"}}, folder=tmp_path)]
    report = run(omni.DialogueSuite(stub(tmp_path, ALL)), expand_calls(items, omni.CALLS), tmp_path / "r")
    assert all(result.value is None and result.null_reason == "not_applicable" for result in report.results)
    with pytest.raises(ConfigError):
        omni.DialogueConfig(mode="dreaming")


def test_data_sets_are_not_pooled(tmp_path: Path) -> None:
    items = rows(tmp_path, 2)
    named = [
        Item(id=i.id, row={**i.row, "dataset": name}, folder=tmp_path) for i, name in zip(items, "ab", strict=True)
    ]
    report = run(omni.DialogueSuite(stub(tmp_path, ALL)), expand_calls(named, omni.CALLS), tmp_path / "r")
    assert {"VT-RC@a", "VT-RC@b"} <= {result.metric for result in report.results}


def test_the_released_output_text_is_read(tmp_path: Path) -> None:
    text = "情感分析结果为:sad\n意图策略及回复路径:comfort\n因此我的回复路径可以是soothe\n所以我的回复应该是:I am here."
    item = Item(id="a", row={"id": "a", "video": "v.mp4", "output": text}, folder=tmp_path)
    fields, _ = omni.call_inputs(item, "VT_RC")  # type: ignore[misc]
    assert fields == {"response": "I am here."}
    fields, _ = omni.call_inputs(item, "VT_EA_RES")  # type: ignore[misc]
    assert "sad" in fields["output"]


def test_calls_that_a_judge_left_unscored_are_asked_again(tmp_path: Path) -> None:
    items = expand_calls(rows(tmp_path, 2), omni.CALLS)
    (tmp_path / "stub.json").write_text('{"rules": []}')  # answers nothing, as a server that is down
    down = run(omni.DialogueSuite(StubJudge(tmp_path / "stub.json")), items, tmp_path / "r")
    assert all(result.value is None for result in down.results)
    up = run(omni.DialogueSuite(stub(tmp_path, ALL)), items, tmp_path / "r")
    assert {result.metric: result.value for result in up.results}["VT-RC"] == 2
    run(omni.DialogueSuite(stub(tmp_path, ALL)), items, tmp_path / "whole")
    assert (tmp_path / "r/results.json").read_bytes() == (tmp_path / "whole/results.json").read_bytes()


def output_of(text: str) -> Any:
    return omni.output_of(Item(id="a", row={"id": "a", "output": text}, folder=Path()))


def test_outputs_of_released_models() -> None:
    text = (
        "system\nYou are Qwen.\nuser\n…\nassistant\n情感分析结果为: 难过\n意图策略及回复路径: 要安慰\n"
        "因此我的回复路径可以是: 温柔\n所以我的回复应该是: 我在。"
    )
    chain = {"asr": None, "emotion_analysis": "难过", "user_intent": "要安慰", "response_strategy": "温柔"}
    assert output_of(text) == {"ecot": {**chain, "response": "我在。"}, "response": "我在。"}
    for unmarked in ("情感分析结果为: 难过。", "回复策略分析: x 所以我的回复应该是:", "Anna: 情感分析结果为: 难过。"):
        assert output_of(unmarked) == {"response": unmarked}
    assert output_of("Just an answer.")["response"] == "Just an answer."
    assert output_of(" ") == {"response": ""}


def test_killed_between_calls(tmp_path: Path) -> None:
    items = expand_calls(rows(tmp_path, 2), omni.CALLS)
    run(omni.DialogueSuite(stub(tmp_path, ALL)), items, tmp_path / "whole")
    suite = omni.DialogueSuite(stub(tmp_path, ALL))
    measure, left = suite.measure, 5

    def dies(item: Item, folder: Path) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return measure(item, folder)

    suite.measure = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        run(suite, items, tmp_path / "killed")
    run(omni.DialogueSuite(stub(tmp_path, ALL)), items, tmp_path / "killed")
    assert (tmp_path / "killed/results.json").read_bytes() == (tmp_path / "whole/results.json").read_bytes()


def emova_output(**changes: str) -> str:
    output = {
        "user question text": "how are you", "user question emotion": "neutral", "user question pitch": "normal",
        "assistant response text": "fine", "assistant response emotion": "surprised",
        "assistant response pitch": "high", "assistant response speech": "<|speech_1|>",
    }  # fmt: skip
    return json.dumps({**output, **changes})


def test_emova(tmp_path: Path) -> None:
    style = {
        "Assistant's Emotion Analysis": "ok", "Assistant's Emotion Classification Score": 1,
        "Assistant's Pitch Analysis": "ok", "Assistant's Pitch Classification Score": 0,
    }  # fmt: skip
    judge = stub(tmp_path, {"reason": "good", "score": 8}, ("Emotion chosen", style))
    shared = {"question": "how are you?", "answer": "well", "heard": "fine", "emotion": "happy", "pitch": "high"}
    items = [
        Item(id="a", row={"id": "a", **shared, "output": emova_output()}, folder=tmp_path),
        Item(id="b", row={"id": "b", **shared, "output": "no json"}, folder=tmp_path),
    ]
    report = run(emova.SpokenDialogueSuite(judge), expand_calls(items, emova.CALLS), tmp_path / "r")
    values = {result.metric: result for result in report.results}
    assert values["end_to_end"].value == 8
    assert values["end_to_end"].details["strict_value"] == 4
    assert values["unit_in_text_out"].skipped_reasons == {"no_json": 1}
    assert values["text_in_text_out"].null_reason == "not_applicable"
    assert (values["style_emotion_acc"].value, values["style_pitch_acc"].value) == (1, 0)
    assert values["json_parse_rate"].value == 0.5
    assert values["style_exact_emotion"].value == 0.5


class TestInstruct:
    def test_if(self, tmp_path: Path) -> None:
        judge = stub(tmp_path, scores(consistency=2), ("whisper", scores(consistency=1)))
        rows = [
            {"id": "a", "instruction": "whisper", "audio": "a.wav"},
            {"id": "b", "instruction": "shout", "audio": "b.wav"},
        ]
        rows.append({"id": "c", "instruction": "", "audio": "c.wav"})
        items = [Item(id=str(row["id"]), row=row, folder=tmp_path) for row in rows]
        report = run(InstructSuite(judge), expand_instructions(items), tmp_path / "r")
        values = {result.metric: result for result in report.results}
        assert values["if_mean"].value == 1.5
        assert values["if_full"].value == 0.5
        assert values["if_mean"].skipped_reasons == {"not_applicable": 1}

    def test_instruct_tts_eval(self, tmp_path: Path) -> None:
        judge = stub(tmp_path, {"一致性": True}, ("angry", {"一致性": False}), ("odd", {"一致性": "true"}))
        part = {kind: {"instruction": "calm", "gen_path": "x.wav"} for kind in ("APS", "DSD", "RP")}
        rows = [
            {"id": "a", "text": "hi", **part},
            {"id": "b", "text": "hi", **part, "DSD": {"instruction": "angry", "gen_path": "x.wav"}},
            {"id": "c", "text": "hi", **part, "RP": {"instruction": "odd", "gen_path": "x.wav"}},
        ]
        items = [Item(id=str(row["id"]), row=row, folder=tmp_path) for row in rows]
        report = run(InstructSuite(judge), expand_instructions(items), tmp_path / "r")
        values = {result.metric: result.value for result in report.results}
        assert values["ite_aps"] == 100
        assert values["ite_dsd"] == pytest.approx(200 / 3)
        assert values["ite_rp"] == 100
        with pytest.raises(ManifestError):
            expand_instructions([Item(id="x", row={"id": "x", "APS": {}}, folder=tmp_path)])


def test_meld_list(tmp_path: Path) -> None:
    path = tmp_path / "meld.jsonl"
    turns = [
        {"role": "system", "content": "s"}, {"role": "user", "content": "before"}, {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "<video>I lost my job."}, {"role": "assistant", "content": "I am sorry."},
    ]  # fmt: skip
    path.write_text(json.dumps({"messages": turns, "videos": [], "audios": []}) + "\n")
    (row,) = read_meld_list(path)
    assert row["user_text"] == "I lost my job."
    assert row["reference_response"] == "I am sorry."
    assert len(row["context"]) == 2
    assert row["video"] is None
    path.write_text(json.dumps([{"messages": []}]))
    with pytest.raises(ManifestError, match="user turn"):
        read_meld_list(path)
