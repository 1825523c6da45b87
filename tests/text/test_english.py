"""speechkit.text.english and lexicon: dictionary, inflections, letter names."""

import pytest

from speechkit.text.english import english_phones, word_phones
from speechkit.text.lexicon import dictionary, letter_names, pronounce


def test_the_dictionary_is_whole() -> None:
    assert len(dictionary()) > 126_000
    assert pronounce("qqq") is None


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("speech", "S P IY1 CH"),
        ("don't", "D OW1 N T"),
        ("live", "L IH1 V"),
        ("vindelin's", "Z"),
        ("lynx's", "IH0 Z"),
        ("caslons", "Z"),
        ("uglifying", "IH0 NG"),
        ("bedsteads", "B EH1 D S T EH2 D Z"),
        ("snorkelled", "D"),
        ("misted", "T IH0 D"),
        ("foxlike", "F AA1 K S L AY2 K"),
    ],
)
def test_words_and_their_endings(word: str, phones: str) -> None:
    assert " ".join(word_phones(word)).endswith(phones)


@pytest.mark.parametrize("text", ["GPU", "TTS", "N A Q", "US", "FBI"])
def test_letters_are_named(text: str) -> None:
    assert english_phones(text) == letter_names(text)


def test_letters_in_the_plural() -> None:
    assert english_phones("CDs") == [*letter_names("CD"), "Z"]
    assert english_phones("GPU's") == [*letter_names("GPU"), "Z"]


def test_text_in_capitals_is_read_as_words() -> None:
    loud = "IT IS THE CAT ON THE MAT"
    assert english_phones(loud) == english_phones(loud.lower())


def test_accents_ligatures_and_quotes() -> None:
    assert english_phones("café") == english_phones("cafe")
    assert english_phones("æon’s") == english_phones("aeon's")
    assert english_phones("'hello'") == english_phones("hello")


def test_hyphens_separate_words() -> None:
    assert english_phones("well-known") == english_phones("well known")


def test_no_words_no_phones() -> None:
    assert english_phones("… 你好 ' - 12") == []
