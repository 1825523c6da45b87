"""From a text of any length to units: sentence by sentence, one header, one voice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import TextError
from speechkit.talker.decoding import Backbone, FinishReason, UnitStream, write_header
from speechkit.talker.header import StyleHeader
from speechkit.talker.sampling import Sampling
from speechkit.talker.watch import Watch
from speechkit.text import sentences
from speechkit.types import Speech, Units

LONGEST_PIECE = {"en": 220, "zh": 70}
"""Characters of a sentence above which it is cut, at a pause if there is one."""

GROUP = 4
"""Units that are handed on together."""

_HAN = re.compile(r"[\u3400-\u9fff]")
_PAUSES = ("；;：:，,、", " \t\n")


@dataclass(frozen=True, kw_only=True, eq=False)
class Spoken(Speech):
    """What `kit.say` gives: speech, and how it came about.

    Attributes:
        header: the style that was written, every attribute set.
        units: what was spoken.
        finish_reason: "end", "length", "repetition", "silence" or "empty"; see `FinishReason`.
        seed: of the random numbers.
    """

    header: StyleHeader
    units: Units
    finish_reason: FinishReason
    seed: int


class Saying:
    """Units of a text, as they are written.

    Attributes:
        header: the style, every attribute set.
        finish_reason: why the units ended; None until they have.
        pieces: what is said in one go, in order.
    """

    def __init__(
        self,
        backbone: Backbone,
        text: str,
        *,
        language: str | None = None,
        instruction: str = "",
        style: StyleHeader = StyleHeader(),
        seed: int = 0,
        sampling: Sampling = Sampling(),
        watch: Watch = Watch(),
    ) -> None:
        """Write the header.

        Args:
            backbone: writes.
            text: any text; what cannot be spoken is passed over.
            language: "en" or "zh"; None looks at each sentence's script.
            instruction: how to say it, in free words; never spoken.
            style: header values that are given; the others are inferred.
            seed: the same seed gives the same units, alone, in a batch or streamed.
            sampling, watch: see there.
        Raises:
            TextError: another language. ConfigError: a negative seed.
        """
        if language not in (None, "en", "zh"):
            raise TextError(f"language must be 'en', 'zh' or None, got {language!r}.")
        self.backbone, self.instruction, self.language = backbone, instruction, language
        self.seed, self.sampling, self.watch = seed, sampling, watch
        self.pieces = spoken_pieces(text)
        self._first = backbone.utterance(instruction)
        self.header = write_header(self._first, style)
        self.finish_reason: FinishReason | None = None
        self._told: list[NDArray[np.int64]] = []

    def __iter__(self) -> Iterator[Units]:
        """Units in small groups; may be walked through once."""
        for index, piece in enumerate(self.pieces):
            stream = self._stream(index, piece)
            for group in _groups(iter(stream)):
                self._told.append(group)
                yield self._units(group)
            if self.finish_reason in (None, "end", "empty") and stream.finish_reason != "empty":
                self.finish_reason = stream.finish_reason
        self.finish_reason = self.finish_reason or "empty"

    @property
    def units(self) -> Units:
        """All units so far."""
        return self._units(np.concatenate([np.zeros(0, np.int64), *self._told]))

    def _stream(self, index: int, piece: str) -> UnitStream:
        utterance = self._first
        if index:
            utterance = self.backbone.utterance(self.instruction)
            write_header(utterance, self.header)
        language = self.language or language_of(piece)
        return UnitStream(
            self.backbone, utterance, piece, language, sampling=self.sampling, watch=self.watch, seed=self.seed, index=index
        )

    def _units(self, ids: NDArray[np.int64]) -> Units:
        backbone = self.backbone
        return Units(ids=ids, unit_rate=backbone.unit_rate, num_units=backbone.num_units, codec=backbone.codec)


class SpeechStream:
    """Speech of a text as it is spoken: iterates over Speech, once. The pieces, joined, are what `gather` gives."""

    def __init__(self, saying: Saying, pieces: Iterator[Speech], sample_rate: int) -> None:
        self.saying, self.sample_rate = saying, sample_rate
        self._pieces = pieces

    def __iter__(self) -> Iterator[Speech]:
        return self._pieces

    @property
    def header(self) -> StyleHeader:
        """The style, every attribute set; known before the first sound."""
        return self.saying.header

    @property
    def units(self) -> Units:
        """All units so far."""
        return self.saying.units

    @property
    def finish_reason(self) -> FinishReason | None:
        """Why the speech ended; None until it has."""
        return self.saying.finish_reason

    def gather(self) -> Spoken:
        """Everything that is still to come, at once."""
        samples = np.concatenate([np.zeros(0, np.float32), *(piece.samples for piece in self)])
        return Spoken(
            samples=samples, sample_rate=self.sample_rate, header=self.header, units=self.units,
            finish_reason=self.finish_reason or "end", seed=self.saying.seed,
        )  # fmt: skip


def language_of(text: str) -> str:
    """The language that a text's numbers are read in: "zh" if it has Chinese characters, else "en"."""
    return "zh" if _HAN.search(text) else "en"


def spoken_pieces(text: str) -> list[str]:
    """Sentences, cut where they are too long for one go; joined, without white space, the text.

    >>> spoken_pieces("One. Two, three!")
    ['One.', 'Two, three!']
    """
    return [piece for sentence in sentences(text) for piece in _cut(sentence)]


def _cut(sentence: str) -> Iterator[str]:
    rest = sentence
    while len(rest) > (limit := LONGEST_PIECE[language_of(rest)]):
        place = next((place for signs in _PAUSES if (place := _last(rest, signs, limit // 3, limit))), limit)
        yield rest[:place].strip()
        rest = rest[place:].strip()
    if rest:
        yield rest


def _last(text: str, signs: str, begin: int, end: int) -> int:
    """Index behind the last of these signs in text[begin:end]; 0 when there is none."""
    return max((text.rfind(sign, begin, end) + 1 for sign in signs), default=0)


def _groups(units: Iterator[int]) -> Iterator[NDArray[np.int64]]:
    held: list[int] = []
    for unit in units:
        held.append(unit)
        if len(held) == GROUP:
            yield np.array(held, np.int64)
            held = []
    if held:
        yield np.array(held, np.int64)
