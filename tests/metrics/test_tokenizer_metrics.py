"""Phone error, purity, unit distance, codebook use and leakage."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ConfigError, DependencyError, ShapeError, UnitsError
from speechkit.metrics import leakage
from speechkit.metrics.bootstrap import BootstrapConfig
from speechkit.metrics.codebook import bit_rate, codebook_statistics, level_indices, rate_statistics, unit_counts
from speechkit.metrics.leakage import (
    bag_of_units,
    fit_logistic,
    leakage_probe,
    mutual_information,
    normalised_leakage,
    stratified_folds,
)
from speechkit.metrics.phone_error import charsiu_label, ctc_collapse, ctc_greedy, phone_error_rates
from speechkit.metrics.phone_purity import phone_unit_statistics, purity_from_counts
from speechkit.metrics.unit_distance import unit_edit_distances

QUICK = BootstrapConfig(resamples=30)


def test_ctc_greedy_takes_the_last_class_as_blank() -> None:
    frames = np.eye(4)[[3, 1, 1, 3, 1, 2]]
    assert ctc_greedy(frames) == [1, 1, 2]
    assert ctc_greedy(frames, blank=1) == [3, 3, 2]
    assert ctc_greedy(np.zeros((2, 3))) == [0]  # ties go to the lowest id
    assert ctc_greedy(np.zeros((0, 3))) == []
    for bad in (np.zeros(3), np.full((1, 2), math.nan), np.zeros((2, 0))):
        with pytest.raises(ShapeError):
            ctc_greedy(bad)


@given(st.lists(st.integers(0, 3), max_size=20))
def test_collapse_keeps_repeats_that_a_blank_separates(frames: list[int]) -> None:
    collapsed = ctc_collapse(frames, 0)
    assert 0 not in collapsed
    changes = sum(a != b and b != 0 for a, b in zip([0, *frames], frames, strict=False))
    assert len(collapsed) == changes


def test_phone_sets() -> None:
    references, hypotheses = [["en_HH", "en_AH0", "CN_n", "CN_i3"]], [["en_HH", "en_AH1", "CN_n", "CN_i2"]]
    full = phone_error_rates(references, hypotheses, bootstrap=QUICK)
    assert [full[name].value for name in ("PER", "PER_base", "TER")] == [0.5, 0.0, 1.0]
    charsiu = phone_error_rates(references, hypotheses, phone_set="charsiu", bootstrap=QUICK)
    assert charsiu["PER"].value == 0.25  # stress is gone, tone is not
    assert charsiu_label("en_AH0") == "AH"
    with pytest.raises(ConfigError, match="phone_set"):
        phone_error_rates([], [], phone_set="other")  # type: ignore[arg-type]
    with pytest.raises(ShapeError):
        phone_error_rates([["a"]], [])


def test_reference_phones_outside_the_inventory_are_errors() -> None:
    inventory = {"CN_n", "CN_ang1", "CN_a5"}
    results = phone_error_rates(
        [["CN_n", "CN_ang5", "<oov>"]], [["CN_n", "CN_ang5", "<oov>"]], inventory=inventory, bootstrap=QUICK
    )
    assert results["PER"].value == pytest.approx(2 / 3)
    assert results["PER"].details["oov_reference_phones"] == 2
    assert results["PER_base"].value == pytest.approx(1 / 3)  # CN_ang is known without its tone
    assert results["PER"].params["inventory_size"] == 3


def test_silence_is_removed_and_empty_references_are_counted() -> None:
    results = phone_error_rates([["[SIL]"], ["a"], []], [[], ["sil", "a"], ["b"]], bootstrap=QUICK)
    assert (results["PER"].value, results["PER"].n) == (1.0, 2)  # one insertion over one phone
    assert results["PER"].skipped_reasons == {"empty_ref": 1}
    assert results["TER"].null_reason == "zero_denominator"


def test_purity_agrees_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(0)
    for _ in range(20):
        phones, units = rng.integers(0, 5, 60), rng.integers(0, 7, 60)
        table = np.zeros((5, 7))
        np.add.at(table, (phones, units), 1)
        values = purity_from_counts(table[table.sum(axis=1) > 0])
        assert values.mutual_information_nats == pytest.approx(metrics.mutual_info_score(phones, units))
        assert values.pnmi == pytest.approx(metrics.homogeneity_score(phones, units))
        assert values.phone_purity == pytest.approx(table.max(axis=0).sum() / 60)


def test_purity_without_silence_and_at_other_rates() -> None:
    results = phone_unit_statistics(
        [["[SIL]", "[SIL]", "AH0", "AH1", "B", "B", "B"]], [[0, 1, 2]], upsample=2, num_units=8
    )
    assert results["phone_purity"].value == 1.0
    assert results["phone_purity"].details["frame_diff"] == 1
    assert results["phone_purity"].details["phones"] == 3
    assert results["pnmi_no_silence"].value == 1.0
    assert results["phone_purity"].warnings
    assert results["phone_purity_no_silence"].details["n_frames"] == 4
    kept = phone_unit_statistics([["AH0", "AH1"]], [[0, 1]], strip_digits=False)
    assert kept["pnmi"].value == 1.0


def test_purity_edge_cases() -> None:
    single = phone_unit_statistics([["a", "a"]], [[0, 1]])
    assert (single["phone_purity"].value, single["pnmi"].null_reason) == (1.0, "one_phone")
    silent = phone_unit_statistics([["[SIL]"], []], [[0], [1]])
    assert silent["pnmi_no_silence"].null_reason == "no_frames"
    assert silent["phone_purity"].skipped_reasons == {"empty": 1}
    with pytest.raises(ConfigError, match="upsample"):
        phone_unit_statistics([], [], upsample=0)
    with pytest.raises(ShapeError):
        purity_from_counts(np.zeros((2, 2)))


def test_unit_distance_edges() -> None:
    results = unit_edit_distances([[1, 2], [], [3]], [[1, 2], [1], [4, 5, 4]], bootstrap=QUICK)
    assert results["ued_frames"].value == pytest.approx((0 + 3) / 2)  # can exceed 1
    assert results["ued_ref"].value == pytest.approx(3 / 3)
    assert results["ued_ref"].skipped_reasons == {"empty_units": 1}


def test_codebook_of_uniform_use_is_full() -> None:
    results = codebook_statistics([list(range(16)) * 20], 16, levels=(4, 4))
    assert [results[n].value for n in ("utilisation", "ppl_ratio", "unit_entropy")] == pytest.approx([1, 1, 4])
    assert results["perplexity_dim_0"].value == pytest.approx(4)
    assert results["utilisation"].warnings == ()
    assert results["utilisation"].details["dead_after_N"] == 0


def test_levels_of_a_unit_have_the_first_dimension_fastest() -> None:
    assert level_indices(np.array([0, 1, 4, 15]), (4, 4)).tolist() == [[0, 0], [1, 0], [0, 1], [3, 3]]
    one = codebook_statistics([[0, 1, 2, 3]], 16, levels=(4, 4))
    assert [one[f"perplexity_dim_{d}"].value for d in (0, 1)] == pytest.approx([4, 1])


def test_codebook_edges() -> None:
    empty = codebook_statistics([[]], 8, levels=(8,))
    assert all(result.null_reason == "no_tokens" for result in empty.values())
    assert empty["perplexity_dim_0"].skipped_reasons == {"empty_units": 1}
    rates = rate_statistics([], 8, unit_rate=25)
    assert (rates["nominal_bit_rate"].value, rates["dedup_rate"].null_reason) == (75.0, "no_tokens")
    assert rate_statistics([[1, 1, 2, 2]], 8, unit_rate=25)["dedup_rate"].value == 12.5
    with pytest.raises(UnitsError, match=r"\[0, 8\)"):
        codebook_statistics([[8]], 8)
    with pytest.raises(ConfigError, match="product"):
        codebook_statistics([[1]], 8, levels=(4, 4))
    with pytest.raises(ConfigError):
        unit_counts([], 0)
    with pytest.raises(ConfigError):
        bit_rate(0, 8)


def test_logistic_regression_equals_scikit_learn() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 20)
    rows = rng.normal(size=(60, 4)) + np.eye(3, 4)[y]
    for strength in (0.1, 1.0):
        weights, bias = fit_logistic(rows, y, inverse_penalty=strength)
        theirs = linear_model.LogisticRegression(C=strength, tol=1e-10, max_iter=10000).fit(rows, y)
        ours = np.exp(rows @ weights + bias)
        assert ours / ours.sum(axis=1, keepdims=True) == pytest.approx(theirs.predict_proba(rows), abs=1e-4)


def test_folds_spread_every_class() -> None:
    y = np.repeat(np.arange(4), [5, 6, 9, 10])
    fold = stratified_folds(y, 5, seed=0)
    for label in range(4):
        per_fold = np.bincount(fold[y == label], minlength=5)
        assert per_fold.max() - per_fold.min() <= 1
    assert np.ptp(np.bincount(fold)) <= 1


def test_probe_finds_what_is_there_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    labels = [f"s{i}" for i in range(4) for _ in range(10)]
    told = [rng.choice([i, 7], 30).tolist() for i in range(4) for _ in range(10)]
    blind = [rng.integers(0, 8, 30).tolist() for _ in labels]
    found = leakage_probe(bag_of_units(told, 8), labels, bootstrap=QUICK)
    assert found["speaker_probe_acc"].value == found["speaker_nsl"].value == 1.0
    assert found["speaker_probe_acc"].details["chance"] == 0.25
    nothing = leakage_probe(bag_of_units(blind, 8), labels, bootstrap=QUICK)
    assert (nothing["speaker_nsl"].value or 0) < 0.3
    dense = leakage_probe(
        rng.normal(size=(40, 3)) + 9 * np.eye(4, 3)[[i // 10 for i in range(40)]], labels, bootstrap=QUICK
    )
    assert (dense["speaker_probe_acc"].value or 0) > 0.9


def test_probe_that_cannot_be_trained_is_null() -> None:
    rows = np.ones((12, 2))
    assert leakage_probe(rows[:0], [])["speaker_nsl"].null_reason == "no_items"
    assert leakage_probe(rows, ["a"] * 12, name="gender")["gender_nsl"].null_reason == "fewer_than_2_classes"
    assert leakage_probe(rows, ["a"] * 9 + ["b"] * 3)["speaker_nsl"].null_reason == "fewer_than_5_per_class"
    broken = leakage_probe(np.full((12, 2), np.nan), ["a", "b"] * 6)["speaker_probe_acc"]
    assert (broken.null_reason, broken.skipped_reasons) == ("all_items_skipped", {"nan_features": 12})
    some = np.array([[0.0, 1.0], [1.0, 0.0]] * 7)
    some[0] = np.nan
    result = leakage_probe(some, ["a", "b"] * 7, bootstrap=QUICK)["speaker_probe_acc"]
    assert (result.n, result.skipped_reasons) == (13, {"nan_features": 1})
    with pytest.raises(ConfigError, match="folds"):
        leakage_probe(rows, ["a"] * 12, folds=6)
    with pytest.raises(ShapeError):
        leakage_probe(np.ones(12), ["a"] * 12)
    with pytest.raises(ShapeError):
        leakage_probe(rows, ["a"])
    assert normalised_leakage(1.0, 1.0) is None
    assert normalised_leakage(0.1, 0.5) == 0.0


def test_probe_without_scipy_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(leakage.importlib, "import_module", missing)
    with pytest.raises(DependencyError, match=r"speechkit\[eval\]"):
        fit_logistic(np.eye(2), np.array([0, 1]))


def test_mutual_information() -> None:
    told = mutual_information([[0] * 50, [1] * 50], ["a", "b"])
    assert told.value == pytest.approx(1 - 1 / (2 * 100) / math.log(2))
    assert told.details["plug_in"] == pytest.approx(1)
    assert mutual_information([[0, 1] * 5, [0, 1] * 5], ["a", "b"]).value == 0.0  # floored after the correction
    alone = mutual_information([[0], []], ["a", "b"])
    assert (alone.null_reason, alone.skipped_reasons) == ("fewer_than_2_classes", {"empty_units": 1})
    assert mutual_information([], []).null_reason == "no_items"


def test_mutual_information_agrees_with_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(2)
    units = [rng.integers(0, 5, 40).tolist() for _ in range(6)]
    labels = list("aabbcc")
    flat = [label for label, sequence in zip(labels, units, strict=True) for _ in sequence]
    expected = metrics.mutual_info_score(flat, [unit for sequence in units for unit in sequence])
    result = mutual_information(units, labels)
    assert result.details["plug_in"] == pytest.approx(expected / math.log(3))
    assert result.details["correction_nats"] == pytest.approx(4 * 2 / (2 * 240))
