"""Affect dynamics against a slow twin of the published formulas; concordance; conflicts; ratings."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.affect import (
    AffectConfig,
    affect_track,
    ebs,
    ecs,
    ers,
    ess,
    extreme_dimensions,
    single_turn_metrics,
    turn_affect,
)
from speechkit.metrics.affect_dialogue import DialogueAffect, cross_turn_metrics, dialogue_affect
from speechkit.metrics.appropriateness import appropriateness, human_ratings, normalised_likert
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.concordance import ccc, ccc_loss, concordance, to_unit_interval
from speechkit.metrics.modality_conflict import ConflictTurn, conflict_rates, understanding
from speechkit.metrics.result import Skip

QUICK = BootstrapConfig(resamples=20)
TRACK = st.integers(1, 6).flatmap(
    lambda frames: st.lists(st.lists(st.floats(-1, 1), min_size=3, max_size=3), min_size=frames, max_size=frames)
)


def slow_dtw(a: np.ndarray, b: np.ndarray) -> float:
    fastdtw = pytest.importorskip("fastdtw", reason="fastdtw is not installed")
    return float(fastdtw.fastdtw(a, b)[0])


@given(TRACK, TRACK)
def test_scores_equal_the_published_formulas(user: list[list[float]], agent: list[list[float]]) -> None:
    """With FastDTW, three dimensions and raw scale, as the predecessor's code computes them."""
    u, a = np.array(user), np.array(agent)
    distances = [slow_dtw(u[:, d], a[:, d]) for d in range(3)]
    assert ecs(u, a, dtw="fastdtw") == pytest.approx(1 - 5 * (distances[0] + distances[1]) / (4 * max(len(u), len(a))))
    means = u.mean(axis=0)
    flags = [means[0] < -0.07, means[1] > 0.345, means[2] < 0.210]
    shifted = [slow_dtw(u[:, d] + delta, a[:, d]) for d, delta in enumerate((0.211, -0.105, 0.098))]
    balance = ebs(u, a, dtw="fastdtw")
    if any(flags):
        expected = 1 - 5 / sum(flags) * sum(x for x, flag in zip(shifted, flags, strict=True) if flag) / len(u)
        assert balance == pytest.approx(expected)
    else:
        assert balance is None
    steps = np.abs(np.diff(a, axis=0))
    big = steps[steps > 0.04 + 1e-9]
    assert ess(a) == pytest.approx(1 - 5 * big.sum() / big.size if big.size else 1.0)


@given(TRACK, TRACK)
def test_scores_are_clipped_and_raw_values_kept(user: list[list[float]], agent: list[list[float]]) -> None:
    turn = turn_affect(user, agent, AffectConfig(scale="raw"))
    assert not isinstance(turn, Skip)
    for name in ("ecs", "ebs", "ess"):
        score, raw = getattr(turn, name), getattr(turn, f"raw_{name}")
        assert score is None if raw is None else score == min(1, max(0, raw))
    assert 0 <= turn.ers("mean") <= 1
    assert 0 <= turn.ers("code") <= 1


def test_summary_modes() -> None:
    assert ers(0.5, None, 1.0, "mean") == 0.75
    assert ers(0.5, None, 1.0, "code") == pytest.approx(0.65)
    assert ers(0.5, 0.0, 1.0, "code") == pytest.approx(0.4)


def test_valence_and_arousal_have_no_dominance_flag() -> None:
    assert extreme_dimensions(np.array([[0.0, 0.0, 0.0]])) == [2]
    assert extreme_dimensions(np.array([[0.0, 0.0]])) == []
    assert extreme_dimensions(np.array([[-0.5, 0.5]])) == [0, 1]


def test_tracks_are_scaled_and_filled() -> None:
    track = affect_track([[0.0, 1.0], [math.nan, 0.5], [1.0, 0.0]])
    assert not isinstance(track, Skip)
    assert track.tolist() == [[-1.0, 1.0], [0.0, 0.0], [1.0, -1.0]]
    assert affect_track(np.zeros((0, 2))) == Skip("empty_track")
    with pytest.raises(ShapeError):
        affect_track([0.1, 0.2])
    with pytest.raises(ShapeError, match="same dimensions"):
        turn_affect([[0.1, 0.2]], [[0.1, 0.2, 0.3]])
    with pytest.raises(ConfigError):
        AffectConfig(gain=0)
    with pytest.raises(ConfigError):
        AffectConfig(scale="other")  # type: ignore[arg-type]


def test_single_turn_set() -> None:
    calm, sad = [[0.5, 0.5]] * 3, [[0.2, 0.5]] * 3
    nan = [[math.nan, math.nan]] * 3
    results = single_turn_metrics([calm, sad, np.zeros((0, 2)), calm], [calm, sad, calm, nan], bootstrap=QUICK)
    assert results["ECS"].value == results["ESS"].value == 1.0
    assert results["EBS"].n == 1
    assert results["EBS"].value == 0.0
    assert results["EBS"].details["raw_value"] == pytest.approx(1 - 5 * 0.211)
    assert results["EBS"].skipped_reasons == {"no_extreme_state": 1, "empty_track": 1, "nan_track": 1}
    assert results["ERS"].value == pytest.approx((1 + 2 / 3) / 2)
    assert results["ECS"].params["scale"] == "emo"
    assert single_turn_metrics([], [])["EBS"].null_reason == "no_items"
    assert single_turn_metrics([calm], [calm])["EBS"].null_reason == "all_items_skipped"
    assert single_turn_metrics([calm], [calm])["EBS"].details["raw_value"] is None


def test_cross_turns() -> None:
    calm, sad = [[0.5, 0.5]] * 2, [[0.2, 0.5]] * 2
    empty = np.zeros((0, 2))
    dialogue = dialogue_affect([(calm, calm), (sad, sad), (empty, calm)])
    assert isinstance(dialogue, DialogueAffect)
    assert (dialogue.turns, dialogue.ct_ecs, dialogue.ct_ebs) == (2, 1.0, 0.0)
    assert dialogue.raw_ct_ess == pytest.approx(1 - 5 * (0.6 * 2) / (4 * 2))
    assert dialogue.ct_ers("code") == pytest.approx(0.35 + 0.3 * dialogue.ct_ess)
    assert dialogue.ct_ers("mean") == pytest.approx((1 + dialogue.ct_ess) / 3)
    steady = dialogue_affect([(calm, calm), (calm, calm)])
    assert isinstance(steady, DialogueAffect)
    assert (steady.ct_ebs, steady.ct_ers("code"), steady.ct_ers("mean")) == (None, 1.0, 1.0)
    results = cross_turn_metrics([[(calm, calm)], [(calm, calm)] * 2, [(sad, sad)] * 2], bootstrap=QUICK)
    assert results["CT-ECS"].skipped_reasons == {"fewer_than_2_turns": 1}
    assert results["CT-EBS"].skipped_reasons == {"fewer_than_2_turns": 1, "no_extreme_state": 1}
    assert cross_turn_metrics([])["CT-ERS"].null_reason == "no_items"


def test_ccc_edges() -> None:
    assert ccc([1, 2, 3], [1, 2, 3]) == 1.0
    assert ccc([1, 2, 3], [3, 2, 1]) == -1.0
    assert ccc([1, 1], [1, 2]) == ccc([1, 1], [2, 2]) == 0.0
    assert ccc([1, 1], [1, 1]) is None
    assert ccc([1], [1]) is None
    assert ccc([5e-324, 0], [0, 5e-324]) is None
    with pytest.raises(ShapeError):
        ccc([1, 2], [1])


@given(st.integers(0, 1000))
def test_padding_touches_no_moment(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 6, 3)
    x, y = rng.normal(size=(2, 3, 6, 2))
    mask = np.arange(6) < lengths[:, None]
    each = [ccc(x[b, :n, d], y[b, :n, d]) for b, n in enumerate(lengths) for d in range(2)]
    assert ccc_loss(x, y, mask) == pytest.approx(1 - np.mean(each), abs=1e-6)  # type: ignore[arg-type]
    noisy = np.where(mask[:, :, None], x, np.nan)
    assert ccc_loss(noisy, y, mask) == pytest.approx(ccc_loss(x, y, mask))


def test_loss_edges() -> None:
    assert ccc_loss(np.zeros((1, 3, 1)), np.zeros((1, 3, 1)), np.zeros((1, 3))) == 1.0
    with pytest.raises(ShapeError):
        ccc_loss(np.zeros((1, 3)), np.zeros((1, 3)))
    with pytest.raises(ShapeError, match="mask"):
        ccc_loss(np.zeros((1, 3, 1)), np.zeros((1, 3, 1)), np.zeros((1, 2)))


def test_concordance_concatenates_recordings() -> None:
    rng = np.random.default_rng(0)
    labels = [rng.random((5, 2)), rng.random((7, 2)), np.full((4, 2), math.nan)]
    predictions = [label + 0.1 * rng.normal(size=label.shape) for label in labels]
    results = concordance(predictions, labels, bootstrap=QUICK)
    pooled = ccc(np.concatenate(predictions[:2])[:, 0], np.concatenate(labels[:2])[:, 0])
    assert results["CCC_valence"].value == pytest.approx(pooled)
    each = [ccc(p[:, 0], t[:, 0]) for p, t in zip(predictions[:2], labels[:2], strict=True)]
    assert results["CCC_valence_per_recording"].value == pytest.approx(np.mean(each))  # type: ignore[arg-type]
    both = [results[f"CCC_{name}"].value for name in ("valence", "arousal")]
    assert results["CCC_mean"].value == pytest.approx(np.mean(both))  # type: ignore[arg-type]
    assert results["CCC_mean"].skipped_reasons == {"nan_track": 1}
    assert results["CCC_mean"].ci95 is not None


def test_concordance_nulls() -> None:
    assert concordance([], [])["CCC_mean"].null_reason == "no_items"
    nan = np.full((3, 2), math.nan)
    assert concordance([nan], [nan])["CCC_mean"].null_reason == "all_items_skipped"
    flat = concordance([np.ones((3, 2))], [np.ones((3, 2))])
    assert flat["CCC_valence"].null_reason == flat["CCC_mean"].null_reason == "undefined"
    assert flat["CCC_valence_per_recording"].skipped_reasons == {"undefined": 1}
    with pytest.raises(ShapeError):
        concordance([np.ones((3, 1))], [np.ones((3, 1))])


def test_labels_to_unit_interval() -> None:
    assert to_unit_interval([-1, 0, 1]).tolist() == [0.0, 0.5, 1.0]


@given(st.lists(st.sampled_from(["happy", "sad", "angry", None]), min_size=1, max_size=9))
def test_conflict_rates_sum_to_one(answers: list[str | None]) -> None:
    turns = [ConflictTurn(audio_label="happy", visual_label="sad", predicted=answer) for answer in answers]
    results = conflict_rates(turns, bootstrap=QUICK)
    assert sum(result.value or 0 for result in results.values()) == pytest.approx(1)
    assert results["OLR"].details["unparsed"] == answers.count(None)


def test_turns_without_conflict_are_left_out() -> None:
    agree = ConflictTurn(audio_label="sad", visual_label="sad", predicted="sad")
    results = conflict_rates([agree])
    assert results["AAR"].null_reason == "all_items_skipped"
    assert results["VAR"].skipped_reasons == {"no_conflict": 1}
    assert conflict_rates([])["OLR"].null_reason == "no_items"


def test_understanding() -> None:
    results = understanding(["happy", "sad"], ["happy", None], bootstrap=QUICK)
    assert (results["Acc_AV"].value, results["F1_AV"].value) == (0.5, 0.25)  # all four labels count
    assert understanding([], [], condition="A")["Acc_A"].null_reason == "no_items"
    with pytest.raises(ConfigError, match="condition"):
        understanding([], [], condition="X")


def test_appropriateness_is_the_mean_of_user_emotions() -> None:
    results = appropriateness(
        ["neutral", "happy", "happy", "sad", "bored"], ["neutral", "happy", "sad", "?", "sad"], bootstrap=QUICK
    )
    assert results["appropriateness_happy"].value == pytest.approx(0.6)
    assert results["appropriateness"].value == pytest.approx((0.9 + 0.6) / 2)
    assert (results["appropriateness"].n, results["appropriateness"].n_skipped) == (3, 2)
    assert results["appropriateness_angry"].null_reason == "no_items"
    assert appropriateness([], [])["appropriateness"].null_reason == "no_items"
    assert appropriateness(["?"], ["?"])["appropriateness"].null_reason == "all_items_skipped"


def test_human_ratings() -> None:
    results = human_ratings([5, 3], [1], [3])
    assert [results[name].value for name in ("ER", "EN", "RR", "human_mean")] == pytest.approx(
        [0.75, 0.0, 0.5, 1.25 / 3]
    )
    assert human_ratings([5], [], [3])["human_mean"].null_reason == "missing_ratings"
    with pytest.raises(ConfigError, match=r"\[1, 5\]"):
        normalised_likert(0)
