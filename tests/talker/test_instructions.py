"""Generated instructions: they ask for what the header says, and held-out phrasings stay out of training."""

import re

import numpy as np
import pytest

from speechkit.errors import TextError
from speechkit.talker.header import ATTRIBUTES, DEFAULTS, StyleHeader, header_of
from speechkit.talker.instructions import (
    ENGLISH_FRAMES,
    MANDARIN_FRAMES,
    drop_attributes,
    mentioned,
    phrase,
    random_header,
)
from speechkit.talker.phrases import ENGLISH, MANDARIN


def said(text: str, name: str, value: str) -> bool:
    """Whether one of the words for a value stands in the text."""
    wording = [*vars(ENGLISH[name, value]).values(), *vars(MANDARIN[name, value]).values()]
    return any(word.lower() in text.lower() for words in wording for word in words)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("phrasing", ["training", "held_out"])
def test_every_wish_is_put_into_words(language: str, phrasing: str) -> None:
    random = np.random.default_rng(1)
    empty = 0
    for _ in range(300):
        header = random_header(random)
        text = phrase(header, language, random, phrasing=phrasing)
        empty += not text
        for name, value in header.items():
            assert not text or value == DEFAULTS[name] or said(text, name, value), (text, name, value)
        assert "{" not in text and not re.search(r"(^|\s)a [aeio]", text)
    assert empty < 60  # headers all at their defaults ask for nothing


def test_every_value_has_words_in_both_languages() -> None:
    values = {(name, value) for name, options in ATTRIBUTES.items() for value in options}
    assert set(ENGLISH) == set(MANDARIN) == values
    assert all(any(vars(wording).values()) for table in (ENGLISH, MANDARIN) for wording in table.values())


@pytest.mark.parametrize("frames", [ENGLISH_FRAMES, MANDARIN_FRAMES])
def test_held_out_phrasings_are_new(frames: dict) -> None:
    assert not {frame.text for frame in frames["training"]} & {frame.text for frame in frames["held_out"]}


def test_the_same_random_numbers_give_the_same_words() -> None:
    header = StyleHeader(emotion="sad", speed="slow")
    assert phrase(header, "en", np.random.default_rng(3)) == phrase(header, "en", np.random.default_rng(3))


def test_what_is_not_default_is_always_mentioned() -> None:
    random = np.random.default_rng(0)
    header = header_of({**DEFAULTS, "emotion": "angry"})
    assert all(mentioned(header, random)["emotion"] == "angry" for _ in range(20))


def test_attributes_are_dropped_at_the_rate_that_is_asked_for() -> None:
    random = np.random.default_rng(0)
    header = header_of(DEFAULTS)
    kept = np.mean([len(drop_attributes(header, random, 0.2).items()) for _ in range(2000)])
    assert kept == pytest.approx(4.0, abs=0.08)


def test_language_is_checked() -> None:
    with pytest.raises(TextError, match="'en' or 'zh'"):
        phrase(StyleHeader(), "fr", np.random.default_rng(0))
