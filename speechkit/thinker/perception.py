"""What the cascade hears: words from a recogniser, emotion from a scorer, both told in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from speechkit.errors import ThinkerError
from speechkit.protocols import EmotionScorer, Transcriber, Turn, Waveform
from speechkit.thinker.answers import MAX_AUDIO_SECONDS, Language, language_of, turn_language
from speechkit.thinker.media import read_video
from speechkit.thinker.regulation import dominant
from speechkit.thinker.strategies import EMOTIONS, fold_label
from speechkit.thinker.text_model import Message, TextModel

SILENCE = 1e-3
"""Peak below which nothing is said (-60 dBFS)."""

_CHINESE = dict(zip(EMOTIONS, ("平静", "高兴", "难过", "生气", "惊讶", "厌恶", "害怕"), strict=True))


@dataclass(frozen=True, kw_only=True)
class Perception:
    """What is known of the user's turn."""

    words: str
    """Transcript and typed text; empty when nothing was said."""
    transcript: str | None
    """Of the sound alone; None when there is none."""
    emotions: Mapping[str, float] = field(default_factory=dict)
    """Probability per emotion of the strategy table, summing to 1; empty when unknown."""
    language: Language
    """Of the words."""
    problems: tuple[str, ...] = ()
    """"nothing_heard", "images_unseen", "video_unseen", "emotion_from_text"."""

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return dominant(self.emotions)

    def analysis(self) -> str:
        """One or two sentences, with probabilities, in the language of the words."""
        if "nothing_heard" in self.problems:
            return "没有听到话语。" if self.language == "zh" else "Nothing was said that could be heard."
        ranked = sorted(self.emotions.items(), key=lambda item: -item[1])
        first, *rest = [
            (name, f"{round(100 * weight)}%") for name, weight in ranked if weight >= 0.1 or name == ranked[0][0]
        ]
        if self.language == "zh":
            source = "从文字看，用户" if "emotion_from_text" in self.problems else "用户的声音听起来"
            traces = "".join(f"，也有些{_CHINESE[name]}（{share}）" for name, share in rest[:2])
            return f"{source}{_CHINESE[first[0]]}（{first[1]}）{traces}。"
        source = "By the words, the user is" if "emotion_from_text" in self.problems else "The voice sounds"
        traces = "".join(f", with a trace of {name} ({share})" for name, share in rest[:2])
        return f"{source} {first[0]} ({first[1]}){traces}."


def perceive(
    turn: Turn,
    text_model: TextModel,
    *,
    transcriber: Transcriber | None,
    scorer: EmotionScorer | None,
    default_language: Language = "en",
) -> Perception:
    """Listen to a turn.

    Args:
        turn: the user's.
        text_model: guesses the emotion from the words where no sound tells it.
        transcriber: needed for sound.
        scorer: of the emotion in the voice.
        default_language: of sound whose language is not stated; typed text tells its own.
    Raises:
        ThinkerError: there is sound, but no transcriber; or a video that cannot be read.
    """
    problems = ["images_unseen"] if turn.images else []
    problems += ["video_unseen"] if turn.video else []
    language = turn_language(turn) or default_language
    sound = _sound(turn)
    transcript, emotions = None, {}
    if sound is not None:
        if transcriber is None:
            raise ThinkerError("this cascade has no transcriber: give it one, or send text.")
        waveform, rate = sound
        if np.abs(waveform).max(initial=0.0) >= SILENCE:
            transcript = transcriber.transcribe(waveform, rate, language).strip() or None
            emotions = fold_scores(scorer.score(waveform, rate)) if scorer and transcript else {}
    words = "\n".join(part for part in (transcript, (turn.text or "").strip()) if part)
    if not words:
        return Perception(words="", transcript=None, language=language, problems=(*problems, "nothing_heard"))
    if not emotions:
        emotions = guess_emotion(words, text_model)
        problems.append("emotion_from_text")
    spoken = language_of(words, language)
    return Perception(words=words, transcript=transcript, emotions=emotions, language=spoken, problems=tuple(problems))


def _sound(turn: Turn) -> tuple[Waveform, int] | None:
    if turn.audio is not None and turn.sample_rate:
        return turn.audio, turn.sample_rate
    if turn.video:
        audio = read_video(turn.video, frames_per_second=0.1, max_seconds=MAX_AUDIO_SECONDS).audio
        return (audio, 16000) if audio is not None else None
    return None


def fold_scores(scores: Mapping[str, float]) -> dict[str, float]:
    """A scorer's probabilities over the emotions of the strategy table, renormalised; empty when they are no probabilities.

    >>> fold_scores({"生气/angry": 0.6, "anger": 0.2, "中立/neutral": 0.2})
    {'angry': 0.8, 'neutral': 0.2}
    """
    folded: dict[str, float] = {}
    for label, weight in scores.items():
        folded[fold_label(label)] = folded.get(fold_label(label), 0.0) + float(weight)
    total = sum(folded.values())
    if not total > 0 or not np.isfinite(total):
        return {}
    return {name: round(weight / total, 6) for name, weight in folded.items()}


def guess_emotion(words: str, text_model: TextModel) -> dict[str, float]:
    """Emotion of a text by the language model's choice; softmax of its scores where it has any."""
    question: Sequence[Message] = [{"role": "user", "content": f"“{words}”\nHow does the person who says this feel?"}]
    choice = text_model.choose(question, [f"{emotion}" for emotion in EMOTIONS])
    if not choice.scores:
        return {EMOTIONS[choice.index]: 1.0}
    weights = np.exp(np.array(choice.scores) - max(choice.scores))
    return {name: float(weight) for name, weight in zip(EMOTIONS, weights / weights.sum(), strict=True)}
