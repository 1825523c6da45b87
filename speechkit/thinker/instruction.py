"""From a strategy to an instruction and a style header, by templates."""

from __future__ import annotations

import re
from collections.abc import Mapping

from speechkit.protocols import Direction, Thoughts
from speechkit.thinker.strategies import HEADER_EMOTIONS, HEADER_PITCHES, HEADER_SPEEDS, STRATEGIES, Strategy

_VOICE_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "pitch": {
        "low": ("low pitch", "low voice", "deep voice", "音调低", "低沉"),
        "high": ("high pitch", "音调高", "高亢"),
    },
    "speed": {"slow": ("slowly", "slow pace", "语速慢", "放慢"), "fast": ("quickly", "fast pace", "语速快")},
}
_VOICE_EMOTION = re.compile(rf"\b({'|'.join(HEADER_EMOTIONS)}) (?:voice|tone)\b", re.IGNORECASE)


class TemplateInstruction:
    """Recognise the strategy in the words of the thoughts, and take voice and header from the strategy table.

    A strategy of the table that was written in full is recognised for certain. In any other text the strategy with most
    hits of its words wins. "in a sad voice", "with low pitch" and the like override that part of the header (EMOVA's
    chain of modality speaks so). Without any hit the answer is neutral, and marked "no_strategy".
    """

    name = "template"

    def direct(self, thoughts: Thoughts, language: str) -> Direction:
        """See `StrategyToInstruction`.

        >>> TemplateInstruction().direct(Thoughts(response_strategy="Comfort her.", response="I am here."), "en").style
        {'emotion': 'neutral', 'pitch': 'low', 'speed': 'slow'}
        """
        plan = thoughts.response_strategy or ""
        strategy = recognise(plan)
        said = _said_style(plan)
        if strategy is None and not said:
            return direction_of(STRATEGIES["inform"], language, problems=("no_strategy",))
        return direction_of(strategy or STRATEGIES["inform"], language, style=said)


def recognise(plan: str) -> Strategy | None:
    """The strategy that a text speaks of; None when it speaks of none.

    >>> recognise("我会先共情，再陪伴她").name
    'empathise'
    """
    bare = plan.strip().lower()
    for strategy in STRATEGIES.values():
        if bare and bare in (strategy.name, strategy.english.lower(), strategy.chinese):
            return strategy
    best, most = None, (0, 0)
    for strategy in STRATEGIES.values():
        places = [place for word in strategy.words if (place := _place(word, bare)) >= 0]
        rank = (len(places), -min(places, default=0))  # most hits; among equals the one that is named first
        if places and (best is None or rank > most):
            best, most = strategy, rank
    return best


def direction_of(
    strategy: Strategy, language: str, *, style: Mapping[str, str] | None = None, problems: tuple[str, ...] = ()
) -> Direction:
    """Instruction and header of a strategy; where the header is overridden, the instruction is written from it."""
    header = {**strategy.style, **(style or {})}
    voice = strategy.voice_chinese if language == "zh" else strategy.voice_english
    if header != strategy.style:
        voice = describe(header, language)
    return Direction(strategy=strategy.name, instruction=voice, style=header, problems=problems)


_CHINESE = {
    "neutral": "平和", "happy": "高兴", "sad": "难过", "angry": "愤怒", "low": "低", "normal": "正常", "high": "高",
    "slow": "慢", "fast": "快",
}  # fmt: skip


def describe(style: Mapping[str, str], language: str) -> str:
    """A header in words.

    >>> describe({"emotion": "happy", "pitch": "high", "speed": "normal"}, "en")
    'Speak in a happy voice, with high pitch and at normal speed.'
    """
    emotion, pitch, speed = style["emotion"], style["pitch"], style["speed"]
    if language == "zh":
        return f"用{_CHINESE[emotion]}的声音说，音调{_CHINESE[pitch]}，语速{_CHINESE[speed]}。"
    article = "an" if emotion[0] in "aeiou" else "a"
    return f"Speak in {article} {emotion} voice, with {pitch} pitch and at {speed} speed."


def style_text(style: Mapping[str, str], gender: str = "") -> str:
    """The header as the talker reads it: `<style> gender emotion pitch speed </style>`.

    >>> style_text({"emotion": "sad", "pitch": "low", "speed": "slow"}, "female")
    '<style> female sad low slow </style>'
    """
    parts = [gender, style["emotion"], style["pitch"], style["speed"]]
    return f"<style> {' '.join(part for part in parts if part)} </style>"


def _place(word: str, text: str) -> int:
    """Where a word begins in a text; anywhere for Chinese, at the beginning of a word for English; -1 for nowhere."""
    if word.isascii():
        found = re.search(rf"\b{re.escape(word)}", text)
        return found.start() if found else -1
    return text.find(word)


def _said_style(plan: str) -> dict[str, str]:
    """What a text says of the voice itself."""
    found: dict[str, str] = {}
    emotion = _VOICE_EMOTION.search(plan)
    if emotion:
        found["emotion"] = emotion[1].lower()
    for axis, known in (("pitch", HEADER_PITCHES), ("speed", HEADER_SPEEDS)):
        for value in known:
            if any(word in plan.lower() for word in _VOICE_WORDS[axis].get(value, ())):
                found[axis] = value
    return found
