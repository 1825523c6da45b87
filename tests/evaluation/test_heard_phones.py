"""Phones of transcripts: homophones cost nothing, tones and stress can be left out, what cannot be read is skipped."""

import pytest

from speechkit.evaluation.heard_phones import heard_phone_results, heard_phones
from speechkit.evaluation.records import Record
from speechkit.metrics.edit_distance import edit_distance
from speechkit.text import phones


@pytest.mark.parametrize(
    ("language", "text", "heard", "edits", "base"),
    [
        ("en", "The mail air.", "the male heir", 0, 0),
        ("zh", "他们在这里", "她們在這裡", 0, 0),
        ("zh", "买马", "卖马", 1, 0),
        ("en", "cat", "cut", 1, 1),
        ("en", "cat", "", 3, 3),
    ],
)
def test_edits(language: str, text: str, heard: str, edits: int, base: int) -> None:
    found = heard_phones("ear", text, heard, language)
    assert (found["phones_ear_edits"], found["phones_base_ear_edits"]) == (edits, base)
    assert found["phones_ear_count"] == len(phones(text, language))  # type: ignore[arg-type]
    assert found["phones_ear_edits"] == edit_distance(phones(text, language), phones(heard, language) if heard else [])  # type: ignore[arg-type]


def test_what_cannot_be_read_or_was_not_heard_is_left_out() -> None:
    assert heard_phones("ear", "", "hello", "en") == {}
    assert heard_phones("ear", "hello", None, "en") == {}


def test_results_are_micro_averages() -> None:
    records = [
        Record(id=text, values=heard_phones("ear", text, heard, "en"))
        for text, heard in (("cat", "cut"), ("hello there", "hello there"), ("hello", None))
    ]
    full, base = heard_phone_results(records, "ear", "en", ["a", "b", "c"])
    count = len(phones("cat", "en")) + len(phones("hello there", "en"))
    assert (full.metric, base.metric) == ("heard_PER_ear_en", "heard_PER_ear_en_base")
    assert full.value == base.value == pytest.approx(1 / count) and full.n == 2 and full.skipped_reasons == {"no_phones": 1}
