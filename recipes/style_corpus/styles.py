"""How a clip is rendered in a style: the prosody of `prototypes.targets`, and what only analysis and synthesis can do.

Formants: smiling shortens the vocal tract and raises them by some percent (Tartter 1980); sadness does the reverse.
Jitter: hot anger is harsh (Burkhardt and Sendlmeier 2000).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prototypes.prosody import StyleProsody
from prototypes.targets import EMOTION_PROSODY, PITCH_PROSODY

FORMANT_SCALE: Mapping[str, float] = {"happy": 1.02, "sad": 0.97, "angry": 1.02}
JITTER: Mapping[str, float] = {"angry": 0.03}


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """All that the analysis and synthesis change."""

    prosody: StyleProsody = field(default_factory=StyleProsody)
    """What a decoder can obey too."""
    formant_scale: float = 1.0
    """Factor on the envelope's frequency axis, in [0.8, 1.25]; above 1 is a shorter vocal tract."""
    jitter: float = 0.0
    """Standard deviation of log-F0 from one 5 ms frame to the next, in [0, 0.05]: a harsh voice."""

    @property
    def plain(self) -> bool:
        """Whether it changes nothing at all."""
        return self == Rendering()


def rendering(emotion: str, pitch: str, intensity: float = 1.0) -> Rendering:
    """The rendering of a style; `intensity` scales the emotion, not the pitch.

    >>> rendering("neutral", "normal").plain
    True
    """
    return Rendering(
        prosody=EMOTION_PROSODY[emotion].scaled(intensity).plus(PITCH_PROSODY[pitch]),
        formant_scale=round(FORMANT_SCALE.get(emotion, 1.0) ** intensity, 6),
        jitter=round(JITTER.get(emotion, 0.0) * intensity, 6),
    )
