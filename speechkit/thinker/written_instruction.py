"""From a strategy to an instruction in a language model's own words, around another director that decides the header."""

from __future__ import annotations

import re
from dataclasses import replace

from speechkit.protocols import Direction, StrategyToInstruction, Thoughts
from speechkit.thinker.instruction import TemplateInstruction
from speechkit.thinker.text_model import Message, TextModel

LONGEST = 160
"""Characters of an instruction; what is longer is no instruction for a voice."""

_ASK = {
    "en": "You direct a voice actor. Write one short sentence that says how to speak: emotion, pitch, speed. "
    "Do not write what is said.",
    "zh": "你在指导配音演员。只写一句话，说明该用什么情绪、音调和语速说话，不要写要说的内容。",
}  # fmt: skip
_PLAN = {"en": "Plan: {plan}\nVoice: {voice}", "zh": "计划：{plan}\n声音：{voice}"}
_EXAMPLES = {
    "en": (
        ("Plan: Comfort her, she lost her dog.\nVoice: sad, low, slow", "Speak slowly, in a low and sorrowful voice, very gently."),
        ("Plan: Celebrate the good news.\nVoice: happy, high, fast", "Speak fast, with a bright, happy and excited voice."),
    ),
    "zh": (
        ("计划：安慰失去小狗的她。\n声音：sad, low, slow", "用低沉、难过的声音，慢慢地、轻轻地说。"),
        ("计划：一起庆祝好消息。\n声音：happy, high, fast", "用开心、兴奋的声音，快速地说。"),
    ),
}  # fmt: skip


class WrittenInstruction:
    """A text model writes the instruction; strategy and header stay the other director's."""

    def __init__(self, model: TextModel, director: StrategyToInstruction | None = None) -> None:
        self.model = model
        self.director = director or TemplateInstruction()
        self.name = f"written:{model.name}"

    def direct(self, thoughts: Thoughts, language: str) -> Direction:
        """See `StrategyToInstruction`; "instruction_by_template" in `problems` where the model wrote nothing that can be used."""
        direction = self.director.direct(thoughts, language)
        written = self._written(thoughts, direction, language)
        if written is None:
            return replace(direction, problems=(*direction.problems, "instruction_by_template"))
        return replace(direction, instruction=written)

    def _written(self, thoughts: Thoughts, direction: Direction, language: str) -> str | None:
        """The model's first sentence; None when it is empty, too long, in the other script, or says the response itself."""
        answer = "".join(self.model.write(self._messages(thoughts, direction, language))).strip().strip('"“”')
        sentence = re.split(r"(?<=[.!。！])|\n", answer, maxsplit=1)[0].strip()
        chinese = re.search(r"[\u4e00-\u9fff]", sentence) is not None
        said = (thoughts.response or "").strip().lower()
        usable = 0 < len(sentence) <= LONGEST and chinese == (language == "zh") and sentence.lower() not in said
        return sentence if usable else None

    def _messages(self, thoughts: Thoughts, direction: Direction, language: str) -> list[Message]:
        voice = ", ".join(direction.style[name] for name in ("emotion", "pitch", "speed"))
        plan = _PLAN[language].format(plan=thoughts.response_strategy or direction.strategy, voice=voice)
        examples = [
            {"role": role, "content": content}
            for pair in _EXAMPLES[language]
            for role, content in zip(("user", "assistant"), pair, strict=True)
        ]
        return [{"role": "system", "content": _ASK[language]}, *examples, {"role": "user", "content": plan}]
