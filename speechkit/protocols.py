"""The seams of the house on one page: what a stage may ask of another without knowing it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import ThoughtsError

Waveform = NDArray[np.float32]
"""float32 [T] in [-1, 1], mono."""

PhonePosteriors = Callable[[Waveform, int], NDArray[np.float32]]
"""(waveform, sample rate) to float32 [N, P + 1]: natural log probabilities of phones and, last, the CTC blank, a unit."""

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, kw_only=True)
class Thoughts:
    """The emotional chain of thought, in causal order: each field conditions the next.

    Texts are stripped; an empty one becomes None. Raises ThoughtsError without a response.

    Source: EmoOmni, sections 3.2 and 4.3, appendix A.
    """

    asr: str | None = None
    """What the user said; only some formats have it."""
    emotion_analysis: str | None = None
    """What is heard and seen, and the emotion it tells of."""
    user_intent: str | None = None
    """What the user wants."""
    response_strategy: str | None = None
    """How to answer; the instruction for the voice comes from it."""
    response: str
    """What is said aloud."""

    def __post_init__(self) -> None:
        for name in ("asr", "emotion_analysis", "user_intent", "response_strategy", "response"):
            object.__setattr__(self, name, (getattr(self, name) or "").strip() or None)
        if not self.response:
            raise ThoughtsError("a chain of thought needs a response: the text that is said aloud.")


@dataclass(frozen=True, kw_only=True, eq=False)
class Turn:
    """What one side of a conversation says, shows or types. Raises ThoughtsError where it contradicts itself."""

    role: Role = "user"
    """Who."""
    text: str | None = None
    """Typed or, for the assistant, said."""
    audio: Waveform | None = None
    """float32 [T] in [-1, 1], mono, at `sample_rate`."""
    sample_rate: int | None = None
    """Hz, of `audio`."""
    images: tuple[str, ...] = ()
    """Paths of images."""
    video: str | None = None
    """Path of a video, heard as well if it has sound."""
    language: str | None = None
    """"en" or "zh"; None when unknown."""

    def __post_init__(self) -> None:
        if self.role not in ("system", "user", "assistant"):
            raise ThoughtsError(f"a turn's role is system, user or assistant, got {self.role!r}.")
        if not ((self.text or "").strip() or self.audio is not None or self.images or self.video):
            raise ThoughtsError("a turn needs text, audio, an image or a video.")
        if self.audio is not None and (np.ndim(self.audio) != 1 or not self.sample_rate):
            raise ThoughtsError(
                f"a turn's audio is mono [T] and comes with its sample_rate; got shape {np.shape(self.audio)}, "
                f"rate {self.sample_rate}."
            )
        if self.language not in (None, "en", "zh"):
            raise ThoughtsError(f"a turn's language is 'en', 'zh' or None, got {self.language!r}.")


@dataclass(frozen=True, kw_only=True)
class Direction:
    """How the answer is to sound."""

    strategy: str
    """Name of the strategy that was recognised."""
    instruction: str
    """For the talker: one sentence on the voice."""
    style: Mapping[str, str]
    """Style header without the gender: emotion, pitch and speed."""
    problems: tuple[str, ...] = ()
    """What was decided by default; empty when the strategy was recognised."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A thinker's answer."""

    thoughts: Thoughts
    """The whole chain; `thoughts.response` is what to say."""
    direction: Direction
    """How to say it."""
    language: Literal["en", "zh"]
    """Of the response."""
    thinker: str
    """Name of the backend."""
    raw: str = ""
    """What the model wrote, before it was read."""
    problems: tuple[str, ...] = field(default=())
    """Everything that was missing, repaired or decided by default; never in silence."""

    @property
    def text(self) -> str:
        """What to say."""
        return self.thoughts.response


@runtime_checkable
class Transcriber(Protocol):
    """Speech to text."""

    name: str

    def transcribe(self, waveform: Waveform, sample_rate: int, language: str) -> str:
        """Text of one utterance; empty when nothing is heard. `language` is "en" or "zh"."""
        ...


@runtime_checkable
class EmotionScorer(Protocol):
    """Speech to a probability per emotion."""

    name: str
    labels: tuple[str, ...]

    def score(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        """Probability per label, summing to 1."""
        ...


@runtime_checkable
class EnrollingScorer(EmotionScorer, Protocol):
    """A scorer that judges better once it knows a speaker's neutral."""

    def enrol(self, clips: Sequence[tuple[Waveform, int]]) -> EmotionScorer:
        """A scorer for one speaker, out of (waveform, sample rate) of neutral clips."""
        ...


@runtime_checkable
class SpeakerEmbedder(Protocol):
    """Speech to a unit-norm voice vector."""

    name: str

    def embed(self, waveform: Waveform, sample_rate: int) -> NDArray[np.float32]:
        """float32 [D], L2 norm 1."""
        ...


@runtime_checkable
class QualityJudge(Protocol):
    """Speech to predicted mean opinion scores."""

    name: str

    def rate(self, waveform: Waveform, sample_rate: int) -> Mapping[str, float]:
        """Score per scale, each in [1, 5], for instance {"overall": 3.2, "signal": 3.5, "background": 4.0}."""
        ...


@runtime_checkable
class Judge(Protocol):
    """A multimodal judge model behind a chat interface."""

    name: str

    def ask(self, system: str, prompt: str, media: tuple[str, ...] = ()) -> str:
        """The judge's answer as text; `media` are paths of audio, image or video files."""
        ...


@runtime_checkable
class Thinker(Protocol):
    """Hears, sees or reads a conversation, and answers with a chain of thought."""

    name: str

    def reply(self, turns: Sequence[Turn]) -> Reply:
        """The answer to the last turn, which is the user's.

        Raises:
            ThinkerError: the model or its server failed, or the turns are more than it takes.
            ThoughtsError: there is no user turn at the end.
        """
        ...

    def stream(self, turns: Sequence[Turn]) -> Iterator[str | Direction | Reply]:
        """As `reply`: text as it is written, and the Reply as the last item.

        A Direction may come once, before the response has been written out: how it will sound, so that a voice can begin.
        It is the Reply's.
        """
        ...


@runtime_checkable
class StrategyToInstruction(Protocol):
    """From what the thinker decided to how the voice is to sound."""

    name: str

    def direct(self, thoughts: Thoughts, language: str) -> Direction:
        """Instruction and style header for the thoughts; always one, with `problems` where it had to guess."""
        ...
