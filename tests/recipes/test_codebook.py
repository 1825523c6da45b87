"""The codebook laid out as a treemap: every code a phone, even use, the same for the same context."""

from collections import Counter
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("lightning")

from recipes.codebook import SILENT_SHARE, contexts, crowd, grow, place, principal, sounds
from s2u.spelling import SILENCE

BOX = (4, 4, 4, 4)


def speech(units: int = 20_000, phones: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Contexts and features of random phones, each two units long, whose sound depends on both neighbours."""
    random = np.random.default_rng(0)
    labels = np.repeat(random.choice([*range(phones), SILENCE], units // 2), 2).astype(np.int16)
    found = contexts(labels)
    own, side = random.standard_normal((241, 40)), random.standard_normal((241, 40))
    heard = 3 * own[found[:, 1]] + side[found[:, 0]] + side[found[:, 2]] + 0.1 * random.standard_normal((len(labels), 40))
    return found, heard.astype(np.float32)


@pytest.fixture(scope="module")
def book() -> tuple:
    found, features = speech()
    heard = sounds(found, principal(features, 16))
    return found, heard, grow(BOX, crowd(heard))


def test_no_code_means_two_phones(book: tuple) -> None:
    _, heard, root = book
    meaning: dict[tuple[int, ...], set[int]] = {}
    for context in heard.counts:
        levels = place(root, heard, context, 4)
        assert all(0 <= level < size for level, size in zip(levels, BOX, strict=True))
        meaning.setdefault(tuple(levels), set()).add(context[1])
    assert all(len(phones) == 1 for phones in meaning.values())


def test_codes_are_used_evenly_and_silence_takes_its_share(book: tuple) -> None:
    found, heard, root = book
    used = Counter(tuple(place(root, heard, context, 4)) for context in map(tuple, found.tolist()) if context[1] != SILENCE)
    share = np.array(list(used.values())) / sum(used.values())
    assert np.exp(-(share * np.log(share)).sum()) > 0.6 * np.prod(BOX)
    silent = {tuple(place(root, heard, context, 4)) for context in heard.counts if context[1] == SILENCE}
    assert 1 <= len(silent) <= 4 * SILENT_SHARE * np.prod(BOX) + 1


def test_an_unheard_context_is_placed_among_those_of_its_phone(book: tuple) -> None:
    _, heard, root = book
    others = {tuple(place(root, heard, context, 4)) for context in heard.counts if context[1] != 5}
    assert (230, 5, 231) not in heard.counts
    levels = place(root, heard, (230, 5, 231), 4)
    assert tuple(levels) not in others
    assert all(0 <= level < size for level, size in zip(levels, BOX, strict=True))


def test_an_unheard_phone_still_has_a_code(book: tuple) -> None:
    _, heard, root = book
    assert all(0 <= level < size for level, size in zip(place(root, heard, (5, 239, 5), 4), BOX, strict=True))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_contexts_are_those_of_the_runs(labels: list[int]) -> None:
    runs = [phone for phone, _ in groupby(labels)]
    slow = []
    for number, (_, group) in enumerate(groupby(labels)):
        around = [SILENCE, *runs, SILENCE]
        slow += [around[number : number + 3]] * len(list(group))
    assert contexts(np.array(labels, np.int16)).tolist() == slow
