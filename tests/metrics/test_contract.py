"""What every corpus-level metric keeps: null with reasons for nothing, failures and NaN; strict JSON; no torch."""

import json
import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from speechkit.metrics.affect import single_turn_metrics
from speechkit.metrics.affect_dialogue import cross_turn_metrics
from speechkit.metrics.aggregate import mean_result
from speechkit.metrics.appropriateness import appropriateness
from speechkit.metrics.cepstral import cepstral_distortion
from speechkit.metrics.classification import classification
from speechkit.metrics.codebook import codebook_statistics
from speechkit.metrics.concordance import concordance
from speechkit.metrics.emotion_control import emotion_control
from speechkit.metrics.error_rate import error_rate
from speechkit.metrics.instruct import instruct_tts_scores, instruction_following
from speechkit.metrics.judge_scores import judge_result
from speechkit.metrics.leakage import leakage_probe, mutual_information
from speechkit.metrics.modality_conflict import ConflictTurn, conflict_rates, understanding
from speechkit.metrics.open_vocabulary import SMALL_MAPS, hit_rate, open_vocabulary
from speechkit.metrics.phone_error import phone_error_rates
from speechkit.metrics.phone_purity import phone_unit_statistics
from speechkit.metrics.pitch import pitch_metrics
from speechkit.metrics.pitch_control import PitchLevel, PitchRendition, pitch_control
from speechkit.metrics.quality import opinion_score
from speechkit.metrics.result import MetricResult, Skip
from speechkit.metrics.speaker import speaker_similarity
from speechkit.metrics.speed import RequestTiming, speed_metrics
from speechkit.metrics.spoken_dialogue import StyleVerdict, json_parse_rate, style_accuracy, style_exact
from speechkit.metrics.unit_distance import unit_edit_distances

NAN_FRAMES = np.full((4, 2), math.nan)
FRAMES = np.array([[0.5, 0.5], [0.6, 0.4], [0.4, 0.6]])
EMOTIONS = {"neutral": 0.1, "happy": 0.7, "sad": 0.1, "angry": 0.1}
TRIPLE: list[tuple[PitchLevel, float]] = [("low", 90.0), ("normal", 100.0), ("high", 120.0)]
SILENT = RequestTiming(total_seconds=1, audio_seconds=0)

# metric: (how to call it, arguments without items, arguments whose only item fails, arguments with one good item)
METRICS: dict[str, tuple[Callable[..., Any], list[Any], list[Any] | None, list[Any]]] = {
    "phone_error_rates": (phone_error_rates, [[], []], [[[]], [[]]], [[["a1"]], [["a1"]]]),
    "phone_unit_statistics": (phone_unit_statistics, [[], []], [[[]], [[]]], [[["a", "b"]], [[0, 1]]]),
    "unit_edit_distances": (unit_edit_distances, [[], []], [[[]], [[1]]], [[[1]], [[1]]]),
    "codebook_statistics": (codebook_statistics, [[], 4], [[[]], 4], [[[1]], 4]),
    "leakage_probe": (leakage_probe, [np.zeros((0, 2)), []], [np.full((1, 2), math.nan), ["a"]], [np.eye(10), ["a", "b"] * 5]),
    "mutual_information": (mutual_information, [[], []], [[[]], ["a"]], [[[1, 2], [3, 4]], ["a", "b"]]),
    "error_rate": (lambda r, h: error_rate(r, h, language="en"), [[], []], [["a"], [None]], [["a"], ["a"]]),
    "speaker_similarity": (lambda a, b: speaker_similarity(a, b, backend="x"), [[], []], [[None], [[1]]], [[[1]], [[1]]]),
    "pitch_metrics": (pitch_metrics, [[], []], [[[math.nan]], [[1.0]]], [[[100.0, 110, 120]], [[100.0, 110, 120]]]),
    "cepstral_distortion": (cepstral_distortion, [[], []], [[NAN_FRAMES], [FRAMES]], [[FRAMES], [FRAMES]]),
    "pitch_control": (
        pitch_control,
        [[]],
        [[PitchRendition(group="a", requested="low", f0=[])]],
        [[PitchRendition(group="a", requested=level, f0=[f0] * 12) for level, f0 in TRIPLE]],
    ),
    "opinion_score": (lambda s, d: opinion_score("utmos22", s, d), [[], []], [[None], [1.0]], [[3.0], [1.0]]),
    "speed_metrics": (
        lambda t: speed_metrics(t, warm_ups=0),
        [[]],
        [[SILENT]],
        [[RequestTiming(total_seconds=1, audio_seconds=2, first_audio_seconds=0.1, first_token_seconds=0.05)]],
    ),
    "emotion_control": (
        lambda r, s: [emotion_control(r, s).accuracy, emotion_control(r, s).uar],
        [[], []],
        None,
        [["happy"], [EMOTIONS]],
    ),
    "judge_result": (lambda o: judge_result("IF", o), [[]], [[Skip("no_json")]], [[2]]),
    "json_parse_rate": (json_parse_rate, [[]], None, ["{}"]),
    "style_accuracy": (style_accuracy, [[]], [[Skip("no_json")]], [[StyleVerdict(emotion=1, pitch=0)]]),
    "style_exact": (style_exact, [[], []], [["bored"], ["sad"]], [["sad"], ["sad"]]),
    "classification": (lambda g, p: classification(g, p, ("a", "b")), [[], []], None, [["a"], ["a"]]),
    "open_vocabulary": (lambda g, p: open_vocabulary(g, p, SMALL_MAPS), [[], []], [[["?"]], [["sad"]]], [[["sad"]], [["sad"]]]),
    "hit_rate": (lambda g, p: hit_rate(g, p, SMALL_MAPS), [[], []], [["?"], [["sad"]]], [["sad"], [["sad"]]]),
    "single_turn_metrics": (single_turn_metrics, [[], []], [[NAN_FRAMES], [FRAMES]], [[FRAMES - 0.4], [FRAMES]]),
    "cross_turn_metrics": (cross_turn_metrics, [[]], [[[(FRAMES, FRAMES)]]], [[[(FRAMES - 0.4, FRAMES)] * 2]]),
    "concordance": (concordance, [[], []], [[NAN_FRAMES], [NAN_FRAMES]], [[FRAMES], [FRAMES]]),
    "conflict_rates": (
        conflict_rates,
        [[]],
        [[ConflictTurn(audio_label="sad", visual_label="sad", predicted=None)]],
        [[ConflictTurn(audio_label="sad", visual_label="happy", predicted=None)]],
    ),
    "understanding": (understanding, [[], []], None, [["sad"], ["sad"]]),
    "appropriateness": (appropriateness, [[], []], [["?"], ["?"]], [["sad"], ["sad"]]),
    "instruction_following": (instruction_following, [[]], [[Skip("no_json")]], [[2]]),
    "instruct_tts_scores": (
        lambda items: instruct_tts_scores(dict.fromkeys(("APS", "DSD", "RP"), items)),
        [[]],
        [[Skip("no_json")]],
        [[True]],
    ),
}  # fmt: skip


def results_of(found: Any) -> list[MetricResult]:
    if isinstance(found, MetricResult):
        return [found]
    return list(found.values() if isinstance(found, dict) else found)


def check_json(result: MetricResult) -> None:
    text = result.to_json()
    assert not any(word in text for word in ("NaN", "Infinity"))
    assert MetricResult.from_dict(json.loads(text)) == result


@pytest.mark.parametrize("name", METRICS)
def test_nothing_gives_null_with_a_reason(name: str) -> None:
    call, nothing, _, _ = METRICS[name]
    for result in results_of(call(*nothing)):
        check_json(result)
        assert (result.value, result.n, result.ci95) == (None, 0, None)
        assert result.null_reason


@pytest.mark.parametrize("name", [name for name, case in METRICS.items() if case[2] is not None])
def test_failures_give_null_with_counted_reasons(name: str) -> None:
    call, _, failing, _ = METRICS[name]
    for result in results_of(call(*(failing or []))):
        check_json(result)
        assert result.value is None
        assert result.null_reason
        assert result.n_skipped == sum(result.skipped_reasons.values())


@pytest.mark.parametrize("name", METRICS)
def test_one_item_gives_a_value_or_a_reason(name: str) -> None:
    call, _, _, single = METRICS[name]
    for result in results_of(call(*single)):
        check_json(result)
        assert (result.value is None) == (result.null_reason is not None)


def test_single_items_have_values() -> None:
    results = [result for call, _, _, single in METRICS.values() for result in results_of(call(*single))]
    assert sum(result.value is not None for result in results) > 60


def test_nan_among_outcomes_is_a_skip() -> None:
    result = mean_result("x", [1.0, math.nan, math.inf])
    assert (result.value, result.skipped_reasons) == (1.0, {"not_finite": 2})


def test_importing_the_metrics_loads_no_model_library() -> None:
    """In a fresh interpreter, because this one has torch already."""
    code = (
        "import pkgutil, importlib, sys, speechkit.metrics as m\n"
        "for item in pkgutil.iter_modules(m.__path__): importlib.import_module(f'speechkit.metrics.{item.name}')\n"
        "print(sorted({'torch', 'scipy', 'sklearn', 'jiwer', 'librosa', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
