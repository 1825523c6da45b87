"""Edit distance against a slow twin and against jiwer."""

import functools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechkit.metrics.edit_distance import EditCounts, align, edit_counts, edit_distance

WORDS = st.lists(st.sampled_from("abcd"), max_size=9)


def slow_distance(reference: list[str], hypothesis: list[str]) -> int:
    @functools.cache
    def distance(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        same = reference[i - 1] == hypothesis[j - 1]
        return min(distance(i - 1, j - 1) + (not same), distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    return distance(len(reference), len(hypothesis))


@given(WORDS, WORDS)
def test_distance_and_counts_agree_with_the_slow_twin(reference: list[str], hypothesis: list[str]) -> None:
    counts = edit_counts(reference, hypothesis)
    assert edit_distance(reference, hypothesis) == counts.errors == slow_distance(reference, hypothesis)
    assert counts.reference_length == len(reference)
    assert counts.hits + counts.substitutions + counts.insertions == len(hypothesis)


@given(WORDS, WORDS)
def test_alignment_covers_both_sides_in_order(reference: list[str], hypothesis: list[str]) -> None:
    steps = align(reference, hypothesis)
    assert [r for _, r, _ in steps if r is not None] == list(range(len(reference)))
    assert [h for _, _, h in steps if h is not None] == list(range(len(hypothesis)))
    for step, r, h in steps:
        if r is not None and h is not None:
            assert step == ("hit" if reference[r] == hypothesis[h] else "substitution")
        else:
            assert step == ("insertion" if r is None else "deletion")


def test_preference_is_substitution_then_deletion_then_insertion() -> None:
    assert edit_counts("ab", "ba") == EditCounts(hits=0, substitutions=2, deletions=0, insertions=0)
    assert align("aab", "ab") == [("deletion", 0, None), ("hit", 1, 0), ("hit", 2, 1)]
    assert edit_counts("", "ab").insertions == edit_counts("ab", "").deletions == 2


def test_any_hashable_symbol() -> None:
    assert edit_distance([(1, 2), None, "a"], [(1, 2), "a"]) == 1


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=9), WORDS)
def test_jiwer_counts_as_many_errors(reference: list[str], hypothesis: list[str]) -> None:
    """Only the total: jiwer breaks ties otherwise, so S, D and I may differ while their sum and D - I cannot."""
    jiwer = pytest.importorskip("jiwer", reason="jiwer is not installed")
    theirs = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    ours = edit_counts(reference, hypothesis)
    assert ours.errors == theirs.substitutions + theirs.deletions + theirs.insertions
    assert ours.deletions - ours.insertions == theirs.deletions - theirs.insertions
