"""The embedded recogniser: tree, trigram and search, each against a slower twin; the bundled words."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recipes.kneser_ney import NO_WORD, count_grams, pack, prune, smooth
from recipes.transcriber_lm import pronunciations, words_of, write
from speechkit.asr import transcriber
from speechkit.asr.embedded import BUNDLED, PHONES, EmbeddedTranscriber, merge_stress
from speechkit.asr.ngram import END, START, Trigrams
from speechkit.asr.phone_tree import build_tree
from speechkit.asr.search import BeamSearch, SearchConfig
from speechkit.errors import CheckpointError, ConfigError, TextError
from speechkit.text.english import english_phones
from speechkit.text.inventory import EMOVA240, phone_ids

WORDS = ["<s>", "</s>", "a", "b", "ab", "ba"]
SENTENCES = [[2, 3], [2, 3, 4], [4, 5], [2, 2, 3], [5, NO_WORD, 2], [3, 4, 5], [2, 3, 5]]


def tiny_trigrams(bigrams: int = 100, trigrams: int = 100) -> Trigrams:
    levels = prune(smooth(count_grams(SENTENCES, [1.0] * len(SENTENCES)), len(WORDS)), bigrams, trigrams)
    return Trigrams(pack(levels, len(WORDS)))


@pytest.mark.parametrize(("bigrams", "trigrams"), [(100, 100), (6, 3), (0, 0)])
def test_probabilities_sum_to_one_after_every_history(bigrams: int, trigrams: int) -> None:
    model = tiny_trigrams(bigrams, trigrams)
    every = np.arange(1, len(WORDS))
    histories = {START}
    for _ in range(3):
        histories |= {int(h) for history in histories for h in model.advance(np.full(5, history), every)[1]}
    for history in histories:
        cost, _ = model.advance(np.full(len(every), history), every)
        assert np.exp(-cost).sum() == pytest.approx(1.0, abs=0.12), history  # one byte a cost


def test_likelier_after_what_was_seen() -> None:
    model = tiny_trigrams()
    _, after_a = model.advance(np.array([START]), np.array([2]))
    (b, a, end), _ = model.advance(np.repeat(after_a, 3), np.array([3, 2, END]))
    assert b < a < end


def test_counts_against_a_slow_twin() -> None:
    counted = count_grams(SENTENCES, [2.0] * len(SENTENCES))
    for order, (ids, count) in enumerate(counted, start=1):
        slow: dict[tuple[int, ...], float] = {}
        for sentence in SENTENCES:
            whole = [START, *sentence, END]
            for start in range(len(whole) - order + 1):
                gram = tuple(whole[start : start + order])
                if NO_WORD not in gram and gram[-1] != START:
                    slow[gram] = slow.get(gram, 0.0) + 2.0
        assert {tuple(row): number for row, number in zip(ids.tolist(), count.tolist(), strict=True)} == slow


ENTRIES = [(2, [0]), (3, [1]), (4, [0, 1]), (5, [1, 0]), (3, [1, 1])]


def test_the_tree_holds_every_word_and_looks_ahead() -> None:
    costs = np.array([9, 9, 4, 3, 2, 1], np.float32)
    tree = build_tree(ENTRIES, 2, costs)
    found = {}

    def walk(node: int, phones: tuple[int, ...]) -> float:
        here = [int(tree.words[tree.first_word[node] + n]) for n in range(tree.num_words[node])]
        for word in here:
            found[phones] = [*found.get(phones, []), word]
        children = range(tree.first_child[node], tree.first_child[node] + tree.num_children[node])
        below = [walk(child, (*phones, int(tree.phone[child]))) for child in children]
        assert tree.ahead[node] == min([*below, *(costs[word] for word in here)])
        return float(tree.ahead[node])

    walk(0, ())
    assert found == {(0,): [2], (1,): [3], (0, 1): [4], (1, 0): [5], (1, 1): [3]}
    assert tree.phone[1:3].tolist() == [0, 1] and tree.first_child[1] == tree.first_child[0]


def slow_search(log_p: NDArray[np.float32], model: Trigrams, config: SearchConfig) -> list[int]:
    """Every sequence of up to two words, every pronunciation: the best CTC path of each."""
    best: tuple[float, list[int]] = (-float(log_p[:, -1].sum()) + config.blank_cost * len(log_p), [])
    for length in (1, 2):
        for entries in itertools.product(ENTRIES, repeat=length):
            words = [word for word, _ in entries]
            labels = [phone for _, phones in entries for phone in phones]
            history, lm = np.array([START]), 0.0
            for word in [*words, END]:
                cost, history = model.advance(history, np.array([word]))
                lm += float(cost[0])
            total = viterbi(log_p, labels, config.blank_cost) + config.lm_weight * lm + config.word_cost * length
            best = min(best, (total, words))
    return best[1]


def viterbi(log_p: NDArray[np.float32], labels: list[int], blank_cost: float) -> float:
    blank = log_p.shape[1] - 1
    states = [blank, *(s for label in labels for s in (label, blank))]
    cost = [0.0] + [math.inf] * (len(states) - 1)
    for frame in range(len(log_p)):
        fresh = []
        for i, state in enumerate(states):
            ways = [cost[i], cost[i - 1] if i else math.inf]
            if i > 1 and state != blank and state != states[i - 2]:
                ways.append(cost[i - 2])
            if frame == 0:
                ways = [0.0 if i < 2 else math.inf]
            fresh.append(min(ways) - log_p[frame, state] + (blank_cost if state == blank else 0.0))
        cost = fresh
    return min(cost[-2:])


@given(st.integers(0, 10_000), st.integers(1, 4), st.sampled_from([0.0, 0.5]), st.sampled_from([-0.3, 0.0, 0.4]))
@settings(max_examples=12, deadline=None)
def test_the_search_against_a_slow_twin(seed: int, frames: int, lm_weight: float, blank_cost: float) -> None:
    model = tiny_trigrams()
    config = SearchConfig(lm_weight=lm_weight, word_cost=0.1, blank_cost=blank_cost, beam=1000, width=100_000)
    logits = 3 * np.random.default_rng(seed).standard_normal((frames, 3))
    log_p = (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)
    found = BeamSearch(build_tree(ENTRIES, 2, model.unigram), model, config).words(log_p)
    best = slow_search(log_p, model, config)
    if len(found) <= 2:  # the twin knows no longer ones
        assert cost_of(log_p, found, model, config) == pytest.approx(cost_of(log_p, best, model, config), abs=1e-3)


def cost_of(log_p: NDArray[np.float32], words: list[int], model: Trigrams, config: SearchConfig) -> float:
    if not words:
        return -float(log_p[:, -1].sum()) + config.blank_cost * len(log_p)
    spoken = [[phones for word, phones in ENTRIES if word == wanted] for wanted in words]
    acoustic = min(viterbi(log_p, [*itertools.chain(*phones)], config.blank_cost) for phones in itertools.product(*spoken))
    history, lm = np.array([START]), 0.0
    for word in [*words, END]:
        cost, history = model.advance(history, np.array([word]))
        lm += float(cost[0])
    return acoustic + config.lm_weight * lm + config.word_cost * len(words)


def test_stress_is_added_up() -> None:
    uniform = merge_stress(np.log(np.full((2, 241), 1 / 241)))
    assert uniform.shape == (2, 40) and uniform.dtype == np.float32
    assert np.exp(uniform[0]).sum() == pytest.approx(70 / 241)


def spoken(text: str, sharp: float = 0.9) -> NDArray[np.float32]:
    """Posteriors of a text as a peaky CTC model would give them: float32 [N, 241]."""
    frames = []
    for phone in phone_ids(f"en_{phone}" for phone in english_phones(text)):
        for winner in (phone, len(EMOVA240)):
            row = np.full(241, (1 - sharp) / 240)
            row[winner] = sharp
            frames.append(np.log(row))
    return np.array(frames, np.float32)


@pytest.fixture(scope="module")
def bundled() -> EmbeddedTranscriber:
    return EmbeddedTranscriber(lambda waveform, rate: spoken("Call me again tomorrow."))


@pytest.mark.parametrize(
    "text", ["call me again tomorrow", "the state of the union", "i am very sorry to hear that", "what do you want"]
)
def test_the_bundled_words_read_clear_phones(text: str, bundled: EmbeddedTranscriber) -> None:
    assert bundled.read(spoken(text)) == text
    assert bundled.read(spoken(text, 0.6)).split()


def test_the_bundled_words(bundled: EmbeddedTranscriber) -> None:
    assert bundled.transcribe(np.zeros(16000, np.float32), 16000, "en") == "call me again tomorrow"
    assert bundled.read(np.log(np.full((0, 241), 1 / 241, np.float32))) == ""
    silent = np.full((10, 241), -20.0, np.float32)
    silent[:, -1] = 0.0
    assert bundled.read(silent) == ""
    assert {"the", "i'm", "president", "whale"} <= set(bundled.vocabulary)
    assert sum(path.stat().st_size for path in BUNDLED.iterdir()) <= 4 << 20
    with pytest.raises(TextError, match="English only"):
        bundled.transcribe(np.zeros(16000, np.float32), 16000, "zh")
    with pytest.raises(ConfigError, match=r"posteriors=kit\.phone_posteriors"):
        transcriber("embedded")
    with pytest.raises(ConfigError, match="beam"):
        SearchConfig(beam=0)


def test_the_recipe_writes_a_folder_that_reads(tmp_path: Path) -> None:
    words = ["<s>", "</s>", "hear", "here", "me", "read", "the"]
    entries = list(pronunciations(words))
    assert len([entry for entry in entries if entry[0] == 5]) == 2
    grams = count_grams([[2, 4], [6, 4], [5, 4]], [1.0] * 3)
    arrays = {
        **pack(prune(smooth(grams, len(words)), 9, 9), len(words)),
        "words": np.frombuffer("\n".join(words).encode(), np.uint8),
        "phones": np.array([phone for _, phones in entries for phone in phones], np.uint8),
        "phone_counts": np.array([len(phones) for _, phones in entries], np.uint8),
        "entry_words": np.array([word for word, _ in entries], np.uint16),
    }
    write(tmp_path / "t", SearchConfig(lm_weight=0.5), arrays, "card")
    listener = transcriber(f"embedded:{tmp_path / 't'}", posteriors=lambda waveform, rate: spoken("Hear me."))
    assert listener.transcribe(np.zeros(640, np.float32), 16000, "en") == "hear me"
    assert len(PHONES) == 39
    with pytest.raises(CheckpointError):
        transcriber(f"embedded:{tmp_path}", posteriors=lambda waveform, rate: spoken("a"))
    write(tmp_path / "bad", SearchConfig(), {**arrays, "words": np.frombuffer(b"a", np.uint8)}, "card")
    with pytest.raises(CheckpointError, match="1 words"):
        transcriber(f"embedded:{tmp_path / 'bad'}", posteriors=lambda waveform, rate: spoken("a"))


def test_words_of_a_text() -> None:
    assert words_of("Don’t pay $5—wait!") == ["don't", "pay", "five", "dollars", "wait"]
