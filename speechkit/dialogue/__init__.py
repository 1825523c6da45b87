"""A spoken conversation: turns in, thoughts, words and sound out, as they come.

| room | modules |
|---|---|
| the conversation | conversation, history, events |
| from words to sound | speaker, sentence_stream |
| what it is put together from | parts |
| on paper | session |
"""

from __future__ import annotations

from speechkit.dialogue.conversation import Dialogue, DialogueConfig
from speechkit.dialogue.events import Answer, AudioEvent, Event, TextEvent, ThoughtsEvent
from speechkit.dialogue.session import read_session, replay_session
from speechkit.dialogue.speaker import KitSpeaker, Line, SilentSpeaker, Speaker, ToneSpeaker

__all__ = [
    "Answer",
    "AudioEvent",
    "Dialogue",
    "DialogueConfig",
    "Event",
    "KitSpeaker",
    "Line",
    "SilentSpeaker",
    "Speaker",
    "TextEvent",
    "ThoughtsEvent",
    "ToneSpeaker",
    "read_session",
    "replay_session",
]
