"""speechkit.text.sentences: where sentences end and where they do not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechkit.text import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("No end", ["No end"]),
        ("Pi is 3.14. Yes.", ["Pi is 3.14.", "Yes."]),
        ("Dr. Li and Mr. A. B. Smith left. Bye.", ["Dr. Li and Mr. A. B. Smith left.", "Bye."]),
        (
            "At 5 p.m. the U.S. team came. In the U.S. The end.",
            ["At 5 p.m. the U.S. team came.", "In the U.S.", "The end."],
        ),
        ("See www.a.com. Then go.", ["See www.a.com.", "Then go."]),
        ("Well... maybe. Well... Maybe.", ["Well... maybe.", "Well...", "Maybe."]),
        ('He said "Go!" and left. "No." She ran.', ['He said "Go!" and left.', '"No."', "She ran."]),
        ("(Really.) Yes.", ["(Really.)", "Yes."]),
        ("What?! No!!", ["What?!", "No!!"]),
        ("一。二！三？四", ["一。", "二！", "三？", "四"]),
        ("他说：“走。”我走了。", ["他说：“走。”", "我走了。"]),
        ('什么？！"好。"他说。', ["什么？！", '"好。"', "他说。"]),
        ("我……不知道。", ["我……", "不知道。"]),
        ("用Python. 好! 行", ["用Python.", "好!", "行"]),
        ("Title\n\nText. More", ["Title", "Text.", "More"]),
        ("价格3.5元。", ["价格3.5元。"]),
    ],
)
def test_split(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@settings(deadline=None)
@given(st.text(st.sampled_from("aA1 .!?…。！？\"”)\n好,'") | st.characters(), max_size=60))
def test_nothing_is_lost(text: str) -> None:
    found = sentences(text)
    assert "".join("".join(found).split()) == "".join(text.split())
    assert all(sentence.strip() == sentence and sentence for sentence in found)
