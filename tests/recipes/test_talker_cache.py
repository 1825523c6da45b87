"""Talker shards out of labelled S2U caches."""

import json
from itertools import chain, groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("lightning")

from recipes.s2u_data import row_phones
from recipes.talker_cache import places_of, prepare
from recipes.talker_data import read_index
from s2u.spelling import SILENCE, CodeTable
from speechkit.text import phone_ids, reading

TEXT = "Well, this seems good."
SYMBOLS = ["<|en|>", *reading(TEXT, "en")]
PHONES = row_phones({"text": TEXT, "language": "en"})
CODES = CodeTable(np.array([[SILENCE, phone, SILENCE] for phone in sorted({*PHONES, SILENCE})]),
                  np.array(sorted({*PHONES, SILENCE})), np.ones(len({*PHONES, SILENCE}), np.float32))  # fmt: skip


def path_of(holds: list[int], gaps: list[int]) -> np.ndarray:
    """A path that holds every phone and is silent before each and at the end."""
    parts = [[SILENCE] * gap + [phone] * hold for phone, hold, gap in zip(PHONES, holds, gaps, strict=False)]
    return np.array([*chain.from_iterable(parts), *[SILENCE] * gaps[-1]])


counts = len(PHONES)


def lists(most: int, size: int) -> st.SearchStrategy[list[int]]:
    """Lists of `size` numbers from 1 to `most`."""
    return st.lists(st.integers(1, most), min_size=size, max_size=size)


@given(lists(4, counts), lists(3, counts + 1))
def test_every_unit_says_its_phone_and_the_pointer_never_leaps_over_one(holds: list[int], gaps: list[int]) -> None:
    path = path_of(holds, gaps)
    places = places_of(path, SYMBOLS)
    assert places is not None and len(places) == len(path) and places[0] == 0 and places[-1] == len(SYMBOLS) - 1
    spoken = path != SILENCE
    assert [phone_ids([SYMBOLS[place]])[0] for place in places[spoken]] == path[spoken].tolist()
    moves = np.diff(places)
    assert moves.min() >= 0 and all(SYMBOLS[place + 1] in ",. " for place in places[:-1][moves == 2])
    silent_marks = {SYMBOLS[place] for place in places[~spoken]}
    assert {",", "."} <= silent_marks


def test_labels_of_another_text_do_not_fit() -> None:
    path = path_of([1] * counts, [1] * (counts + 1))
    assert places_of(path[:-4], SYMBOLS) is None and places_of(np.array([SILENCE, PHONES[0]]), SYMBOLS) is None


def test_prepare_spells_the_text_in_codes(tmp_path: Path) -> None:
    path = path_of([2] * counts, [1] * (counts + 1))
    cache = tmp_path / "cache"
    cache.mkdir()
    row = {"id": "a/0", "text": TEXT, "language": "en", "speaker": "s", "split": None, "kind": None}
    row |= {"frame": 0, "frames": 4 * len(path)}
    (cache / "index.jsonl").write_text(json.dumps(row | {"teacher": False}) + "\n")
    np.zeros(4 * len(path) * 80, np.float16).tofile(cache / "mel.f16")
    path.astype(np.int16).tofile(cache / "labels.i16")
    assert prepare(cache, CODES, "c0", tmp_path / "shard") == 0
    assert prepare(cache, CODES, "c0", tmp_path / "shard") == 0  # adds nothing
    (entry,) = read_index(tmp_path / "shard")
    units = np.fromfile(tmp_path / "shard" / "units.i16", np.int16)
    assert entry["codec"] == "c0" and entry["length"] == len(units) == len(path)
    runs = [unit for unit, _ in groupby(units.tolist()) if unit != SILENCE]
    assert runs == PHONES
    assert prepare(cache, CODES, "c0", tmp_path / "none", frozenset({"wellthisseemsgood"})) == 0
    assert not read_index(tmp_path / "none")
