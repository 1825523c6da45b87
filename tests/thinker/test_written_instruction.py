"""Instructions in a model's own words: taken where they can be used, else the template's; the header never changes."""

from collections.abc import Iterator, Sequence

import pytest

from speechkit.protocols import StrategyToInstruction, Thoughts
from speechkit.thinker.instruction import TemplateInstruction
from speechkit.thinker.text_model import Choice, Message
from speechkit.thinker.written_instruction import WrittenInstruction

THOUGHTS = Thoughts(response_strategy="Comfort her.", response="I am here for you.")


class Scripted:
    """Writes what it is told to, and keeps what it was asked."""

    name = "scripted"

    def __init__(self, answer: str) -> None:
        self.answer, self.asked = answer, []

    def choose(self, messages: Sequence[Message], options: Sequence[str]) -> Choice:
        return Choice(index=0)

    def write(self, messages: Sequence[Message]) -> Iterator[str]:
        self.asked = list(messages)
        yield from self.answer


def test_the_first_sentence_is_taken() -> None:
    model = Scripted(' "Speak softly and slowly. And then some more."')
    director = WrittenInstruction(model)
    assert isinstance(director, StrategyToInstruction)
    direction = director.direct(THOUGHTS, "en")
    assert direction.instruction == "Speak softly and slowly." and not direction.problems
    assert direction.style == TemplateInstruction().direct(THOUGHTS, "en").style
    assert "Comfort her." in model.asked[-1]["content"] and "neutral, low, slow" in model.asked[-1]["content"]


@pytest.mark.parametrize("answer", ["", "word " * 60, "慢慢地说。", "I am here for you."])
def test_what_cannot_be_used_is_replaced_and_told(answer: str) -> None:
    direction = WrittenInstruction(Scripted(answer)).direct(THOUGHTS, "en")
    assert direction.instruction == TemplateInstruction().direct(THOUGHTS, "en").instruction
    assert direction.problems == ("instruction_by_template",)


def test_mandarin() -> None:
    direction = WrittenInstruction(Scripted("慢慢地、轻轻地说。好吗")).direct(THOUGHTS, "zh")
    assert direction.instruction == "慢慢地、轻轻地说。"
