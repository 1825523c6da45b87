"""Every worked example of the evaluation specification, to 1e-6 (the digits it prints, where it prints fewer)."""

import math

import numpy as np
import pytest

from speechkit.metrics.affect import AffectConfig, affect_track, ess, turn_affect
from speechkit.metrics.affect_dialogue import ct_ess
from speechkit.metrics.cepstral import mel_cepstral_distortion
from speechkit.metrics.classification import classification, weighted_precision
from speechkit.metrics.codebook import bit_rate, codebook_statistics, rate_statistics
from speechkit.metrics.concordance import ccc
from speechkit.metrics.dtw import dtw_distance
from speechkit.metrics.emotion_control import emotion_control, recognised_emotion, restrict_scores
from speechkit.metrics.english_text import whisper_english
from speechkit.metrics.error_rate import error_rate
from speechkit.metrics.grpo import advantages, clipped_objective
from speechkit.metrics.instruct import instruct_tts_scores, instruction_following
from speechkit.metrics.judge_scores import judge_result
from speechkit.metrics.leakage import normalised_leakage
from speechkit.metrics.modality_conflict import ConflictTurn, conflict_rates
from speechkit.metrics.open_vocabulary import SMALL_MAPS, hit_rate, open_vocabulary
from speechkit.metrics.phone_error import ctc_collapse, phone_error_rates
from speechkit.metrics.phone_purity import phone_unit_statistics
from speechkit.metrics.pitch import cents, pearson, pitch_errors
from speechkit.metrics.pitch_control import PitchRendition, pitch_control, semitones
from speechkit.metrics.quality import dnsmos_score
from speechkit.metrics.result import Skip
from speechkit.metrics.rewards import (
    ModalityToken,
    entropy_from_logits,
    modality_entropy,
    modality_reward,
    total_reward,
)
from speechkit.metrics.speaker import cosine_similarity
from speechkit.metrics.speed import RequestTiming, speed_metrics
from speechkit.metrics.spoken_dialogue import dialogue_score
from speechkit.metrics.unit_distance import deduplicate, unit_edit_distances


def near(value: object, digits: int = 6) -> object:
    return pytest.approx(value, abs=0.5 * 10**-digits + 1e-12)


def test_1_1_phone_error_rate() -> None:
    english = phone_error_rates(["HH AH L OW".split()], ["HH EH L OW W".split()])
    assert english["PER"].value == near(0.5)
    mandarin = phone_error_rates(["n i3 h ao3".split()], ["n i2 h ao3".split()])
    assert [mandarin[name].value for name in ("PER", "PER_base", "TER")] == near([0.25, 0.0, 0.5])


def test_1_1_ctc() -> None:
    assert ctc_collapse("_55_577_", "_") == ["5", "5", "7"]


def test_1_2_purity() -> None:
    results = phone_unit_statistics([list("AAAABBBCCC")], [[int(unit) for unit in "0010111220"]])
    assert [results[name].value for name in ("phone_purity", "cluster_purity", "pnmi")] == near([0.8, 0.8, 0.5868600])
    details = results["pnmi"].details
    assert details["mutual_information_nats"] == near(0.6390319)
    assert details["phone_entropy_nats"] == near(1.0889000)


def test_1_3_unit_edit_distance() -> None:
    clean, augmented = [5, 5, 7, 7, 9], [5, 7, 7, 3, 9, 9]
    assert (deduplicate(clean), deduplicate(augmented)) == ([5, 7, 9], [5, 7, 3, 9])
    results = unit_edit_distances([clean], [augmented])
    assert results["ued_ref"].value == near(1 / 3)
    assert results["ued_frames"].value == near(0.2)


def test_1_4_codebook() -> None:
    units = [[0] * 4 + [1] * 2 + [2] + [3]]
    results = codebook_statistics(units, 8)
    names = ("unit_entropy", "perplexity", "utilisation", "ppl_ratio")
    assert [results[name].value for name in names] == near([1.75, 3.3635857, 0.5, 0.4204482])


def test_1_5_bit_rate() -> None:
    assert bit_rate(25, 4096) == 300.0
    results = rate_statistics([[0] * 4 + [1] * 2 + [2] + [3]], 8, unit_rate=25)
    assert results["nominal_bit_rate"].value == near(75.0)
    assert results["entropy_bit_rate"].value == near(43.75)


def test_1_6_normalised_leakage() -> None:
    assert normalised_leakage(0.20, 0.05) == near(0.1578947)


def test_2_1_whisper_normaliser() -> None:
    assert whisper_english("Hello, world. It's twenty one.") == "hello world it is 21"
    assert whisper_english("hello world its 21") == "hello world its 21"
    text = "Mr. Smith's colour is (uh) grey; it isn't twenty-one!"
    assert whisper_english(text) == "mister smith is color is gray it is not 21"


@pytest.mark.parametrize("protocol,rate", [("emova_tts", 0.4), ("seedtts", 0.6)])
def test_2_1_english_error_rate(protocol: str, rate: float) -> None:
    result = error_rate(["Hello, world. It's twenty one."], ["hello world its 21"], language="en", protocol=protocol)
    assert result.value == near(rate)


def test_2_1_mandarin_error_rate() -> None:
    for protocol in ("seedtts", "emova_tts", "emoomni"):
        result = error_rate(["今天天气，真好！"], ["今天天汽真好"], language="zh", protocol=protocol)
        assert result.value == near(1 / 6)


def test_2_1_macro_and_micro() -> None:
    words = "c d e f g h i j k l"
    result = error_rate(["a b", words], ["a x", words], language="en", protocol="seedtts")
    assert (result.details["macro"], result.details["micro"]) == (near(0.25), near(0.0833333))


def test_2_2_dnsmos() -> None:
    assert dnsmos_score("dnsmos_ovr", 3.2) == near(2.9226449)


def test_2_3_cosine() -> None:
    assert cosine_similarity([1, 2, 2], [2, 1, 2]) == near(8 / 9)


def test_2_4_pitch() -> None:
    errors = pitch_errors([0, 120, 130, 140, 0, 200, 210, 0], [0, 118, 170, 0, 110, 205, 205, 0])
    assert not isinstance(errors, Skip)
    assert (errors.both_voiced, errors.gross) == (4, 1)
    assert [errors.gpe, errors.vde, errors.ffe] == near([0.25, 0.25, 0.375])
    assert errors.log_f0_rmse == near(0.1354977)
    assert cents(errors.log_f0_rmse or 0) == near(234.578, 3)
    assert [errors.correlation_hz, errors.correlation_log] == near([0.8951051, 0.8775269])
    assert errors.ffe == near(errors.vde + 0.25 * errors.both_voiced / errors.frames)


def test_2_5_cepstral_distortion() -> None:
    frames = np.array([[0.1, -0.2, 0.05], [0, 0.1, 0]])
    zeros = np.zeros((2, 3))
    each = [
        mel_cepstral_distortion(frame[None], zero[None], include_c0=True)
        for frame, zero in zip(frames, zeros, strict=True)
    ]
    assert each == near([1.4072750, 0.6141852])
    assert mel_cepstral_distortion(frames, zeros, include_c0=True, align="frames") == near(1.0107301)


def test_2_6_pitch_control() -> None:
    assert [semitones(f, 200) for f in (230, 170, 205)] == near([2.4196, -2.8136, 0.4275], 4)
    renditions = [
        PitchRendition(group="a", requested=level, f0=np.full(20, pitch))
        for level, pitch in (("low", 170.0), ("normal", 200.0), ("high", 205.0))
    ]
    results = pitch_control(renditions)
    assert results["pitch_acc"].value == near(0.5)
    assert results["pitch_order_acc"].value == near(1.0)


def test_2_7_emotion_confusion() -> None:
    rows = [[45, 1, 4, 0], [3, 41, 2, 4], [6, 0, 43, 1], [2, 9, 1, 38]]
    labels = ("neutral", "happy", "sad", "angry")
    requested = [labels[i] for i, row in enumerate(rows) for count in row for _ in range(count)]
    scores = [
        {label: float(label == labels[j]) for label in labels}
        for row in rows
        for j, count in enumerate(row)
        for _ in range(count)
    ]
    found = emotion_control(requested, scores)
    assert found.confusion.counts[:, :4].tolist() == rows
    assert found.accuracy.value == near(0.835)
    assert list(found.confusion.recalls().values()) == near([0.90, 0.82, 0.86, 0.76])


def test_2_7_restriction() -> None:
    scores = {"angry": 0.1, "disgusted": 0.3, "happy": 0.2, "neutral": 0.15, "sad": 0.12}
    assert recognised_emotion(scores) == "happy"
    assert (restrict_scores(scores) or {})["happy"] == near(0.351, 3)


def test_2_9_real_time_factor() -> None:
    timing = RequestTiming(total_seconds=1.8, audio_seconds=6.0)
    assert speed_metrics([timing], warm_ups=0)["RTF"].value == near(0.3)


def test_3_5_judge_scores() -> None:
    result = judge_result("VT-RES", [2, 1, 2, 0, 2, Skip("api_error"), Skip("no_json")])
    assert result.value == near(1.4)
    assert (result.details["n_scored"], result.details["strict_value"]) == (5, near(1.0))
    assert result.details["coverage"] == near(0.714, 3)


def test_4_dialogue_score() -> None:
    result = dialogue_score([8, 7, 9, Skip("no_json")])
    assert (result.value, result.details["strict_value"], result.n) == (near(8.0), near(6.0), 3)


def test_5_1_classification() -> None:
    results = classification(list("nnnhhs"), list("nnhhxn"), ["n", "h", "s"])
    names = ("WAR", "UAR", "macro_F1", "weighted_F1", "weighted_precision")
    assert [results[name].value for name in names] == near([0.5, 0.3888889, 0.3888889, 0.5, 0.5])


def test_5_2_published_wa_is_weighted_precision() -> None:
    support = np.array([1555, 560, 999, 1015, 38, 98])
    hits = np.array([1117, 497, 222, 632, 0, 12])
    predicted = np.array([2139, 1110, 250, 741, 0, 25])
    counts = table_with_margins(support, hits, predicted)
    assert counts.sum() == predicted.sum() == 4265
    assert 100 * weighted_precision(counts) == near(67.1188, 4)
    assert 100 * (hits / support).mean() == near(42.89, 2)
    assert 100 * hits.sum() / support.sum() == near(58.15, 1)


def table_with_margins(support: np.ndarray, hits: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """A confusion table with this diagonal and these row and column sums."""
    counts = np.zeros((len(hits), len(hits) + 1), np.int64)
    np.fill_diagonal(counts[:, :-1], hits)
    for _ in range(int((support - hits).sum())):
        rows, columns = support - counts.sum(axis=1), predicted - counts[:, :-1].sum(axis=0)
        tightest = int((rows + columns).argmax())
        others = np.arange(len(hits)) != tightest
        if rows[tightest]:
            counts[tightest, int(np.where(others, columns, -1).argmax())] += 1
        else:
            counts[int(np.where(others, rows, -1).argmax()), tightest] += 1
    assert (counts[:, :-1].sum(axis=0) == predicted).all()
    return counts


def test_5_4_open_vocabulary() -> None:
    hits = hit_rate(["happy", "sad"], [["happy", "sad"], []], SMALL_MAPS, candidates=["happy", "sad", "angry"])
    assert (hits["HIT"].value, hits["M"].value) == (near(0.5), near(0.25))
    scores = open_vocabulary([["happy"], ["sad"]], [["happy", "sad"], []], SMALL_MAPS)
    assert scores["OV_level1"].value == near(0.3333333)


def test_6_1_conflict() -> None:
    answers = ["happy"] * 6 + ["sad"] + ["neutral"] * 3
    turns = [ConflictTurn(audio_label="happy", visual_label="sad", predicted=answer) for answer in answers]
    results = conflict_rates(turns)
    assert [results[name].value for name in ("AAR", "VAR", "OLR")] == near([0.6, 0.1, 0.3])


USER = np.array([[0.40, 0.38, 0.42, 0.44], [0.70, 0.72, 0.68, 0.66]]).T
AGENT = np.array([[0.48, 0.50, 0.50, 0.52, 0.54], [0.66, 0.64, 0.62, 0.62, 0.60]]).T


def test_6_5_single_turn() -> None:
    user, agent = affect_track(USER), affect_track(AGENT)
    assert not isinstance(user, Skip)
    assert not isinstance(agent, Skip)
    assert [dtw_distance(user[:, d], agent[:, d]) for d in (0, 1)] == near([0.92, 0.56])
    assert user.mean(axis=0).tolist() == near([-0.18, 0.38])
    assert dtw_distance(user[:, 0] + 0.211, agent[:, 0]) == near(0.113)
    assert dtw_distance(user[:, 1] - 0.105, agent[:, 1]) == near(0.11)
    turn = turn_affect(USER, AGENT)
    assert not isinstance(turn, Skip)
    assert [turn.ecs, turn.ebs, turn.ess] == near([0.63, 0.860625, 1.0])
    assert [turn.ers("mean"), turn.ers("code")] == near([0.8302083, 0.79625])
    raw = turn_affect(USER, AGENT, AffectConfig(scale="raw"))
    assert not isinstance(raw, Skip)
    assert raw.ecs == near(0.815)


def test_6_5_naive_comparison_would_flip_stability() -> None:
    agent = affect_track(AGENT)
    assert not isinstance(agent, Skip)
    steps = np.abs(np.diff(agent, axis=0))
    assert 1 - 5 * steps[steps > 0.04].mean() == near(0.8)
    assert ess(agent) == 1.0


def test_6_5_jump() -> None:
    assert ess(np.array([[0.5, 0.2], [0.56, 0.2], [0.5, 0.2]])) == near(0.7)


def test_6_5_cross_turn_stability() -> None:
    one, two = np.array([[0.5, 0.5], [0.52, 0.5]]), np.array([[0.56, 0.48], [0.58, 0.46], [0.58, 0.46]])
    assert [dtw_distance(one[:, d], two[:, d]) for d in (0, 1)] == near([0.18, 0.10])
    assert ct_ess([2 * one - 1, 2 * two - 1], AffectConfig()) == near(0.7666667)


def test_6_7_concordance() -> None:
    label, prediction = [0.1, 0.4, 0.35, 0.8], [0.2, 0.3, 0.5, 0.6]
    assert ccc(prediction, label) == near(0.7659574)
    assert pearson(prediction, label) == near(0.8506311)
    x, y = np.array(prediction), np.array(label)
    sample = 2 * np.cov(x, y)[0, 1] / (x.var(ddof=1) + y.var(ddof=1) + (x.mean() - y.mean()) ** 2)
    assert sample == near(0.7662971)


def test_7_5_rewards() -> None:
    vision = ModalityToken(probability=0.7, entropy=entropy_from_logits(np.log([0.7, 0.1, 0.1, 0.1])))
    audio = ModalityToken(probability=0.4, entropy=entropy_from_logits(np.log([0.4, 0.3, 0.2, 0.1])))
    assert [vision.entropy, audio.entropy] == near([0.9404480, 1.2798542])
    assert [0.7 / vision.entropy, 0.4 / audio.entropy] == near([0.7443261, 0.3125356])
    found = modality_entropy({"vision": vision, "audio": audio})
    assert list(found.weights.values()) == near([0.7042796, 0.2957204])
    assert found.raw == near(1.0408173)
    unsure, sure = modality_reward(found.raw, 0.25), modality_reward(found.raw, 0.9)
    assert [unsure, sure] == near([0.7806130, 0.1040817])
    rewards = [total_reward(1, 1, unsure), total_reward(1, 0, unsure), total_reward(1, 1, sure)]
    assert rewards == near([1.0780613, 0.0780613, 1.0104082])


def test_7_3_vanishing_entropy() -> None:
    tokens = {
        "vision": ModalityToken(probability=0.999999, entropy=1e-12),
        "audio": ModalityToken(probability=0.4, entropy=1.2798542),
    }
    assert modality_entropy(tokens).raw == near(1.4e-12)


def test_7_5_advantages() -> None:
    rewards = [1.0781, 0.0781, 0.0, 1.0104]
    assert np.mean(rewards) == near(0.54165)
    assert [np.std(rewards, ddof=1), np.std(rewards)] == near([0.5819, 0.5039], 4)
    assert advantages(rewards).tolist() == near([0.9218, -0.7965, -0.9307, 0.8054], 4)
    assert advantages(rewards, ddof=0).tolist() == near([1.0643, -0.9197, -1.0746, 0.9300], 4)


def test_7_6_clip() -> None:
    assert clipped_objective([1.3, 1.3], [0.5, -0.5]).tolist() == near([0.6, -0.65])


def test_7_2_bounds() -> None:
    assert math.log(152_000) == near(11.9, 1)
    assert 0.1 * math.log(152_000) == near(1.19, 2)


def test_8_instruction_following() -> None:
    results = instruction_following([2, 2, 1, 0])
    assert (results["if_mean"].value, results["if_full"].value) == (near(1.25), near(0.5))
    null = Skip("null_verdict")
    verdicts = {
        "APS": [True, True, True, False, null],
        "DSD": [True, True, False, False, False],
        "RP": [True, False, False, False, False],
    }
    scores = instruct_tts_scores(verdicts)
    assert [scores[f"ite_{name}"].value for name in ("aps", "dsd", "rp", "avg")] == near([75.0, 40.0, 20.0, 45.0])
