"""NaN policy: short gaps are filled, long ones skip the item, NaN scores never win."""

import math

import numpy as np
import pytest

from speechkit.errors import ConfigError, ShapeError
from speechkit.metrics.missing_values import NO_LABEL, best_label, fill_track, fill_tracks
from speechkit.metrics.result import Skip

NAN = math.nan


def test_interior_gaps_are_linear_and_ends_are_held() -> None:
    filled = fill_track([NAN, 1.0, NAN, NAN, 4.0, 5.0, 6.0, NAN])
    assert isinstance(filled, np.ndarray)
    assert filled.tolist() == [1.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 6.0]


@pytest.mark.parametrize(
    "track,reason", [([], "empty_track"), ([NAN, NAN], "nan_track"), ([1.0, NAN, math.inf], "nan_track")]
)
def test_hopeless_tracks_are_skipped(track: list[float], reason: str) -> None:
    assert fill_track(track) == Skip(reason)


def test_half_missing_is_still_filled() -> None:
    assert isinstance(fill_track([1.0, NAN]), np.ndarray)


def test_gaps_beside_unvoiced_frames_take_the_nearest_value() -> None:
    filled = fill_track([200.0, 200.0, NAN, NAN, 0.0, 0.0], zero_is_unvoiced=True)
    assert isinstance(filled, np.ndarray)
    assert filled.tolist() == [200.0, 200.0, 200.0, 0.0, 0.0, 0.0]
    voiced = fill_track([100.0, NAN, 200.0], zero_is_unvoiced=True)
    assert isinstance(voiced, np.ndarray)
    assert voiced.tolist() == [100.0, 150.0, 200.0]


def test_tracks_in_columns() -> None:
    filled = fill_tracks([[1.0, 2.0], [NAN, 4.0], [3.0, NAN]])
    assert isinstance(filled, np.ndarray)
    assert filled.tolist() == [[1.0, 2.0], [2.0, 4.0], [3.0, 4.0]]
    assert fill_tracks([[1.0, NAN], [2.0, NAN]]) == Skip("nan_track")
    with pytest.raises(ShapeError):
        fill_tracks([1.0, 2.0])
    with pytest.raises(ShapeError):
        fill_track([[1.0], [2.0]])


def test_ties_go_to_the_first_declared_label() -> None:
    assert best_label({"b": 0.5, "a": 0.5}, ("a", "b")) == "a"
    assert best_label({"b": 0.5, "a": 0.5}, ("b", "a")) == "b"


def test_nan_and_missing_scores_give_no_label() -> None:
    assert best_label({"a": NAN, "b": 1.0}, ("a", "b")) == NO_LABEL
    assert best_label({"b": 1.0}, ("a", "b")) == NO_LABEL
    assert best_label({"a": 0.1, "other": NAN}, ("a",)) == "a"


@pytest.mark.parametrize("labels", [(), ("a", "a")])
def test_label_lists_are_checked(labels: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="distinct"):
        best_label({"a": 1.0}, labels)
