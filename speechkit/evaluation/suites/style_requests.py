"""What the control gate asks for: the same units in every style, and along every continuous control."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from speechkit.config import Config
from speechkit.evaluation.manifest import Item

GRID = "grid"
INTENSITY = "intensity"


@dataclass(frozen=True, kw_only=True)
class StyleControlConfig(Config):
    """Decisions of the control gate."""

    pitch_semitones: tuple[float, ...] = (-4.0, -2.0, 2.0, 4.0)
    """Shifts asked for."""
    pitch_range: tuple[float, ...] = (0.5, 1.5)
    """Factors on the melody asked for."""
    energy_db: tuple[float, ...] = (-12.0, -6.0)
    """Gains asked for; louder ones would meet full scale."""
    speed: tuple[float, ...] = (0.8, 1.25)
    """Paces asked for."""
    intensity: tuple[float, ...] = (0.5, 1.5)
    """Of every emotion; 0 is its neutral, 1 its prototype, which the grid has."""
    control_utterances: int = 4
    """Utterances that the continuous controls are tried on; the grid takes all."""
    seed: int = 0
    """Of the decoder's noise."""
    threshold_semitones: float = 1.0
    """Shift beyond which a rendition counts as high or low."""

    @property
    def sweeps(self) -> Mapping[str, tuple[float, ...]]:
        """Continuous controls and the values asked for, besides the plain one."""
        names = ("pitch_semitones", "pitch_range", "energy_db", "speed")
        return {name: getattr(self, name) for name in names}


SHORT = StyleControlConfig(
    pitch_semitones=(-4.0, 4.0),
    pitch_range=(1.5,),
    energy_db=(-6.0,),
    speed=(1.25,),
    intensity=(1.5,),
    control_utterances=1,
)
"""The short form, for continuous integration."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One rendition."""

    labels: Mapping[str, str]
    """Style asked for."""
    axis: str = GRID
    """What is varied: "grid", "intensity", or the name of a control."""
    value: float = 1.0
    """Its value; 1 in the grid."""
    controls: Mapping[str, float] = field(default_factory=dict)
    """For the decoder, on top of the style."""

    @property
    def name(self) -> str:
        """Part of an item's id."""
        style = "-".join(self.labels.values())
        return style if self.axis == GRID else f"{style}_{self.axis}_{self.value:g}"


def requests(
    axes: Mapping[str, Sequence[str]], plain: Mapping[str, str], config: StyleControlConfig, *, sweeps: bool
) -> Iterator[Request]:
    """The grid over the axes; with `sweeps` also every control on the plain style of each gender, and intensities.

    Args:
        axes: of the bank.
        plain: value per axis that means nothing special.
    """
    for combination in product(*axes.values()):
        yield Request(labels=dict(zip(axes, combination, strict=True)))
    if not sweeps:
        return
    for gender in axes.get("gender", ("",)):
        base = {**plain, **({"gender": gender} if gender else {})}
        for control, steps in config.sweeps.items():
            yield from (Request(labels=base, axis=control, value=step, controls={control: step}) for step in steps)
        for emotion, strength in product(axes.get("emotion", ()), config.intensity):
            if emotion != plain.get("emotion"):
                yield Request(labels={**base, "emotion": emotion}, axis=INTENSITY, value=strength)


def expand(
    items: Sequence[Item], axes: Mapping[str, Sequence[str]], plain: Mapping[str, str], config: StyleControlConfig
) -> list[Item]:
    """An item per rendition; `utterance` is what renditions share."""
    return [
        Item(
            id=f"{item.id}#{request.name}",
            row={**item.row, "utterance": item.id, "request": {**vars(request)}},
            folder=item.folder,
        )
        for number, item in enumerate(items)
        for request in requests(axes, plain, config, sweeps=number < config.control_utterances)
    ]
