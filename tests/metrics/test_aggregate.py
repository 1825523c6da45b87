"""Means and ratios count what they skip; intervals respect clusters and repeat exactly."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.aggregate import mean_result, paired_difference, ratio_result
from speechkit.metrics.bootstrap import BootstrapConfig, bootstrap_interval, mean_opinion_interval
from speechkit.metrics.result import Skip

QUICK = BootstrapConfig(resamples=50)


def test_empty_and_failed_are_null_with_reasons() -> None:
    assert mean_result("x", []).null_reason == "no_items"
    failed = mean_result("x", [Skip("a"), Skip("b"), Skip("a"), math.nan])
    assert (failed.value, failed.n, failed.null_reason) == (None, 0, "all_items_skipped")
    assert failed.skipped_reasons == {"a": 2, "b": 1, "not_finite": 1}
    assert ratio_result("x", [(1.0, 0.0)]).null_reason == "zero_denominator"


def test_single_item_has_a_value_and_no_interval() -> None:
    result = mean_result("x", [0.25])
    assert (result.value, result.n, result.ci95) == (0.25, 1, None)


def test_mean_and_micro_average() -> None:
    assert mean_result("x", [1.0, Skip("a"), 3.0], bootstrap=QUICK).value == 2.0
    assert ratio_result("x", [(1, 2), (0, 10)], bootstrap=QUICK).value == 1 / 12


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_interval_lies_within_the_data_and_repeats(values: list[float]) -> None:
    first = mean_result("x", values, bootstrap=QUICK).ci95
    assert first == mean_result("x", values, bootstrap=QUICK).ci95
    assert first is not None
    assert min(values) - 1e-12 <= first[0] <= first[1] <= max(values) + 1e-12


def test_interval_is_numpys_percentile_of_resampled_means() -> None:
    values = np.random.default_rng(1).random(30)
    draws = np.random.default_rng(0).integers(0, 30, (1000, 30))
    expected = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    assert mean_result("x", values.tolist()).ci95 == pytest.approx(tuple(expected))


def test_clusters_are_drawn_whole() -> None:
    values = [0.0] * 5 + [1.0] * 5
    clusters = ["a"] * 5 + ["b"] * 5
    low, high = mean_result("x", values, clusters=clusters).ci95 or (None, None)
    assert (low, high) == (0.0, 1.0)  # with two clusters half of the resamples hold only one of them
    free = mean_result("x", values).ci95
    assert free is not None
    assert free[0] > 0
    assert mean_result("x", values, clusters=range(10)).ci95 == free  # every item its own cluster
    assert mean_result("x", values, clusters=["a"] * 10).ci95 is None


def test_interval_skips_undefined_resamples() -> None:
    assert bootstrap_interval(lambda drawn: None, 5, config=QUICK) is None
    only_some = bootstrap_interval(lambda drawn: 1.0 if 0 in drawn else math.nan, 5, config=QUICK)
    assert only_some == (1.0, 1.0)


def test_lengths_and_settings_are_checked() -> None:
    with pytest.raises(ShapeError, match="one length"):
        mean_result("x", [1.0, 2.0], clusters=["a"])
    with pytest.raises(ShapeError, match="clusters"):
        bootstrap_interval(lambda drawn: 1.0, 3, clusters=["a"])
    with pytest.raises(ConfigError, match="resamples"):
        BootstrapConfig(resamples=0)


def test_mean_opinion_interval() -> None:
    low, high = mean_opinion_interval([3, 4, 5]) or (0, 0)
    assert (low, high) == pytest.approx((4 - 1.96 / math.sqrt(3), 4 + 1.96 / math.sqrt(3)))
    assert mean_opinion_interval([4]) is None
    assert mean_opinion_interval([4, math.nan]) is None


def test_paired_difference_uses_shared_items() -> None:
    ours = {"a": 2.0, "b": 1.0, "c": None, "d": 2.0}
    theirs = {"a": 1.0, "b": 0.0, "c": 1.0, "e": 2.0}
    result = paired_difference("VT-RC", ours, theirs, bootstrap=QUICK)
    assert (result.metric, result.value, result.n) == ("VT-RC_difference", 1.0, 2)
    assert result.skipped_reasons == {"unpaired": 3}
    assert result.details == {"mean_ours": 1.5, "mean_theirs": 0.5, "significant": True}
    assert paired_difference("x", {}, {}).null_reason == "no_items"
    assert paired_difference("x", {"a": 1.0}, {"b": 1.0}).details["mean_ours"] is None
