"""The values that flow through the house: units, styles, speech. Small, frozen, checked once when made."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from speechkit.errors import UnitsError, WaveformError

NUM_UNITS = 4096
"""Size of the default codebook, FSQ levels (8, 8, 8, 8)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Units:
    """Discrete speech units of one utterance, durations kept.

    Attributes:
        ids: int64 [N], each in [0, num_units).
        unit_rate: Hz, units per second (25.0 for the default codec).
        num_samples: samples of the source waveform at `sample_rate`; the last unit may cover fewer than a whole hop.
        sample_rate: Hz, of the source the codec read (16000).
        num_units: size of the codebook.
        codec: fingerprint of the S2U that made them; empty when unknown (units typed by hand or written by an LM).
        margins: float32 [N] in [0, 0.5], distance of the latent to the nearest FSQ boundary in level steps; None unless asked for.
    """

    ids: NDArray[np.int64]
    unit_rate: float = 25.0
    num_samples: int = 0
    sample_rate: int = 16000
    num_units: int = NUM_UNITS
    codec: str = ""
    margins: NDArray[np.float32] | None = field(default=None)

    def __post_init__(self) -> None:
        ids = np.asarray(self.ids)
        if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
            raise UnitsError(f"Units.ids must be a 1-D integer array, got shape {ids.shape} of {ids.dtype}.")
        bad = ids[(ids < 0) | (ids >= self.num_units)]
        if bad.size:
            raise UnitsError(f"unit {int(bad[0])} is out of range: ids must lie in [0, {self.num_units}).")
        object.__setattr__(self, "ids", ids.astype(np.int64))

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids.tolist())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Units):
            return NotImplemented
        same = (self.unit_rate, self.num_units, self.codec) == (other.unit_rate, other.num_units, other.codec)
        return same and np.array_equal(self.ids, other.ids)

    @property
    def duration_seconds(self) -> float:
        """Length of the speech: of the source where it is known, else of the units."""
        return self.num_samples / self.sample_rate if self.num_samples else len(self.ids) / self.unit_rate

    def runs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Run-length view: (values int64 [R], lengths int64 [R]); consecutive duplicates merged, nothing lost."""
        pairs = [(value, sum(1 for _ in group)) for value, group in groupby(self.ids.tolist())]
        values, lengths = zip(*pairs, strict=True) if pairs else ((), ())
        return np.array(values, np.int64), np.array(lengths, np.int64)

    def to_text(self) -> str:
        """`<|speech_782|><|speech_463|>…`, one token a unit (EMOVA's text form, durations kept)."""
        return "".join(f"<|speech_{unit}|>" for unit in self)


@dataclass(frozen=True, kw_only=True, eq=False)
class Speech:
    """A waveform and its rate, as the toolkit gives it out.

    Attributes:
        samples: float32 [T] in [-1, 1], mono.
        sample_rate: Hz.
    """

    samples: NDArray[np.float32]
    sample_rate: int

    def __post_init__(self) -> None:
        if np.ndim(self.samples) != 1:
            raise WaveformError(f"Speech.samples must be mono [T], got shape {np.shape(self.samples)}.")

    @property
    def duration_seconds(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True, kw_only=True)
class Style:
    """How to speak: a label of the style bank. The bank says which values there are.

    >>> Style(emotion="happy").name
    'female-happy-normal'
    """

    gender: str = "female"
    """"female" or "male" in the standard bank."""
    emotion: str = "neutral"
    """"neutral", "happy", "sad" or "angry"."""
    pitch: str = "normal"
    """"low", "normal" or "high"."""

    def labels(self) -> dict[str, str]:
        """Value per axis."""
        return {"gender": self.gender, "emotion": self.emotion, "pitch": self.pitch}

    @property
    def name(self) -> str:
        """Values joined by hyphens."""
        return "-".join(self.labels().values())
