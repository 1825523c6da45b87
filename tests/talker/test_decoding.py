"""Decoding: grammar, bounds, retries, reasons; seeds; long texts."""

from collections.abc import Iterator

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from talker.tiny_talkers import TINY, tiny_backbone
from torch import Tensor

from speechkit.errors import ConfigError, StyleError, TextError
from speechkit.talker import ATTRIBUTES, Sampling, Saying, StyleHeader, UnitStream, Watch, write_header
from speechkit.talker.sampling import draw, generator_for
from speechkit.talker.saying import spoken_pieces
from speechkit.text import sentences

BACKBONE = tiny_backbone()


class Parrot:
    """A backbone without a pointer that writes what it is told to, whatever the text; -1 ends."""

    name, num_units, unit_rate, codec, silent_units, guided, ended = "parrot", 16, 25.0, "", frozenset({9}), False, False

    def __init__(self, *attempts: Iterator[int] | list[int]) -> None:
        self.attempts = [list(attempt) for attempt in attempts]
        self.script, self.written, self.rewinds = self.attempts.pop(0), [], 0

    def utterance(self, instruction: str) -> "Parrot":
        return self

    def style_scores(self, attribute: str) -> Tensor:
        return torch.arange(len(ATTRIBUTES[attribute])).float()

    def write_style(self, attribute: str, value: str) -> None: ...

    def read_text(self, text: str, language: str, patience: float) -> int:
        return len(text)

    def unit_scores(self) -> Tensor:
        scores = torch.full((17,), -20.0)
        scores[self.script[len(self.written) % len(self.script)]] = 20.0
        return scores

    def write_unit(self, unit: int, patience: float) -> None:
        self.written.append(unit)

    def mark(self) -> int:
        return len(self.written)

    def rewind(self, mark: int) -> None:
        del self.written[mark:]
        self.rewinds += 1
        if self.attempts:
            self.script = self.attempts.pop(0)


WATCH = Watch(longest_run=6, loop_rounds=3, longest_silence=8, hold_units=4, fewest_per_symbol=0.0)


def told(parrot: Parrot, text: str = "x" * 10, watch: Watch = WATCH) -> tuple[list[int], UnitStream]:
    stream = UnitStream(parrot, parrot, text, "en", watch=watch)
    return list(stream), stream


def test_header_takes_what_is_given_and_infers_the_rest() -> None:
    header = write_header(Parrot([0]), StyleHeader(emotion="happy"))
    assert dict(header.items()) == {"gender": "male", "emotion": "happy", "pitch": "high", "speed": "fast", "energy": "loud"}


def test_an_end_that_the_backbone_writes() -> None:
    units, stream = told(Parrot([1, 2, 3, 16]))
    assert units == [1, 2, 3] and stream.finish_reason == "end"


def test_an_end_is_not_allowed_too_early() -> None:
    parrot = Parrot([16])
    units, stream = told(parrot, watch=Watch(fewest_per_symbol=0.5))
    assert len(units) >= 5 and stream.finish_reason == "end"


def test_the_text_bounds_the_length() -> None:
    script = np.random.default_rng(0).permutation(16).tolist() * 7 + np.random.default_rng(1).integers(0, 16, 900).tolist()
    units, stream = told(Parrot(script), watch=Watch(spare_units=5, most_per_symbol=3.0, loop_rounds=9))
    assert len(units) == 35 and stream.finish_reason == "length"


@pytest.mark.parametrize("script, reason", [([5], "repetition"), ([1, 2, 3], "repetition"), ([9], "silence")])
def test_what_cannot_be_mended_ends_with_its_reason(script: list[int], reason: str) -> None:
    parrot = Parrot(script)
    units, stream = told(parrot)
    assert stream.finish_reason == reason and parrot.rewinds == stream.retries == WATCH.retries
    assert len(units) < 40


def test_what_can_be_mended_is() -> None:
    parrot = Parrot([1, 2, 3, 4, *[5] * 9], [1, 2, 3, 4, 5, 5, 5, 6, 7, 16])
    units, stream = told(parrot)
    assert units == [1, 2, 3, 4, 5, 5, 5, 6, 7] and stream.finish_reason == "end" and stream.retries == 1


def test_a_guided_talker_says_every_symbol_once() -> None:
    utterance = BACKBONE.utterance("")
    write_header(utterance, StyleHeader())
    stream = UnitStream(BACKBONE, utterance, "A longer sentence, with a pause.", "en", seed=1)
    places = []
    for _ in stream:
        places.append(utterance.pointer.place)
    places = [0, *[min(place, stream.symbols - 1) for place in places]]
    steps = np.diff(places)
    assert stream.finish_reason == "end" and set(steps.tolist()) <= {0, 1, 2}
    leapt = [place + 1 for place, step in zip(places, steps, strict=False) if step == 2]
    assert all(utterance.text[place] in utterance.marks for place in leapt)


@settings(max_examples=15)
@given(st.text(max_size=60), st.integers(0, 3))
def test_any_text_ends_with_a_reason(text: str, seed: int) -> None:
    saying = Saying(BACKBONE, text, seed=seed)
    units = [unit for part in saying for unit in part]
    assert saying.finish_reason in ("end", "length", "empty") and (saying.finish_reason == "empty") == (not units)
    assert len(units) <= sum(Watch().most(60 * 8) for _ in saying.pieces)


def test_seeds() -> None:
    def units(seed: int) -> list[int]:
        saying = Saying(BACKBONE, "Hello. Good day.", seed=seed, sampling=Sampling(temperature=1.0))
        return [unit for part in saying for unit in part]

    assert units(4) == units(4) != units(5)
    with pytest.raises(ConfigError, match="seed"):
        units(-1)


def test_a_sentence_sounds_the_same_whatever_follows() -> None:
    alone = Saying(BACKBONE, "Hello there.", seed=2)
    first = [unit for part in alone for unit in part]
    both = [unit for part in Saying(BACKBONE, "Hello there. And more.", seed=2) for unit in part]
    assert both[: len(first)] == first and len(both) > len(first)


def test_a_saying_knows_its_units() -> None:
    saying = Saying(BACKBONE, "One. Two.", seed=0)
    parts = [part.ids for part in saying]
    assert np.array_equal(np.concatenate(parts), saying.units.ids) and saying.units.num_units == TINY.num_units


def test_language_and_style_are_checked() -> None:
    with pytest.raises(TextError, match="'en', 'zh' or None"):
        Saying(BACKBONE, "a", language="fr")
    with pytest.raises(StyleError):
        Saying(BACKBONE, "a", style=StyleHeader(pitch="purple"))


@given(st.text(alphabet="ab ,.。你好！\n", max_size=900))
def test_pieces_hold_the_whole_text(text: str) -> None:
    pieces = spoken_pieces(text)
    assert "".join("".join(pieces).split()) == "".join("".join(sentences(text)).split())
    assert all(0 < len(piece) <= 220 for piece in pieces)


@given(
    st.lists(st.floats(-5, 5), min_size=2, max_size=30), st.integers(0, 8), st.floats(0.05, 1.0), st.integers(0, 99)
)
def test_draws_stay_within_top_k_and_top_p(scores: list[float], top_k: int, top_p: float, seed: int) -> None:
    logits = torch.tensor(scores, dtype=torch.float64)
    chosen = draw(logits, Sampling(temperature=1.0, top_k=top_k, top_p=top_p), generator_for(seed))
    likelier = logits[logits > logits[chosen]]
    assert len(likelier) < (top_k or 31)
    kept = logits.topk(min(top_k or 31, len(scores))).values.softmax(0)
    assert float(kept[: len(likelier)].sum()) <= top_p + 1e-9


def test_temperature_zero_takes_the_likeliest() -> None:
    assert draw(torch.tensor([0.0, 3.0, 1.0]), Sampling(temperature=0.0), generator_for(0)) == 1


def test_repetition_is_drawn_again_from_the_whole() -> None:
    scores = torch.tensor([0.5, 0.0, 0.0, 0.0])
    narrow = Sampling(temperature=1.0, top_k=1, repetition_window=4, repetition_share=0.5)
    drawn = {draw(scores, narrow, generator_for(seed), [0, 0, 0, 0]) for seed in range(30)}
    assert len(drawn) > 1 and {draw(scores, narrow, generator_for(seed), [0, 1, 2, 3]) for seed in range(30)} == {0}


def test_configs_refuse() -> None:
    with pytest.raises(ConfigError, match="top_p"):
        Sampling(top_p=0.0)
    with pytest.raises(ConfigError, match="most_per_symbol"):
        Watch(most_per_symbol=0.1)
