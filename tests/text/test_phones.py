"""speechkit.text.phones: the whole way from text to labels."""

import pytest

from speechkit.errors import TextError
from speechkit.text import EMOVA240, phones


def test_english_and_mandarin_mix_in_both_languages() -> None:
    expected = ["en_T", "en_IY1", "en_T", "en_IY1", "en_EH1", "en_S", "CN_h", "CN_ao3"]
    assert phones("TTS 好", "zh") == phones("TTS 好", "en") == expected


def test_another_language_is_refused() -> None:
    with pytest.raises(TextError, match="'en' or 'zh'"):
        phones("bonjour", "fr")


def test_labels_are_in_the_inventory() -> None:
    assert set(phones("The quick brown fox. 我们什么时候去图书馆？", "en")) <= set(EMOVA240)
