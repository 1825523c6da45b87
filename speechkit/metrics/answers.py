"""Read an emotion label out of a model's answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from speechkit.errors import ConfigError
from speechkit.metrics.missing_values import NO_LABEL, check_labels

AnswerMode = Literal["strict", "lenient"]

LABEL_SETS: dict[str, tuple[str, ...]] = {
    "dfew": ("happy", "sad", "neutral", "angry", "surprise", "disgust", "fear"),
    "mafw": (
        "happy", "sad", "neutral", "angry", "surprise", "disgust", "fear", "contempt", "disappointment",
        "helplessness", "anxiety",
    ),
    "ravdess": ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise"),
    "mer2025": ("neutral", "angry", "happy", "sad", "worried", "surprise"),
    "iemocap": ("neutral", "happy", "sad", "angry", "fear", "surprise"),
    "meld": ("neutral", "surprise", "fear", "sad", "happy", "disgust", "angry"),
    "omnicot": ("neutral", "happy", "sad", "angry", "fear", "worried", "surprise"),
    "av_emo_reasoning": ("neutral", "happy", "angry", "sad"),
}  # fmt: skip
"""Classes of each benchmark after `canonical_emotion`, in the order that breaks ties."""

SYNONYMS = {
    "fearful": "fear", "surprised": "surprise", "anger": "angry", "sadness": "sad", "happiness": "happy",
    "joy": "happy", "worry": "worried", "disgusted": "disgust",
}  # fmt: skip
"""Word forms folded into one label. Source: metrics.md 5.5."""

_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.IGNORECASE | re.DOTALL)
_EDGES = " \t\r\n*\"'“”‘’`.,;:!?。，；：！？"


def canonical_emotion(word: str) -> str:
    """A label in one form: stripped of emphasis, quotes and punctuation, lower case, synonyms folded.

    >>> canonical_emotion(" **Surprised**. ")
    'surprise'
    """
    bare = word.strip(_EDGES).lower()
    return SYNONYMS.get(bare, bare)


def tagged_answer(text: str) -> str | None:
    """Content of the last `<answer>...</answer>`; None without one."""
    found = _ANSWER.findall(text)
    return found[-1].strip() if found else None


def parse_answer(text: str, labels: Sequence[str], *, mode: AnswerMode = "strict") -> str:
    """Emotion that a model answered.

    Args:
        text: the whole output.
        labels: valid labels, as `canonical_emotion` writes them.
        mode: without a tag, "strict" compares the whole output with the labels; "lenient" takes the label mentioned in
            the last sentence, when it is the only one.
    Returns:
        One of `labels`, or "<none>".
    Raises:
        ConfigError: unknown mode, or labels that repeat.
    Source: metrics.md 5.5; R1-Omni compares the whole output.
    >>> parse_answer("<think>…</think>\\n<answer>**surprise**</answer>", LABEL_SETS["dfew"])
    'surprise'
    """
    if mode not in ("strict", "lenient"):
        raise ConfigError(f"mode must be 'strict' or 'lenient', got {mode!r}.")
    check_labels(labels)
    tagged = tagged_answer(text)
    answer = canonical_emotion(text if tagged is None else tagged)
    if answer in labels:
        return answer
    return _mentioned(text, labels) if tagged is None and mode == "lenient" else NO_LABEL


def _mentioned(text: str, labels: Sequence[str]) -> str:
    sentences = [part for part in re.split(r"[.!?。！？\n]+", text) if part.strip(_EDGES)]
    words = re.findall(r"[a-z]+", sentences[-1].lower()) if sentences else []
    found = {canonical_emotion(word) for word in words} & set(labels)
    return found.pop() if len(found) == 1 else NO_LABEL
