"""Units chosen from the code table: what may say a symbol, and that an utterance says its text and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from speechkit.talker import GuidedBackbone, StyleHeader, UnitStream, write_header
from speechkit.talker.spelled import SILENCE, SpelledText
from speechkit.text import phone_ids, reading
from tests.talker.tiny_talkers import tiny_model


class Hashing:
    """A code for every context, in [0, 64)."""

    def spell(self, found: NDArray[np.int64]) -> NDArray[np.int64]:
        return (found * np.array([7, 13, 29])).sum(1) % 64


def spoken(text: str, seed: int) -> tuple[list[int], list[int]]:
    """Units of a text, and the index of the symbol that each says."""
    backbone = GuidedBackbone(tiny_model(seed), Hashing())
    utterance = backbone.utterance("happy")
    write_header(utterance, StyleHeader())
    units, places = [], []
    stream = iter(UnitStream(backbone, utterance, text, "en", seed=seed))
    while True:
        place = utterance.pointer.place
        unit = next(stream, None)
        if unit is None:
            return units, places
        units.append(unit)
        places.append(place)


def contexts_of(text: str, places: list[int]) -> NDArray[np.int64]:
    """Contexts of units, slowly: the nearest other phone on either side."""
    symbols = ["<|en|>", *reading(text, "en")]
    phones = [phone_ids([symbols[place]])[0] if symbols[place].startswith(("en_", "CN_")) else SILENCE for place in places]
    rows = []
    for index, phone in enumerate(phones):
        left = next((other for other in reversed(phones[:index]) if other != phone), SILENCE)
        right = next((other for other in phones[index:] if other != phone), SILENCE)
        rows.append([left, phone, right])
    return np.array(rows)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 50), st.sampled_from(["Hello there", "One two three four five", "This seat"]))
def test_units_spell_the_text(seed: int, text: str) -> None:
    units, places = spoken(text, seed)
    symbols = ["<|en|>", *reading(text, "en")]
    marks = {place for place, symbol in enumerate(symbols) if not symbol.startswith("en_")}
    assert set(range(len(symbols))) - set(places) <= marks  # only marks may be passed over
    wanted = Hashing().spell(contexts_of(text, places))
    differing = [index for index, (unit, code) in enumerate(zip(units, wanted, strict=True)) if unit != code]
    assert all({places[index] + 1, places[index] + 2} & marks for index in differing)  # only where a pause may or may not come


def test_a_phone_before_a_mark_may_be_followed_by_silence_or_by_the_next_phone() -> None:
    symbols = ["<|en|>", "en_AA0", "en_B", ",", "en_D", "."]
    text = SpelledText(symbols, Hashing())
    before, phone, after = phone_ids(["en_AA0", "en_B", "en_D"])
    wanted = Hashing().spell(np.array([[before, phone, SILENCE], [before, phone, after]]))
    assert sorted(text.units(2, before)) == sorted(set(wanted.tolist()))
    assert text.units(5, after) == Hashing().spell(np.array([[after, SILENCE, SILENCE]])).tolist()


def test_a_phone_twice_in_a_row_is_one() -> None:
    text = SpelledText(["<|en|>", "en_S", "en_S", "en_IY1", "."], Hashing())
    one, other = phone_ids(["en_S", "en_IY1"])
    wanted = Hashing().spell(np.array([[SILENCE, one, other]])).tolist()
    assert text.units(1, SILENCE) == wanted == text.units(2, text.before(2, 1, SILENCE))


def test_without_a_speller_every_unit_may_come() -> None:
    backbone = GuidedBackbone(tiny_model(0))
    utterance = backbone.utterance("")
    write_header(utterance, StyleHeader())
    utterance.read_text("hello", "en", 0.5)
    assert np.isfinite(utterance.unit_scores().numpy()).all()
    spelling = GuidedBackbone(tiny_model(0), Hashing()).utterance("")
    write_header(spelling, StyleHeader())
    spelling.read_text("hello", "en", 0.5)
    assert np.isfinite(spelling.unit_scores().numpy()).sum() == 1


@pytest.mark.parametrize("text", ["Hello there, you.", "Wait... what?"])
def test_the_same_seed_gives_the_same_units(text: str) -> None:
    assert spoken(text, 3) == spoken(text, 3)
