"""The result object holds no NaN, says why it is null, and survives JSON."""

import json
import math

import numpy as np
import pytest

from speechkit.errors import ConfigError
from speechkit.metrics.result import MetricResult, null_result, plain


def test_json_round_trip() -> None:
    result = MetricResult(
        metric="PER",
        value=np.float32(0.5),
        n=3,
        n_skipped=1,
        skipped_reasons={"empty_ref": np.int64(1)},
        higher_is_better=False,
        params={"phone_set": "emova240", "levels": (8, 8), "nested": {"counts": np.arange(3)}},
        ci95=(0.1, 0.9),
        details={"share": np.float64(0.25), "flag": np.bool_(True), "none": None},
        warnings=("few items",),
    )
    again = MetricResult.from_json(result.to_json())
    assert again == result
    assert json.loads(result.to_json())["params"] == {
        "phone_set": "emova240",
        "levels": [8, 8],
        "nested": {"counts": [0, 1, 2]},
    }
    assert again.ci95 == (0.1, 0.9)


def test_null_needs_a_reason() -> None:
    assert null_result("x", "no_items").to_dict()["value"] is None
    with pytest.raises(ConfigError, match="null_reason"):
        MetricResult(metric="x", value=None, n=0)
    with pytest.raises(ConfigError, match="null_reason"):
        MetricResult(metric="x", value=1.0, n=1, null_reason="no_items")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, np.float64("nan"), True, "1"])
def test_values_that_are_no_numbers_are_refused(value: object) -> None:
    with pytest.raises(ConfigError):
        MetricResult(metric="x", value=value, n=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [
        {"details": {"a": math.nan}},
        {"params": {"a": [1, math.inf]}},
        {"ci95": (0.9, 0.1)},
        {"ci95": (0.1, math.nan)},
        {"n_skipped": 2, "skipped_reasons": {"a": 1}},
        {"n": -1},
        {"details": {"a": object()}},
    ],
)
def test_bad_fields_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        MetricResult(**{"metric": "x", "value": 0.5, "n": 1, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["[]", "{", '{"metric": "x", "value": 1, "n": 1, "new": 2}', '{"metric": "x"}'])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        MetricResult.from_json(text)


def test_plain_keeps_text_and_refuses_types() -> None:
    assert plain({1: ("a", np.int8(2))}) == {"1": ["a", 2]}
    with pytest.raises(ConfigError, match="set"):
        plain({1, 2})
