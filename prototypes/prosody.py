"""How a style changes the melody, loudness, pace and timbre of a voice: numbers that an analysis or a decoder obeys."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

from speechkit.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class StyleProsody:
    """One setting, relative to neutral speech of the same voice; the default changes nothing. Shifts add up, factors multiply."""

    pitch_semitones: float = 0.0
    """Shift of the median F0, in [-24, 24]."""
    pitch_range: float = 1.0
    """Factor on the distance of log-F0 from its median, in [0, 4]."""
    pitch_slope: float = 0.0
    """Semitones a second at the start of an utterance, in [-6, 6]; dies out with a time constant of 2 s."""
    energy_db: float = 0.0
    """Gain, in [-30, 15] dB."""
    speed: float = 1.0
    """Factor on the pace, in [0.5, 2]."""
    tilt_db: float = 0.0
    """Gain per octave above 500 Hz, in [-6, 6] dB, level below; the loudness stays where it was."""
    breath_db: float = 0.0
    """Gain on the noise in the voice, in [-12, 18] dB; the loudness stays where it was."""
    energy_range: float = 1.0
    """Factor on the distance, in dB, between loud and soft parts of an utterance, in [0.25, 2]."""
    effort_db: float = 0.0
    """Gain of 1 to 3.5 kHz against what lies below 300 Hz, in [-12, 12] dB; the loudness stays where it was."""

    def __post_init__(self) -> None:
        for name, (low, high) in LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"StyleProsody.{name} must lie in [{low}, {high}], got {getattr(self, name)}.")

    def scaled(self, intensity: float) -> "StyleProsody":
        """The setting, stronger or weaker: shifts times `intensity`, factors to its power, held within their limits.

        >>> half = StyleProsody(pitch_semitones=2, speed=1.21).scaled(0.5)
        >>> half.pitch_semitones, half.speed
        (1.0, 1.1)
        """
        return blend([(self, intensity)])

    def plus(self, other: "StyleProsody") -> "StyleProsody":
        """Both settings at once."""
        return blend([(self, 1.0), (other, 1.0)])


LIMITS: Mapping[str, tuple[float, float]] = {
    "pitch_semitones": (-24, 24),
    "pitch_range": (0, 4),
    "pitch_slope": (-6, 6),
    "energy_db": (-30, 15),
    "speed": (0.5, 2),
    "tilt_db": (-6, 6),
    "breath_db": (-12, 18),
    "energy_range": (0.25, 2),
    "effort_db": (-12, 12),
}
FACTORS = frozenset({"pitch_range", "speed", "energy_range"})


def blend(parts: list[tuple[StyleProsody, float]]) -> StyleProsody:
    """Weighted sum of settings: arithmetic for shifts, geometric for factors, held within the limits."""
    values = {}
    for field in fields(StyleProsody):
        terms = [(getattr(setting, field.name), weight) for setting, weight in parts]
        if field.name in FACTORS:
            value = math.exp(sum(weight * math.log(max(term, 0.05)) for term, weight in terms))
        else:
            value = sum(weight * term for term, weight in terms)
        low, high = LIMITS[field.name]
        values[field.name] = round(min(max(value, low), high), 6)
    return StyleProsody(**values)
