import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.errors import UnitsError, WaveformError
from speechkit.types import Speech, Units


@given(st.lists(st.integers(0, 3)))
def test_runs_lose_nothing(ids: list[int]) -> None:
    units = Units(ids=np.array(ids, np.int64))
    values, lengths = units.runs()
    assert values.dtype == lengths.dtype == np.int64
    assert np.repeat(values, lengths).tolist() == ids == list(units)
    assert (np.diff(values) != 0).all() and (lengths > 0).all() and len(units) == lengths.sum()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.uint64, np.int64])
def test_ids_become_int64(dtype: type) -> None:
    assert Units(ids=np.array([1, 2], dtype)).ids.dtype == np.int64


@pytest.mark.parametrize(
    "ids, words",
    [
        (np.array([4096]), "unit 4096 is out of range"),
        (np.array([-1]), "unit -1 is out of range"),
        (np.array([1.0]), "float64"),
        (np.array([True]), "bool"),
        (np.array([[1]]), r"\(1, 1\)"),
    ],
)
def test_ids_that_are_no_units(ids: np.ndarray, words: str) -> None:
    with pytest.raises(UnitsError, match=words):
        Units(ids=ids)


def test_duration_of_the_source_where_known() -> None:
    ids = np.zeros(26, np.int64)
    assert Units(ids=ids, num_samples=16001).duration_seconds == 16001 / 16000
    assert Units(ids=ids).duration_seconds == 26 / 25
    assert Speech(samples=np.zeros(12000, np.float32), sample_rate=24000).duration_seconds == 0.5


def test_equality_is_by_value() -> None:
    units = Units(ids=np.array([1, 2]), codec="a")
    assert units == Units(ids=np.array([1, 2]), codec="a")
    for other in (dataclasses.replace(units, codec="b"), dataclasses.replace(units, ids=np.array([1, 3])), "units"):
        assert units != other


def test_text_form() -> None:
    assert Units(ids=np.array([782, 0])).to_text() == "<|speech_782|><|speech_0|>"


def test_units_do_not_share_the_array_they_came_from() -> None:
    ids = np.array([1, 2])
    units = Units(ids=ids)
    ids[0] = 9
    assert list(units) == [1, 2]


def test_speech_is_mono() -> None:
    with pytest.raises(WaveformError, match=r"\(2, 5\)"):
        Speech(samples=np.zeros((2, 5), np.float32), sample_rate=16000)
