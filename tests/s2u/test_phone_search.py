"""Phones by sound and by sequence: the n-gram, the beam, the spelling, and the S2U that searches."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("lightning")

from s2u import S2U, S2UConfig
from s2u.config import SearchConfig
from s2u.fsq import Quantizer
from s2u.phone_ngram import COST_STEP
from s2u.phone_search import PhoneSearch, best_path
from s2u.projection import best_place
from s2u.spelling import SILENCE, CodeTable, contexts, leaning
from speechkit.errors import ConfigError
from tests.s2u.searching import PHONES, levels, searching, sentences, table
from tests.s2u.test_units_contract import noise, tiny_config


@pytest.fixture(scope="module")
def search() -> PhoneSearch:
    s2u = searching(S2U(tiny_config()))
    assert s2u.search is not None
    return s2u.search


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([*PHONES, 77, SILENCE]), max_size=5))
def test_probabilities_of_the_next_phone_sum_to_one(search: PhoneSearch, history: list[int]) -> None:
    found = np.exp(search.ngram.log_probabilities(tuple(history)).astype(np.float64))
    assert found.shape == (SILENCE + 1,) and found.sum() == pytest.approx(1.0, abs=1e-3)


def test_stored_sequences_keep_their_probability_and_others_back_off(search: PhoneSearch) -> None:
    grams = levels()[2]
    for key, probability in zip(grams.keys[:40].tolist(), grams.probabilities[:40].tolist(), strict=True):
        first, second, third = key >> 16, key >> 8 & 255, key & 255
        stored = search.ngram.log_probabilities((first, second))[third]
        assert stored == pytest.approx(np.log(probability), abs=COST_STEP + 0.02)
    known, unknown = search.ngram.log_probabilities((PHONES[0],)), search.ngram.log_probabilities((200, PHONES[0]))
    assert np.array_equal(known, unknown)


def test_sentences_of_the_language_are_more_probable_than_shuffled_ones(search: PhoneSearch) -> None:
    random = np.random.default_rng(0)

    def cost(spoken: list[int]) -> float:
        return -sum(float(search.ngram.log_probabilities((SILENCE, *spoken[:at]))[phone]) for at, phone in enumerate(spoken))

    fresh = sentences(40, seed=9)
    assert sum(map(cost, fresh)) < 0.8 * sum(cost(random.permutation(spoken).tolist()) for spoken in fresh)


def score_of(path: tuple[int, ...], heard: np.ndarray, search: PhoneSearch, config: SearchConfig) -> float:
    """What `best_path` maximises, word for word."""
    total, history, last = 0.0, (SILENCE,), SILENCE
    for unit, phone in enumerate(path):
        total += float(heard[unit, phone])
        if phone not in (last, SILENCE):
            total += config.entry + config.language_weight * float(search.ngram.log_probabilities(history)[phone])
            history = (*history, phone)
        last = phone
    return total


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.0, 3.0), st.floats(-2.0, 2.0))
def test_a_wide_beam_finds_what_trying_everything_finds(search: PhoneSearch, seed: int, weight: float, entry: float) -> None:
    config = replace(search.config, beam=500, candidates=5, margin=1e9, language_weight=weight, entry=entry)
    random = np.random.default_rng(seed)
    heard = np.full((5, SILENCE + 1), -50.0, np.float32)
    heard[:, [*PHONES[:3], SILENCE]] = np.log(random.dirichlet(np.ones(4) * 0.5, 5) + 1e-6)
    found = tuple(best_path(heard, search.ngram, config, (SILENCE,)).tolist())
    best = max(score_of(path, heard, search, config) for path in itertools.product((*PHONES[:3], SILENCE), repeat=5))
    assert score_of(found, heard, search, config) == pytest.approx(best, abs=1e-3)


def test_without_language_every_unit_says_its_most_probable_phone(search: PhoneSearch) -> None:
    config = replace(search.config, language_weight=0.0, entry=0.0)
    heard = np.log(np.random.default_rng(3).dirichlet(np.ones(SILENCE + 1) * 0.05, 30) + 1e-6).astype(np.float32)
    assert np.array_equal(best_path(heard, search.ngram, config, ()), heard.argmax(1))
    assert best_path(heard[:0], search.ngram, config, ()).shape == (0,)


def test_language_decides_where_the_sound_does_not(search: PhoneSearch) -> None:
    heard = np.full((6, SILENCE + 1), -12.0, np.float32)
    heard[:2, PHONES[0]], heard[4:, PHONES[2]] = -0.01, -0.01
    heard[2:4, PHONES[1]], heard[2:4, PHONES[4]] = -0.8, -0.7  # up one is usual, up four never happens
    path = best_path(heard, search.ngram, replace(search.config, language_weight=1.0), (SILENCE,))
    assert path.tolist() == [PHONES[0]] * 2 + [PHONES[1]] * 2 + [PHONES[2]] * 2


def slow_code(known: CodeTable, context: tuple[int, int, int]) -> int:
    """The code of a context, by loops over the votes."""
    left, phone, right = context
    whole, before, after, alone = (np.zeros(4096) for _ in range(4))
    for (a, b, c), code, weight in zip(known.contexts.tolist(), known.codes.tolist(), known.weights.tolist(), strict=True):
        if b == phone:
            alone[code] += weight
            before[code] += weight * (a == left)
            after[code] += weight * (c == right)
            whole[code] += weight * ((a, c) == (left, right))
    return int((whole + 3 * leaning(before, after, alone)).argmax())


def test_spelling_equals_its_slow_twin_in_whatever_order_the_votes_are() -> None:
    random, known = np.random.default_rng(2), table()
    order = random.permutation(len(known.codes))[:150]
    some = CodeTable(known.contexts[order], known.codes[order], random.random(150).astype(np.float32))
    asked = random.choice([*PHONES, SILENCE], (60, 3))
    assert some.spell(asked).tolist() == [slow_code(some, tuple(context)) for context in asked.tolist()]


def test_units_are_the_table_s_codes_or_the_most_probable_ones_that_say_the_phone(search: PhoneSearch) -> None:
    scores = torch.randn(25, 4096, generator=torch.Generator().manual_seed(0)) * 4
    path, codes = search.phones(scores), search(scores)
    saying, odds = table().phones(4096), scores.softmax(-1).numpy()
    usual = table().spell(contexts(path))
    for unit, phone in enumerate(path.tolist()):
        clear = phone != SILENCE and saying[usual[unit], phone] > 0.5
        assert codes[unit] == (usual[unit] if clear else int((odds[unit] * saying[:, phone]).argmax()))
    free = PhoneSearch(replace(search.config, spelled=()), 4096)
    free.load_state_dict(search.state_dict())
    assert free(scores).tolist() == [int((odds[unit] * saying[:, phone]).argmax()) for unit, phone in enumerate(path.tolist())]
    quantized = Quantizer((8, 8, 8, 8))(best_place(scores[None], (8, 8, 8, 8), codes[None]))
    assert torch.equal(quantized.units[0], codes)
    assert search(scores[:0]).shape == (0,)


def test_save_and_load_give_the_same_units(tmp_path: Path) -> None:
    torch.manual_seed(0)
    s2u = searching(S2U(tiny_config())).eval()
    waveform = noise(40_000)
    for half in (False, True):
        s2u.save(tmp_path / str(half), card="# A test", half=half)
        loaded = S2U.load(tmp_path / str(half))
        assert loaded.config == s2u.config and loaded.search is not None
        assert np.array_equal(loaded.search.table.spell(contexts(np.array(PHONES))), table().spell(contexts(np.array(PHONES))))
        if not half:
            assert list(loaded.encode(waveform, 16000)) == list(s2u.encode(waveform, 16000))


def test_threads_that_begin_together_get_the_same_units() -> None:
    waveform = noise(20_000)
    for _ in range(5):
        s2u = searching(S2U(tiny_config())).eval()
        with ThreadPoolExecutor(4) as pool:
            heard = [list(units) for units in pool.map(s2u.encode, [waveform] * 4, [16000] * 4)]
        assert all(units == heard[0] for units in heard)


def test_wrong_configs_raise() -> None:
    with pytest.raises(ConfigError, match="posterior"):
        S2UConfig(projection="straight", search=SearchConfig(votes=1, grams=(1,)))
    with pytest.raises(ConfigError, match="at least 1"):
        SearchConfig(votes=1, grams=())
    with pytest.raises(ConfigError, match="at least 1"):
        SearchConfig(votes=1, grams=(1,), beam=0)
