"""The documented set of user intents that the cascade chooses from."""

from __future__ import annotations

from collections.abc import Mapping

INTENTS: Mapping[str, tuple[str, str]] = {
    "comfort": ("They want to be heard and comforted.", "对方希望被倾听、得到安慰。"),
    "vent": ("They want to let their anger out and be taken seriously.", "对方想宣泄怒气，希望被认真对待。"),
    "share": ("They want to share something good and be celebrated with.", "对方想分享开心的事，希望一起高兴。"),
    "know": ("They want to know something and expect a clear answer.", "对方想知道一件事，期待清楚的回答。"),
    "help": ("They want help with something practical.", "对方在实际的事情上需要帮助。"),
    "safety": ("They are worried and want to feel safe.", "对方在担心，希望获得安全感。"),
    "talk": ("They want company and a friendly talk.", "对方想有人陪着聊聊天。"),
    "unclear": ("It is not clear yet what they want.", "还不清楚对方想要什么。"),
}
"""Name to sentence in English and Mandarin."""

LIKELY: Mapping[str, tuple[str, ...]] = {
    "neutral": ("know", "help", "talk"),
    "happy": ("share", "talk", "know"),
    "sad": ("comfort", "help", "talk"),
    "angry": ("vent", "help", "know"),
    "surprised": ("know", "share", "talk"),
    "disgusted": ("vent", "know", "talk"),
    "fearful": ("safety", "comfort", "help"),
}
"""Intents that are considered for each emotion of the user."""


def intent_text(name: str, language: str) -> str:
    """The sentence of an intent.

    >>> intent_text("comfort", "zh")
    '对方希望被倾听、得到安慰。'
    """
    return INTENTS[name][1 if language == "zh" else 0]
