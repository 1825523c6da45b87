"""InstructTTSEval and seed-tts-eval: records, lists, verdicts."""

import pytest

from speechkit.errors import ManifestError
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.instruct import (
    check_instruct_record,
    instruct_tts_scores,
    instruction_following,
    parse_instruct_verdict,
)
from speechkit.metrics.judge_scores import NOT_APPLICABLE
from speechkit.metrics.result import MetricResult, Skip, null_result
from speechkit.metrics.seed_tts import (
    SeedTTSItem,
    parse_seed_tts_line,
    parse_seed_tts_list,
    seed_tts_error_rate,
    talker_row,
)

QUICK = BootstrapConfig(resamples=20)


@pytest.mark.parametrize(
    "raw,verdict",
    [
        ('{"一致性": true}', True),
        ('```json\n{"一致性": false,}\n```', False),
        ('{"一致性": "true"}', Skip("null_verdict")),
        ('{"一致性": null}', Skip("null_verdict")),
        ('{"一致性": 1}', Skip("null_verdict")),
        ("{}", Skip("missing_verdict")),
        ("yes", Skip("no_json")),
    ],
)
def test_verdicts(raw: str, verdict: object) -> None:
    assert parse_instruct_verdict(raw) == verdict


def test_instruct_scores_need_all_three_types() -> None:
    results = instruct_tts_scores({"APS": [True, Skip("null_verdict")], "DSD": [], "RP": [False]}, bootstrap=QUICK)
    assert results["ite_aps"].value == 100.0
    assert results["ite_aps"].details["strict_value"] == 50.0
    assert results["ite_rp"].value == 0.0
    assert results["ite_dsd"].null_reason == "no_items"
    assert results["ite_avg"].null_reason == "missing_type"
    failed = instruct_tts_scores({"APS": [Skip("no_json")]})
    assert (failed["ite_aps"].null_reason, failed["ite_aps"].details["strict_value"]) == ("all_items_skipped", 0.0)


def test_instruction_following_modes() -> None:
    fixed = instruction_following([2, Skip("no_json"), NOT_APPLICABLE], fixed=True, bootstrap=QUICK)
    assert list(fixed) == ["if_fixed", "if_full"]
    assert fixed["if_fixed"].details["strict_value"] == 1.0
    assert fixed["if_full"].details["strict_value"] == 0.5
    assert instruction_following([NOT_APPLICABLE])["if_mean"].null_reason == "not_applicable"


def test_instruct_records() -> None:
    part = {"instruction": "softly", "gen_path": "a.wav"}
    assert check_instruct_record({"id": "1", "text": "hi", "RP": part}) == {"RP": ("softly", "a.wav")}
    for bad in (
        {"id": 1, "text": "hi", "RP": part},
        {"id": "1", "text": "hi"},
        {"id": "1", "text": "hi", "APS": {"instruction": "x"}},
        {"id": "1", "text": "hi", "APS": "x"},
    ):
        with pytest.raises(ManifestError):
            check_instruct_record(bad)


def test_seed_tts_lines() -> None:
    full = parse_seed_tts_line("u-1.wav|prompt|p.wav|say this|r.wav\n")
    assert full == SeedTTSItem(
        utterance="u-1", prompt_text="prompt", prompt_wav="p.wav", text="say this", reference_wav="r.wav"
    )
    assert full.file_name == "u-1.wav"
    assert parse_seed_tts_line("u|p.wav|text").prompt_wav == "p.wav"
    assert parse_seed_tts_line("u|text").prompt_text is None
    for bad in ("u", "a|b|c|d|e|f", "|text", "u|"):
        with pytest.raises(ManifestError):
            parse_seed_tts_line(bad)


def test_seed_tts_lists() -> None:
    items = parse_seed_tts_list(["a|one two", "", "b|three four five"])
    assert [item.utterance for item in items] == ["a", "b"]
    result = seed_tts_error_rate(items, ["one too", "three four five"], language="en", bootstrap=QUICK)
    assert (result.value, result.details["percent"], result.details["macro_below_50_percent"]) == (0.25, 25.0, 0.25)
    with pytest.raises(ManifestError, match="line 2: a seed"):
        parse_seed_tts_list(["a|x", "broken"])
    with pytest.raises(ManifestError, match="twice"):
        parse_seed_tts_list(["a|x", "a|y"])


def test_talker_row_keeps_scales_apart() -> None:
    results = [
        MetricResult(metric="CER", value=0.05, n=1),
        MetricResult(metric="if_mean", value=1.5, n=1, unit="score"),
        MetricResult(metric="utmos22", value=4.0, n=1, unit="MOS"),
        null_result("VS-RC", "no_items"),
    ]
    assert talker_row(results) == {"VS-RES": None, "VS-RC": None, "IF": 1.5, "WER": 0.05, "UTMOS": None}
