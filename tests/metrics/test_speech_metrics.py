"""Speaker similarity, F0, cepstral distortion, pitch and emotion control, opinion scores, speed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.cepstral import cepstral_distortion, mel_cepstral_distortion
from speechkit.metrics.emotion_control import emotion_control, plain_label, recognised_emotion, restrict_scores
from speechkit.metrics.pitch import nearest_track, pearson, pitch_errors, pitch_metrics
from speechkit.metrics.pitch_control import PitchRendition, median_pitch, pitch_class, pitch_control
from speechkit.metrics.quality import (
    DNSMOS_WINDOW,
    dnsmos_clip,
    dnsmos_score,
    dnsmos_windows,
    human_opinion_score,
    opinion_score,
)
from speechkit.metrics.result import Skip
from speechkit.metrics.speaker import cosine_similarity, equal_error_rate, speaker_similarity
from speechkit.metrics.speed import RequestTiming, speed_metrics

QUICK = BootstrapConfig(resamples=20)
F0 = st.lists(st.one_of(st.just(0.0), st.floats(60, 500)), min_size=1, max_size=20)


def test_cosine_ignores_length_and_skips_zero() -> None:
    assert cosine_similarity([1e-200, 0], [1e200, 0]) == 1.0
    assert cosine_similarity([1, 0], [-3, 0]) == -1.0
    assert cosine_similarity([0, 0], [1, 0]) == Skip("zero_norm")
    assert cosine_similarity([math.nan, 0], [1, 0]) == Skip("not_finite")
    with pytest.raises(ShapeError):
        cosine_similarity([1, 0], [1, 0, 0])


def test_speaker_similarity() -> None:
    result = speaker_similarity([[1, 0], None, [0, 0]], [[1, 0], [1, 0], [1, 0]], backend="fake", bootstrap=QUICK)
    assert (result.value, result.skipped_reasons) == (1.0, {"missing_embedding": 1, "zero_norm": 1})
    assert result.params["backend"] == "fake"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_equal_error_rate_against_roc_curves(same: list[float], different: list[float]) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    labels = [1] * len(same) + [0] * len(different)
    accepted, kept, _ = metrics.roc_curve(labels, same + different, drop_intermediate=False)
    grid = np.linspace(0, 1, 20001)
    gap = np.interp(grid, accepted + 1e-12 * np.arange(len(accepted)), kept) - (1 - grid)
    rate = equal_error_rate(same, different)
    assert rate is not None
    assert 0 <= rate <= 1
    assert rate == pytest.approx(grid[int(np.argmax(gap >= 0))], abs=1e-3)


def test_equal_error_rate_edges() -> None:
    assert equal_error_rate([0.9], [0.1]) == 0.0
    assert equal_error_rate([0.1], [0.9]) == 1.0
    assert equal_error_rate([0.5], [0.5]) == 0.5
    assert equal_error_rate([], [0.5]) is None
    assert equal_error_rate([math.nan], [0.5]) is None


def test_nearest_track_equals_scipy_inside_and_is_unvoiced_outside() -> None:
    interpolate = pytest.importorskip("scipy.interpolate", reason="scipy is not installed")
    times, track = np.arange(6) * 0.01, np.array([0, 100, 110, 0, 120, 130.0])
    at = np.linspace(-0.02, 0.08, 41)
    expected = interpolate.interp1d(times, track, kind="nearest", bounds_error=False, fill_value=0)(at)
    assert nearest_track(times, track, at).tolist() == expected.tolist()
    assert nearest_track([], [], [0.1]).tolist() == [0.0]
    with pytest.raises(ShapeError):
        nearest_track([0.0], [1.0, 2.0], [0.0])


@given(F0, st.data())
def test_pitch_errors_against_a_slow_twin(reference: list[float], data: st.DataObject) -> None:
    estimate = data.draw(
        st.lists(st.one_of(st.just(0.0), st.floats(60, 500)), min_size=len(reference), max_size=len(reference))
    )
    errors = pitch_errors(reference, estimate)
    assert not isinstance(errors, Skip)
    pairs = list(zip(reference, estimate, strict=True))
    both = [(a, b) for a, b in pairs if a and b]
    gross = sum(abs(b / a - 1) > 0.2 for a, b in both)
    voicing = sum(bool(a) != bool(b) for a, b in pairs)
    assert errors.vde == pytest.approx(voicing / len(pairs))
    assert errors.ffe == pytest.approx((gross + voicing) / len(pairs))
    assert errors.gpe == (pytest.approx(gross / len(both)) if both else None)
    if both:
        squares = sum(math.log(b / a) ** 2 for a, b in both)
        assert errors.log_f0_rmse == pytest.approx(math.sqrt(squares / len(both)))


def test_pearson_equals_scipy() -> None:
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
    rng = np.random.default_rng(0)
    x, y = rng.random(20), rng.random(20)
    assert pearson(x, y) == pytest.approx(stats.pearsonr(x, y).statistic)
    assert pearson([1, 2], [1, 2]) is None
    assert pearson([1, 1, 1], [1, 2, 3]) is None
    assert pearson([1e-320, 2e-320, 3e-320], [1, 2, 3]) is None


def test_pitch_corpus_counts_what_is_undefined() -> None:
    voiced, unvoiced = [100.0, 110.0, 120.0, 130.0], [0.0, 0.0, 0.0, 0.0]
    references = [voiced, voiced, [], [math.nan] * 3]
    estimates = [voiced, unvoiced, [], [100.0] * 3]
    results = pitch_metrics(references, estimates, bootstrap=QUICK)
    assert (results["GPE"].value, results["VDE"].value, results["FFE_pooled"].value) == (0.0, 0.5, 0.5)
    assert results["GPE"].skipped_reasons == {"no_common_voicing": 1, "empty_track": 1, "nan_track": 1}
    assert results["F0_corr"].value == 1.0
    assert results["F0_corr"].skipped_reasons["no_correlation"] == 1
    assert results["logF0_RMSE"].value == 0.0
    silent = pitch_metrics([unvoiced], [unvoiced], bootstrap=QUICK)
    assert silent["GPE_pooled"].null_reason == "zero_denominator"
    assert silent["GPE"].null_reason == "all_items_skipped"


def test_pitch_along_a_path() -> None:
    errors = pitch_errors([100.0, 200.0], [100.0, 100.0, 200.0], path=[(0, 0), (0, 1), (1, 2)])
    assert not isinstance(errors, Skip)
    assert (errors.frames, errors.gpe) == (3, 0.0)
    aligned = pitch_metrics([[100.0, 200.0]], [[100.0, 100.0, 200.0]], paths=[[(0, 0), (0, 1), (1, 2)]])
    assert aligned["GPE"].params["align"] == "dtw"
    assert pitch_errors([100.0], [100.0], path=[]) == Skip("empty_track")
    assert pitch_errors([100.0], [math.nan]) == Skip("nan_track")
    with pytest.raises(ShapeError, match="path"):
        pitch_errors([100.0], [100.0, 100.0])


def test_harvest_of_one_waveform_has_no_errors() -> None:
    pyworld = pytest.importorskip("pyworld", reason="pyworld is not installed")
    time = np.arange(4000) / 8000
    wave = sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 6))
    f0, _ = pyworld.harvest(wave, 8000, f0_floor=60, f0_ceil=600, frame_period=5)
    errors = pitch_errors(f0, f0)
    assert not isinstance(errors, Skip)
    assert (errors.gpe, errors.vde, errors.log_f0_rmse) == (0.0, 0.0, 0.0)
    assert median_pitch(f0) == pytest.approx(150, rel=0.02)


def test_cepstral_distortion_against_a_slow_twin() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    slow = np.mean([10 / math.log(10) * math.sqrt(2 * sum((a[t, 1:] - b[t, 1:]) ** 2)) for t in range(6)])
    assert mel_cepstral_distortion(a, b, align="frames") == pytest.approx(slow)
    assert mel_cepstral_distortion(a, b, path=[(t, t) for t in range(6)]) == pytest.approx(slow)
    stretched = np.repeat(a, 2, axis=0)
    assert mel_cepstral_distortion(a, stretched) == pytest.approx(0)
    louder = a + np.array([5.0, 0, 0, 0])
    assert mel_cepstral_distortion(a, louder) == pytest.approx(0)
    assert mel_cepstral_distortion(a, louder, include_c0=True) > 1


def test_cepstral_edges() -> None:
    empty, frames = np.zeros((0, 3)), np.zeros((1, 3))
    result = cepstral_distortion([empty, frames, frames * math.nan], [frames] * 3, bootstrap=QUICK)
    assert (result.value, result.skipped_reasons) == (0.0, {"empty_track": 1, "not_finite": 1})
    for bad in (np.zeros(3), np.zeros((2, 1))):
        with pytest.raises(ShapeError):
            mel_cepstral_distortion(bad, bad)
    with pytest.raises(ShapeError, match="equal lengths"):
        mel_cepstral_distortion(frames, np.zeros((2, 3)), align="frames")
    with pytest.raises(ConfigError):
        mel_cepstral_distortion(frames, frames, align="other")  # type: ignore[arg-type]


def rendition(group: str, level: str, pitch: float, frames: int = 20) -> PitchRendition:
    return PitchRendition(group=group, requested=level, f0=np.full(frames, pitch))  # type: ignore[arg-type]


def test_pitch_control_counts_unvoiced_and_incomplete() -> None:
    items = [
        *(rendition("good", level, f0) for level, f0 in (("low", 150), ("normal", 200), ("high", 260))),
        *(
            rendition("mute", level, f0, n)
            for level, f0, n in (("low", 150, 20), ("normal", 200, 9), ("high", 260, 20))
        ),
        rendition("half", "low", 100),
    ]
    results = pitch_control(items, bootstrap=QUICK)
    assert results["pitch_acc"].value == 0.5
    assert results["pitch_order_acc"].value == 0.5
    assert results["pitch_acc"].skipped_reasons == {"incomplete_triple": 2}
    assert results["mean_shift_low"].value == pytest.approx(12 * math.log2(150 / 200))
    assert results["mean_shift_low"].skipped_reasons == {"unvoiced": 1, "incomplete_triple": 1}
    assert results["pitch_acc"].details["unvoiced"] == 1
    assert [pitch_class(shift) for shift in (1.0, -1.0, 1.1, -1.1)] == ["normal", "normal", "high", "low"]
    with pytest.raises(ConfigError, match="twice"):
        pitch_control([rendition("a", "low", 1), rendition("a", "low", 1)])
    with pytest.raises(ConfigError, match="unknown"):
        pitch_control([rendition("a", "loud", 1)])


def test_emotion_control_counts_failures_as_wrong() -> None:
    scores = [{"生气/angry": 0.1, "开心/happy": 0.6, "中立/neutral": 0.2, "难过/sad": 0.1}]
    nan = {"angry": math.nan, "happy": 0.5, "neutral": 0.3, "sad": 0.2}
    found = emotion_control(["happy", "sad", "sad"], [*scores, nan, None], bootstrap=QUICK)
    assert found.confusion.columns() == ("neutral", "happy", "sad", "angry", "<none>")
    assert found.confusion.counts[2].tolist() == [0, 0, 0, 0, 2]
    assert found.accuracy.value == pytest.approx(1 / 3)
    assert found.uar.value == pytest.approx(0.5)
    assert found.confusion.row_normalised()[0] == [None] * 5
    assert found.accuracy.params["recogniser"] == "emotion2vec_plus_large"
    assert emotion_control([], []).accuracy.null_reason == "no_items"


def test_emotion_labels() -> None:
    assert plain_label("<unk>") == "<unk>"
    assert recognised_emotion(None) == "<none>"
    assert recognised_emotion({"neutral": 0.5, "happy": 0.5, "sad": 0.0, "angry": 0.0}) == "neutral"
    assert restrict_scores({"neutral": 0.0, "happy": 0.0, "sad": 0.0, "angry": 0.0}) is None
    assert restrict_scores({"neutral": 1.0}) is None
    with pytest.raises(ConfigError, match="distinct"):
        restrict_scores({"a/sad": 1.0, "b/sad": 1.0})


def test_dnsmos_windows() -> None:
    clip = np.arange(1000, dtype=np.float32)
    window = dnsmos_windows(clip)
    assert window.shape == (7, DNSMOS_WINDOW)  # doubled until it fills one window: 256,000 samples
    assert window[0, 1000:2000].tolist() == clip.tolist()
    assert dnsmos_windows(np.zeros(16000 * 11)).shape == (2, DNSMOS_WINDOW)
    with pytest.raises(ShapeError):
        dnsmos_windows([])


def test_dnsmos_scores() -> None:
    raw = {"dnsmos_sig": 3.0, "dnsmos_bak": 3.0, "dnsmos_ovr": 3.2}
    assert dnsmos_clip([raw, raw])["dnsmos_ovr"] == pytest.approx(dnsmos_score("dnsmos_ovr", 3.2))
    with pytest.raises(ConfigError):
        dnsmos_clip([])
    with pytest.raises(ConfigError, match="scale"):
        dnsmos_score("utmos22", 1.0)


def test_opinion_scores_keep_their_scale() -> None:
    result = opinion_score("utmos22", [3.0, None, 4.0, 2.0], [1.0, 1.0, 0.0, 0.4], params={"seed": 0}, bootstrap=QUICK)
    assert (result.metric, result.value, result.unit) == ("utmos22", 2.5, "MOS")
    assert result.skipped_reasons == {"unscored": 1, "empty_audio": 1}
    assert "0.5 s" in result.warnings[0]
    with pytest.raises(ConfigError, match="scale"):
        opinion_score("utmos", [], [])
    with pytest.raises(ShapeError):
        opinion_score("utmos22", [1.0], [])


def test_human_opinion_scores() -> None:
    result = human_opinion_score("N-MOS", [3, 4, 5, 6, math.nan])
    assert (result.value, result.n, result.skipped_reasons) == (4.0, 3, {"off_scale": 2})
    assert result.ci95 == pytest.approx((4 - 1.96 / math.sqrt(3), 4 + 1.96 / math.sqrt(3)))
    assert human_opinion_score("VS-RC-MOS", [3], lowest=0, highest=2).null_reason == "all_items_skipped"
    assert human_opinion_score("N-MOS", []).null_reason == "no_items"


def test_speed_is_a_ratio_of_sums_after_warm_up() -> None:
    slow = RequestTiming(total_seconds=100.0, audio_seconds=1.0)
    timings = [slow] * 3 + [
        RequestTiming(total_seconds=1.0, audio_seconds=1.0, first_audio_seconds=0.2, first_token_seconds=0.1),
        RequestTiming(total_seconds=1.0, audio_seconds=9.0, first_audio_seconds=0.4),
        RequestTiming(total_seconds=1.0, audio_seconds=0.0),
    ]
    results = speed_metrics(timings, params={"hardware": "cpu"}, bootstrap=QUICK)
    assert results["RTF"].value == pytest.approx(0.2)
    assert results["RTF"].skipped_reasons == {"empty_audio": 1}
    assert results["TTFA_streaming"].value == pytest.approx(300)
    assert results["TTFA_streaming"].details["p90"] == pytest.approx(380)
    assert results["TTFA_full"].value == pytest.approx(1000)
    assert results["TTFT"].skipped_reasons == {"no_token_time": 1, "empty_audio": 1}
    assert results["RTF"].warnings
    assert speed_metrics([slow])["TTFA_full"].null_reason == "no_items"
    assert speed_metrics(timings[-1:], warm_ups=0)["TTFA_streaming"].null_reason == "all_items_skipped"
