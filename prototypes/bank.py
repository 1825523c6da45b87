"""The bank: a style vector and an explicit prosody for every label, and what can be made between them.

A style acts twice. Its vector colours everything that the decoder makes; its prosody (`prototypes.prosody`) is obeyed to
the letter through the decoder's explicit path. So pitch and emotion are in order for certain, and scale with intensity.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from prototypes.prosody import StyleProsody, blend
from prototypes.sphere import along, convex
from speechkit.errors import StyleError
from speechkit.types import Style

PLAIN_VALUES = ("normal", "neutral")
"""Values that are taken where an axis is left open; else an axis' first."""
EMOTION = "emotion"
NEUTRAL = "neutral"
MAX_INTENSITY = 2.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """A point in style space, ready for a decoder.

    Attributes:
        style: float32 [D], L2 norm 1.
        prosody: what to do explicitly.
        pitch_hz: level of the voice; None leaves it to the vector.
    """

    style: Tensor
    prosody: StyleProsody = field(default_factory=StyleProsody)
    pitch_hz: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Prototype(Setting):
    """A named point and where it comes from.

    Attributes:
        labels: value per axis.
        score: the scorer's confidence, in [0, 1].
        candidates: K, clips among which it was chosen.
        record: provenance: clips with their scores, and what was measured.
    """

    labels: Mapping[str, str]
    score: float = 1.0
    candidates: int = 1
    record: Mapping[str, object] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Values joined by hyphens: "female-happy-high"."""
        return "-".join(self.labels.values())


class StyleBank:
    """Prototypes by label.

    Attributes:
        axes: values per axis, in order.
        decoder: fingerprint of the decoder whose style encoder made the vectors; empty means any.
        scorer: name of what ranked the clips.
        style_encoder: fingerprint of that decoder's style encoder alone; empty means unknown.
    """

    def __init__(
        self,
        axes: Mapping[str, Sequence[str]],
        prototypes: Sequence[Prototype],
        *,
        decoder: str = "",
        scorer: str = "",
        style_encoder: str = "",
    ) -> None:
        self.axes = {axis: tuple(values) for axis, values in axes.items()}
        self.decoder, self.scorer, self.style_encoder = decoder, scorer, style_encoder
        self._by_labels = {tuple(item.labels.values()): item for item in prototypes}
        wanted = math.prod(len(values) for values in self.axes.values())
        if len(self._by_labels) != wanted or any(tuple(item.labels) != tuple(self.axes) for item in prototypes):
            raise StyleError(
                f"a bank over {self._valid()} holds {wanted} prototypes, each once; got {len(prototypes)}."
            )

    def __len__(self) -> int:
        return len(self._by_labels)

    def having(self, prototypes: Sequence[Prototype], *, decoder: str = "", style_encoder: str = "") -> "StyleBank":
        """Other prototypes over the same axes, from the same scorer; of another decoder where one is named."""
        return StyleBank(
            self.axes,
            prototypes,
            decoder=decoder or self.decoder,
            scorer=self.scorer,
            style_encoder=style_encoder or self.style_encoder,
        )

    def __iter__(self) -> Iterator[Prototype]:
        return iter(self._by_labels.values())

    @property
    def names(self) -> tuple[str, ...]:
        """Every label, such as "female-happy-high"."""
        return tuple(item.name for item in self)

    def find(self, labels: Mapping[str, str] | Style) -> Prototype:
        """The prototype of a label; axes left open take "normal", "neutral" or the first value.

        Raises:
            StyleError: an unknown axis or value; the message lists the valid ones.
        """
        wanted = labels.labels() if isinstance(labels, Style) else dict(labels)
        unknown = [axis for axis in wanted if axis not in self.axes]
        if unknown:
            raise StyleError(f"this bank has no axis {unknown[0]!r}; it has {self._valid()}.")
        values = tuple(wanted.get(axis) or self.default(axis) for axis in self.axes)
        for axis, value in zip(self.axes, values, strict=True):
            if value not in self.axes[axis]:
                raise StyleError(f"unknown {axis} {value!r}; this bank has {self._valid()}.")
        return self._by_labels[values]

    def default(self, axis: str) -> str:
        """What an open axis takes."""
        values = self.axes[axis]
        return next((value for value in PLAIN_VALUES if value in values), values[0])

    def setting(self, labels: Mapping[str, str] | Style, intensity: float = 1.0) -> Setting:
        """The prototype of a label, its emotion scaled: 0 is neutral, 1 the prototype, up to 2 beyond it.

        The vector moves on the great circle from the neutral prototype of the same other labels; the prosody is scaled; the
        level moves in proportion, in semitones.

        Raises:
            StyleError: as `find`; an intensity outside [0, 2], or other than 1 in a bank without neutral.
        """
        item = self.find(labels)
        if not 0.0 <= intensity <= MAX_INTENSITY:
            raise StyleError(f"intensity must lie in [0, {MAX_INTENSITY:g}], got {intensity}.")
        if intensity == 1.0 or item.labels.get(EMOTION) == NEUTRAL:
            return item
        neutral = self.neutral(item.labels)
        return Setting(
            style=along(neutral.style, item.style, intensity),
            prosody=item.prosody.scaled(intensity),
            pitch_hz=_between([neutral.pitch_hz, item.pitch_hz], [1.0 - intensity, intensity]),
        )

    def mix(self, weights: Mapping[str, float], intensity: float = 1.0, **others: str) -> Setting:
        """A blend: "sad" and "neutral" by weight, with the other axes fixed.

        Args:
            weights: by value of any axis ("sad"), or by whole name ("female-sad-low"); none negative; divided by their sum.
            intensity: of every part.
            others: values of the remaining axes.
        Raises:
            StyleError: as `setting`; weights that are negative or sum to 0; a value that no axis has.
        """
        if not weights or min(weights.values()) < 0 or sum(weights.values()) <= 0:
            raise StyleError(f"weights of a mix must not be negative and must sum to more than 0, got {dict(weights)}.")
        parts = [self.setting({**others, **self._labels_of(name)}, intensity) for name in weights]
        shares = [weight / sum(weights.values()) for weight in weights.values()]
        return Setting(
            style=convex([part.style for part in parts], shares),
            prosody=blend([(part.prosody, share) for part, share in zip(parts, shares, strict=True)]),
            pitch_hz=_between([part.pitch_hz for part in parts], shares),
        )

    def nearest(self, style: Tensor) -> tuple[Prototype, float]:
        """The prototype with the largest cosine to a vector float [D], and that cosine."""
        items = list(self)
        cosines = torch.stack([item.style for item in items]) @ torch.nn.functional.normalize(style.float(), dim=0)
        best = int(cosines.argmax())
        return items[best], float(cosines[best])

    def neutral(self, labels: Mapping[str, str]) -> Prototype:
        """The neutral prototype of the same other labels.

        Raises:
            StyleError: the bank has none.
        """
        if NEUTRAL not in self.axes.get(EMOTION, ()):
            raise StyleError(f"this bank has no {NEUTRAL} {EMOTION} to scale from; it has {self._valid()}.")
        return self.find({**labels, EMOTION: NEUTRAL})

    def _labels_of(self, name: str) -> dict[str, str]:
        if name in self.names:
            return dict(zip(self.axes, name.split("-"), strict=True))
        for axis, values in self.axes.items():
            if name in values:
                return {axis: name}
        raise StyleError(f"no axis has a value {name!r}; this bank has {self._valid()}.")

    def _valid(self) -> str:
        return "; ".join(f"{axis}: {', '.join(values)}" for axis, values in self.axes.items())


def parse_mix(text: str) -> dict[str, float]:
    """Read "0.7*sad+0.3*neutral" into weights; a value without a number weighs 1.

    Raises:
        StyleError: another form, or a value named twice.

    >>> parse_mix("0.7*sad + 0.3*neutral")
    {'sad': 0.7, 'neutral': 0.3}
    """
    weights: dict[str, float] = {}
    for part in text.split("+"):
        number, star, name = part.strip().rpartition("*")
        try:
            weight = float(number) if star else 1.0
        except ValueError as error:
            raise StyleError(f"expected styles such as '0.7*sad+0.3*neutral', got {text!r}.") from error
        if not name.strip() or name.strip() in weights or not math.isfinite(weight):
            raise StyleError(f"expected styles such as '0.7*sad+0.3*neutral', each once, got {text!r}.")
        weights[name.strip()] = weight
    return weights


def _between(levels: Sequence[float | None], weights: Sequence[float]) -> float | None:
    """Weighted mean in log Hz; None where a level is unknown."""
    known = [level for level in levels if level is not None]
    if len(known) < len(levels):
        return None
    return math.exp(sum(weight * math.log(level) for level, weight in zip(known, weights, strict=True)))
