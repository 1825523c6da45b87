"""speechkit.text.inventory: sizes, order, ids and the Charsiu mapping."""

import pytest

from speechkit.errors import TextError
from speechkit.text import (
    CHARSIU_EN,
    CHARSIU_ZH,
    EMOVA240,
    EMOVA271,
    phone_ids,
    strip_tone_and_stress,
    to_charsiu,
)


def test_sizes_and_languages() -> None:
    assert len(EMOVA240) == len(set(EMOVA240)) == 240
    assert all(label.startswith("en_") for label in EMOVA240[:69])
    assert all(label.startswith("CN_") for label in EMOVA240[69:])
    assert sum(label.endswith("5") for label in EMOVA240) == 5


def test_the_extension_keeps_the_first_ids() -> None:
    assert EMOVA271[:240] == EMOVA240
    assert len(set(EMOVA271)) == 271


def test_ids_are_positions() -> None:
    assert phone_ids(EMOVA240) == list(range(240))
    assert phone_ids(["AH", "ZH"], ("ZH", "AH")) == [1, 0]


@pytest.mark.parametrize("label", ["en_AH", "CN_ao5", "ao3", ""])
def test_unknown_labels_are_refused(label: str) -> None:
    with pytest.raises(TextError, match="not in the inventory of 240"):
        phone_ids([label])


def test_the_extended_inventory_takes_neutral_finals() -> None:
    assert phone_ids(["CN_o5"], EMOVA271) == [240]


def test_charsiu_sets_have_the_documented_sizes() -> None:
    assert len(CHARSIU_EN) == 42
    assert len(CHARSIU_ZH) == 205


def test_every_label_maps_into_charsiu() -> None:
    mapped = {to_charsiu(label) for label in EMOVA271}
    assert mapped <= set(CHARSIU_EN) | set(CHARSIU_ZH)
    assert len(mapped) == 39 + 22 + 180


def test_charsiu_refuses_other_labels() -> None:
    with pytest.raises(TextError, match="not an emova240 label"):
        to_charsiu("AH0")


def test_strip() -> None:
    assert {strip_tone_and_stress(label) for label in EMOVA240} == {strip_tone_and_stress(label) for label in EMOVA271}
