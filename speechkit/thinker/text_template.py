"""No language model at all: the cascade on a bare installation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from speechkit.thinker.text_model import Choice, Message


class TemplateTextModel:
    """Takes the first option, the table's default, and writes nothing, so that the strategy's opening sentence is said.

    Both are told: `problems` of such replies have "choice_by_default" and "response_fallback".
    """

    name = "template"

    def choose(self, messages: Sequence[Message], options: Sequence[str]) -> Choice:
        """The first option, marked as chosen by default."""
        return Choice(index=0, problems=("choice_by_default",))

    def write(self, messages: Sequence[Message]) -> Iterator[str]:
        """Nothing."""
        return iter(())
